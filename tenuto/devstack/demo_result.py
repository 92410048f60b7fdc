"""The demo's counts: from the database, and from the log that the SMTP side kept by itself."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db import balance
from db.connection import Connection, Row
from tenuto.devstack.mail_log import CaughtMail
from tenuto.domain.cadence import Shift
from tenuto.domain.enrollment import LIVE, SendState, Status
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tenuto.domain.mail_class import Class

_COUNTS = text("""
    SELECT
        (SELECT jsonb_object_agg(status, n) FROM
            (SELECT status, count(*) AS n FROM enrollments GROUP BY status) s) AS statuses,
        (SELECT jsonb_object_agg(state, n) FROM
            (SELECT state, count(*) AS n FROM sends GROUP BY state) s) AS states,
        (SELECT count(*) FROM inbound_messages WHERE class = :away) AS away,
        (SELECT count(*) FROM transition_log WHERE reason = ANY(:deferrals)) AS deferred,
        (SELECT count(*) FROM sequence_versions) AS versions
""")
_LEDGER = text("""
    SELECT s.enrollment_id, s.step_index, s.state, s.claimed_at, e.ended_at
    FROM sends s JOIN enrollments e ON e.id = s.enrollment_id
""")


@dataclass(frozen=True)
class Result:
    """What `tenuto demo --json` prints, in this order."""

    #: Enrollments, and mails that left.
    enrolled: int
    sent: int
    #: How enrollments ended …
    replied: int
    opted_out: int
    bounced: int
    complained: int
    #: … vacation notices that came in …
    out_of_office: int
    completed: int
    #: … and how many go on.
    pending: int
    #: Times that spacing, a cap or a window moved a mail.
    deferred: int
    #: Mails that left or didn't: the worker was killed in the middle of them.
    unknown: int
    #: Mails in the SMTP side's log beyond the first of an enrollment's step.
    duplicates: int
    #: Mails in that log whose claim was committed after the enrollment had been stopped.
    sends_after_stop: int
    #: Places where position, transition log, ledger and the SMTP side's log disagree.
    unbalanced: int
    versions: int


@dataclass(frozen=True)
class Line:
    """What the ledger has of one step's mail."""

    state: SendState
    claimed_at: datetime | None
    ended_at: datetime | None


async def count(connection: Connection, mails: Sequence[CaughtMail], signer: TokenSigner) -> Result:
    """Count everything. No worker may run meanwhile: the books must hold still."""
    values = {"away": Class.OUT_OF_OFFICE, "deferrals": [f"deferred: {why}" for why in Shift]}
    row = (await connection.execute(_COUNTS, values)).one()
    # What owners are told goes to them, and belongs to no step.
    letters = [mail for mail in mails if not mail.message_id.startswith("<notice.")]
    arrived = Counter(signer.parse(Purpose.HEADER, mail.token) for mail in letters)
    ledger = await _ledger(connection)
    return Result(
        **_counted(row),
        duplicates=sum(times - 1 for times in arrived.values()),
        sends_after_stop=after_stop(arrived, ledger),
        unbalanced=len(await balance.imbalances(connection)) + len(disagreements(arrived, ledger)),
    )


def after_stop(arrived: Mapping[SendRef, int], ledger: Mapping[SendRef, Line]) -> int:
    """Mails whose claim was committed after their enrollment's end."""
    return sum(
        times
        for ref, times in arrived.items()
        if (line := ledger.get(ref)) and line.ended_at and line.claimed_at
        if line.claimed_at > line.ended_at
    )


def disagreements(arrived: Mapping[SendRef, int], ledger: Mapping[SendRef, Line]) -> list[SendRef]:
    """Sent by the ledger and not arrived, or arrived and not known to have been sent."""
    left = {SendState.SENT, SendState.UNKNOWN}
    lost = [r for r, line in ledger.items() if line.state is SendState.SENT and r not in arrived]
    return lost + [r for r in arrived if r not in ledger or ledger[r].state not in left]


def _counted(row: Row) -> dict[str, int]:
    statuses: Mapping[str, int] = row.statuses or {}
    states: Mapping[str, int] = row.states or {}
    ends = (Status.REPLIED, Status.OPTED_OUT, Status.BOUNCED, Status.COMPLAINED, Status.COMPLETED)
    return {
        **{status.value: statuses.get(status, 0) for status in ends},
        "enrolled": sum(statuses.values()),
        "pending": sum(statuses.get(status, 0) for status in LIVE),
        "sent": states.get(SendState.SENT, 0),
        "unknown": states.get(SendState.UNKNOWN, 0),
        "out_of_office": row.away,
        "deferred": row.deferred,
        "versions": row.versions,
    }


async def _ledger(connection: Connection) -> dict[SendRef, Line]:
    rows = await connection.execute(_LEDGER)
    return dict(_lines(rows.all()))


def _lines(rows: Sequence[Row]) -> Iterator[tuple[SendRef, Line]]:
    for row in rows:
        ref = SendRef(UUID(int=row.enrollment_id.int), row.step_index)
        yield ref, Line(SendState(row.state), row.claimed_at, row.ended_at)
