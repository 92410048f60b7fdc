"""People in flight whom a suppression forbids to write to: found, and ended one by one.

Every claim and enrolment reads the suppressions themselves. Ending is promptness: what a crash
leaves live, the next claim ends, or the next run of this.
"""

from uuid import UUID

from sqlalchemy import text

from db import locks
from db.connection import Connection
from db.facts import SUPPRESSED, Facts
from db.occasion import Occasion, Told
from tenuto.domain import progress
from tenuto.domain.notice import Signal
from tenuto.domain.progress import Change
from tenuto.domain.suppression import Reason

_LIVE = """
    FROM enrollments e JOIN addresses a ON a.id = e.address_id
    WHERE e.status IN ('active', 'paused')
"""
_IN_FLIGHT = text(f"""
    SELECT DISTINCT e.contact_id {_LIVE} AND {SUPPRESSED.format(email="a.email")} IS NOT NULL
    ORDER BY e.contact_id
""")
_MAILED = text(f"SELECT a.email {_LIVE}")


async def in_flight(connection: Connection) -> list[UUID]:
    """Contacts with a live enrollment that mails a suppressed address."""
    rows = await connection.execute(_IN_FLIGHT)
    return [UUID(int=row.contact_id.int) for row in rows]


async def mailed(connection: Connection) -> list[str]:
    """The address of each live enrollment."""
    return [row.email for row in await connection.execute(_MAILED)]


async def end(connection: Connection, contact_id: UUID, source: str) -> list[Told]:
    """End what would mail a suppressed address of the person; takes their lock."""
    await locks.lock_contact(connection, contact_id)
    occasion = Occasion(connection, contact_id, None, Signal.REMOVED, source)
    return await occasion.change(await occasion.live(), forbidden)


def forbidden(seen: Facts) -> Change | None:
    """The end that a suppression or a dead address means."""
    if seen.suppressed is None:
        return None
    reason = Reason(seen.suppressed).exit_reason
    return progress.end(seen.enrollment, reason, seen.now, "suppressed")
