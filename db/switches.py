"""Switches: one row that keeps back a sequence, a mailbox, a company, or everything.

Read by every claim, so that switching off is one write however many people are in flight;
switching on sweeps those who met it, one person per transaction.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import holds, locks
from db.connection import Connection
from db.engine import transaction
from db.occasion import Occasion, Told, retimed
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Signal

_AFFECTED = text("""
    SELECT e.id FROM enrollments e JOIN contacts c ON c.id = e.contact_id
    WHERE e.status IN ('active', 'paused') AND CASE CAST(:scope AS hold_scope)
        WHEN 'sequence' THEN e.sequence_id = :target
        WHEN 'mailbox' THEN e.mailbox_id::text = :target
        WHEN 'company' THEN c.company_id::text = :target
        WHEN 'everything' THEN true ELSE false END
    -- Those who go first take their slots first.
    ORDER BY (SELECT (s.starts, s.rank) FROM sends s
        WHERE s.enrollment_id = e.id AND s.step_index = e.current_step_index), e.enrolled_at, e.id
""")


async def switch_off(
    engine: AsyncEngine,
    scope: HoldScope,
    target: str,
    *,
    reason: str,
    source: str,
    until: datetime | None = None,
) -> None:
    """No claim commits under it from here on; one that has already begun may pass."""

    async def work(connection: Connection) -> None:
        await holds.place(connection, scope, target, reason=reason, until=until, source=source)

    await transaction(engine, work)


async def switch_on(
    engine: AsyncEngine, scope: HoldScope, target: str, *, source: str, reason: str | None = None
) -> AsyncIterator[list[Told]]:
    """End the hold, then give each enrollment that it kept back the wait it had left.

    `reason`: only the hold for it ends; others stay.
    """

    async def release(connection: Connection) -> list[UUID]:
        await holds.release(connection, scope, target, reason)
        rows = await connection.execute(_AFFECTED, {"scope": scope.value, "target": target})
        return [UUID(int=row.id.int) for row in rows]

    for enrollment_id in await transaction(engine, release):
        yield await _retime(engine, enrollment_id, source)


async def _retime(engine: AsyncEngine, enrollment_id: UUID, source: str) -> list[Told]:
    async def work(connection: Connection) -> list[Told]:
        contact_id = await locks.lock_contact_of(connection, enrollment_id)
        if contact_id is None:
            return []
        # Everybody is free at once: each takes a slot of the mailbox's, not all the first one.
        await locks.lock_paced_mailbox_of(connection, enrollment_id)
        occasion = Occasion(connection, contact_id, enrollment_id, Signal.RESUMED, source)
        return await occasion.change([enrollment_id], retimed)

    return await transaction(engine, work)
