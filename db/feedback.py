"""What came in against mails: kept once each, and counted beside what was sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection
from tenuto.domain.guard import Counts, Feedback
from tenuto.domain.holds import HoldScope


@dataclass(frozen=True)
class Mail:
    """The mail that something came in about."""

    enrollment_id: UUID
    step: int
    sequence_id: str
    mailbox_id: UUID


_MAIL = """
    SELECT s.enrollment_id, s.step_index, e.sequence_id, s.mailbox_id
    FROM sends s JOIN enrollments e ON e.id = s.enrollment_id
"""
_OF_STEP = text(f"""
    {_MAIL} WHERE s.enrollment_id = :enrollment AND s.step_index = :step
        AND coalesce(s.counts_at, s.claimed_at) > tenuto_now() - interval '30 days'
""")
_NEWEST = text(f"""
    {_MAIL} WHERE s.contact_id = :contact AND s.state IN ('sent', 'unknown')
        AND s.counts_at > tenuto_now() - interval '30 days'
        AND (CAST(:enrollment AS uuid) IS NULL OR s.enrollment_id = :enrollment)
    ORDER BY s.counts_at DESC, s.id DESC LIMIT 1
""")
_STORE = text("""
    INSERT INTO send_feedback (enrollment_id, step_index, kind, sequence_id, mailbox_id)
    VALUES (:enrollment, :step, CAST(:kind AS feedback_kind), :sequence, :mailbox)
    ON CONFLICT DO NOTHING RETURNING at
""")
_AGAINST = """
    count(DISTINCT (enrollment_id, step_index)) FILTER (WHERE kind = 'bounce') AS bounces,
    count(DISTINCT (enrollment_id, step_index)) FILTER (WHERE kind <> 'bounce') AS complaints
"""
_COUNT = {
    HoldScope.SEQUENCE: text(f"""
        SELECT (SELECT count(*) FROM enrollments e JOIN sends s ON s.enrollment_id = e.id
                WHERE e.sequence_id = :target AND s.state IN ('sent', 'unknown', 'refused')
                    AND coalesce(s.counts_at, s.claimed_at) > :since) AS sends,
            {_AGAINST}
        FROM send_feedback WHERE sequence_id = :target AND at > :since
    """),  # noqa: S608 - a constant
    HoldScope.MAILBOX: text(f"""
        SELECT (SELECT count(*) FROM sends WHERE mailbox_id = CAST(CAST(:target AS text) AS uuid)
                    AND state IN ('sent', 'unknown') AND counts_at > :since)
            + (SELECT count(*) FROM sends WHERE mailbox_id = CAST(CAST(:target AS text) AS uuid)
                    AND state = 'refused' AND claimed_at > :since) AS sends,
            {_AGAINST}
        FROM send_feedback WHERE mailbox_id = CAST(CAST(:target AS text) AS uuid) AND at > :since
    """),  # noqa: S608 - a constant
}


async def mail(
    connection: Connection, contact_id: UUID, enrollment_id: UUID | None, step: int | None
) -> Mail | None:
    """The mail that is meant; None when it wasn't tried in the last 30 days.

    Without a step it is the newest that left: of the enrollment, or to the person at all.
    """
    statement = _NEWEST if enrollment_id is None or step is None else _OF_STEP
    values = {"contact": contact_id, "enrollment": enrollment_id, "step": step}
    row = (await connection.execute(statement, values)).first()
    if row is None:
        return None
    enrollment, mailbox = UUID(int=row.enrollment_id.int), UUID(int=row.mailbox_id.int)
    return Mail(enrollment, row.step_index, row.sequence_id, mailbox)


async def store(connection: Connection, about: Mail, kind: Feedback) -> bool:
    """Keep it; False when it is known of this mail already."""
    values = {
        "enrollment": about.enrollment_id,
        "step": about.step,
        "kind": kind.value,
        "sequence": about.sequence_id,
        "mailbox": about.mailbox_id,
    }
    return (await connection.execute(_STORE, values)).first() is not None


async def counts(connection: Connection, scope: HoldScope, target: str, since: datetime) -> Counts:
    """Of a sequence in all its versions, or of a mailbox; `target` as a hold names it."""
    row = (await connection.execute(_COUNT[scope], {"target": target, "since": since})).one()
    return Counts(row.sends, row.bounces, row.complaints)
