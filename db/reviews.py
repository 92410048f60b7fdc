"""Mail that somebody must look at: no rule could tell whom it is about, or what it means."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db import happenings, holds, locks
from db.connection import Connection, Row
from db.occasion import Occasion, Told
from tenuto.domain.errors import ForbiddenError, NotFoundError
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Notice, Signal

#: Of the hold on a person about whom somebody is asked.
REASON = "mail to review"


@dataclass(frozen=True)
class Review:
    """One mail, as it is shown."""

    id: UUID
    received_at: datetime
    door: str
    from_address: str
    subject: str
    own_words: str
    class_: str
    rule: str
    #: What tied it to the person: "thread", "address"; None when nothing did.
    matched_by: str | None
    contact_id: UUID | None
    #: The enrollment that it was matched to, where only one can be meant.
    enrollment_id: UUID | None
    #: An address of the person whose mails wait for this.
    email: str | None
    sequence: str | None
    #: None until somebody has decided.
    decision: str | None
    decided_by: str | None


@dataclass(frozen=True)
class Whole:
    """A review with the mail's bytes."""

    review: Review
    raw: bytes


_COLUMNS = """
    SELECT i.id, i.received_at, i.door, i.from_address, i.subject, i.own_words, i.class, i.rule,
        i.matched_by, i.contact_id, i.enrollment_id, i.decision, i.decided_by, e.sequence_id,
        (SELECT a.email FROM addresses a WHERE a.contact_id = i.contact_id
         ORDER BY a.created_at, a.id LIMIT 1) AS email
"""
_FROM = "FROM inbound_messages i LEFT JOIN enrollments e ON e.id = i.enrollment_id"
_LIST = text(f"""
    {_COLUMNS} {_FROM}
    WHERE i.effect = 'review' AND (i.decided_at IS NULL OR CAST(:decided AS boolean))
    ORDER BY i.received_at DESC, i.id LIMIT :limit
""")
_ONE = text(f"{_COLUMNS}, i.raw {_FROM} WHERE i.id = :id")
_DECIDE = text("""
    UPDATE inbound_messages SET decided_at = tenuto_now(), decided_by = :by, decision = :decision,
        contact_id = coalesce(CAST(:contact AS uuid), contact_id),
        enrollment_id = coalesce(CAST(:enrollment AS uuid), enrollment_id)
    WHERE id = :id AND effect = 'review' AND decided_at IS NULL RETURNING id
""")
_OTHERS = text("""
    SELECT EXISTS (SELECT FROM inbound_messages
        WHERE contact_id = :contact AND effect = 'review' AND decided_at IS NULL)
""")


async def listed(connection: Connection, limit: int, *, decided: bool = False) -> list[Review]:
    """What waits for somebody, the newest first; with `decided`, what was decided as well."""
    rows = await connection.execute(_LIST, {"limit": limit, "decided": decided})
    return [_review(row) for row in rows]


async def get(connection: Connection, inbound_id: UUID) -> Whole:
    """Any mail that came in.

    :raises NotFoundError: when there is none of this id.
    """
    row = (await connection.execute(_ONE, {"id": inbound_id})).first()
    if row is None:
        msg = f"there is no mail {inbound_id}; `tenuto inbox list` has those that wait"
        raise NotFoundError(msg)
    return Whole(_review(row), bytes(row.raw))


@dataclass(frozen=True)
class Meaning:
    """Whom a mail is about, and what it says of them."""

    contact_id: UUID
    #: None: all of the person's.
    enrollment_id: UUID | None
    signal: Signal
    notice: Notice


async def decide(
    connection: Connection, inbound_id: UUID, decision: str, by: str, meaning: Meaning | None
) -> list[Told]:
    """Commit what somebody made of a mail, and end the hold that waited for it.

    `meaning` None: nothing follows from it. The connection must not have written yet.

    :raises NotFoundError: when there is none of this id.
    :raises ForbiddenError: when nobody had to decide, or somebody has.
    """
    review = (await get(connection, inbound_id)).review
    people = {review.contact_id, meaning.contact_id if meaning else None} - {None}
    for contact_id in sorted(people, key=str):
        await locks.lock_contact(connection, contact_id or inbound_id)
    values = {
        "id": inbound_id,
        "by": by,
        "decision": decision,
        "contact": meaning and meaning.contact_id,
        "enrollment": meaning and meaning.enrollment_id,
    }
    if (await connection.execute(_DECIDE, values)).first() is None:
        was = review.decision and f"it was decided already: {review.decision}"
        msg = was or f"{inbound_id} needs no decision: its effect was committed when it came"
        raise ForbiddenError(msg)
    told = [] if meaning is None else await _follow(connection, meaning, by)
    if review.contact_id is not None:
        told += await _release(connection, review.contact_id, by)
    return told


async def _follow(connection: Connection, meaning: Meaning, by: str) -> list[Told]:
    if meaning.enrollment_id is None:
        return await happenings.record_for_person(
            connection, meaning.contact_id, meaning.signal, meaning.notice, source=by
        )
    return await happenings.record(
        connection, meaning.enrollment_id, meaning.signal, meaning.notice, source=by
    )


async def _release(connection: Connection, contact_id: UUID, by: str) -> list[Told]:
    if await connection.scalar(_OTHERS, {"contact": contact_id}):
        return []
    await holds.release(connection, HoldScope.CONTACT, str(contact_id), REASON)
    return await Occasion(connection, contact_id, None, Signal.RESUMED, by).retime_all()


def _review(row: Row) -> Review:
    return Review(
        id=UUID(int=row.id.int),
        received_at=row.received_at,
        door=row.door,
        from_address=row.from_address,
        subject=row.subject,
        own_words=row.own_words,
        class_=row[6],
        rule=row.rule,
        matched_by=row.matched_by,
        contact_id=row.contact_id and UUID(int=row.contact_id.int),
        enrollment_id=row.enrollment_id and UUID(int=row.enrollment_id.int),
        email=row.email,
        sequence=row.sequence_id,
        decision=row.decision,
        decided_by=row.decided_by,
    )
