"""Moving people from one mailbox to another, one person per transaction.

It breaks conversations: what the new mailbox writes begins new ones. So nothing does it by itself.
"""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import locks
from db.connection import Connection
from db.engine import connected, transaction
from db.occasion import Occasion, Told, retimed
from tenuto.domain import progress
from tenuto.domain.notice import Signal

_LIVE = text("""
    SELECT e.id FROM enrollments e WHERE e.mailbox_id = :id AND e.status IN ('active', 'paused')
    -- Those who go first take their slots first.
    ORDER BY (SELECT (s.starts, s.rank) FROM sends s
        WHERE s.enrollment_id = e.id AND s.step_index = e.current_step_index), e.enrolled_at, e.id
""")
_MOVE = text("""
    WITH moved AS (
        UPDATE enrollments SET mailbox_id = :to
        WHERE id = :id AND mailbox_id = :from AND status IN ('active', 'paused') RETURNING id
    ), waiting AS (
        UPDATE sends SET mailbox_id = :to FROM moved
        WHERE sends.enrollment_id = moved.id AND sends.state = 'pending'
    )
    SELECT id FROM moved
""")


async def people_of(engine: AsyncEngine, mailbox: UUID) -> list[UUID]:
    """The live enrollments of a mailbox."""
    async with connected(engine) as connection:
        found = await connection.execute(_LIVE, {"id": mailbox})
    return [UUID(int=row.id.int) for row in found]


async def move(
    engine: AsyncEngine, old: UUID, new: UUID, *, source: str
) -> AsyncIterator[list[Told]]:
    """Move each live enrollment, and give it a slot of the new mailbox; yields whom to tell."""
    for enrollment_id in await people_of(engine, old):
        yield await _move_one(engine, enrollment_id, old, new, source)


async def _move_one(
    engine: AsyncEngine, enrollment_id: UUID, old: UUID, new: UUID, source: str
) -> list[Told]:
    async def work(connection: Connection) -> list[Told]:
        contact_id = await locks.lock_contact_of(connection, enrollment_id)
        if contact_id is None:
            return []
        await locks.lock_paced_mailbox(connection, new)
        values = {"id": enrollment_id, "from": old, "to": new}
        if await connection.scalar(_MOVE, values) is None:
            return []
        # Its people have no place there yet: they take the days that nobody has.
        occasion = Occasion(
            connection, contact_id, enrollment_id, Signal.RESCHEDULED, source, in_turn=False
        )
        return await occasion.change(
            [enrollment_id], lambda seen: retimed(seen) or progress.unmoved(seen.enrollment)
        )

    return await transaction(engine, work)
