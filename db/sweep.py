"""Slots that should move: new starts that follow-ups have overrun, and rows with room before them.

A booking yields to a follow-up, and a place may fall free: neither is told to whoever waits. The
sweeper asks again for those that have something to gain, one person in a transaction.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import locks
from db.connection import Connection
from db.engine import connected, transaction
from db.facts import Facts
from db.occasion import Occasion, Told, retimed
from tenuto.domain.notice import Signal
from tenuto.domain.progress import Change

#: Places further ahead will be offered when they are near.
_NEAR = timedelta(days=2)
#: What a move must gain, so that it is another day's place: less isn't worth a wake-up.
_GAIN = timedelta(hours=6)
#: For each mailbox and sweep.
_OFFERS = 20

_OVERRUN = text("""
    SELECT s.enrollment_id FROM sends s JOIN mailboxes m ON m.id = s.mailbox_id
    WHERE s.state = 'pending' AND s.starts AND s.booked_at > tenuto_now()
        AND s.booked_at < tenuto_now() + CAST(:near AS interval)
        AND EXISTS (SELECT FROM sends f
            WHERE f.mailbox_id = s.mailbox_id AND f.state = 'pending' AND NOT f.starts
                AND f.booked_at > s.booked_at - make_interval(secs => m.gap_seconds)
                AND f.booked_at < s.booked_at + make_interval(secs => m.gap_seconds))
    ORDER BY s.booked_at
""")
#: Of each mailbox that has room soon, those who go first among the ones that wait for long, and
#: whom something keeps that may have changed: a mailbox's places, or the installation's limits.
_WAITING = text("""
    SELECT o.enrollment_id FROM mailboxes m
    CROSS JOIN LATERAL (
        SELECT s.enrollment_id FROM sends s JOIN enrollments e ON e.id = s.enrollment_id
        WHERE s.mailbox_id = m.id AND s.state = 'pending' AND e.status = 'active'
            AND s.booked_at > tenuto_now() + CAST(:gain AS interval)
            AND s.ready_at < s.booked_at - CAST(:gain AS interval)
            AND e.reason ~ 'mailbox|new starts|installation'
        ORDER BY s.starts, s.rank, e.enrolled_at, s.enrollment_id LIMIT :offers
    ) o
    WHERE m.cap_count * greatest(1, 86400.0 / m.cap_seconds) > (
        SELECT count(*) FROM sends s JOIN enrollments e ON e.id = s.enrollment_id
        WHERE s.mailbox_id = m.id AND s.state = 'pending' AND e.status = 'active'
            AND s.booked_at BETWEEN tenuto_now() - interval '1 day'
                AND tenuto_now() + interval '1 day')
    ORDER BY m.id
""")


async def overrun(engine: AsyncEngine) -> Sequence[UUID]:
    """New starts of the next days whose slot is no longer theirs, in their order."""
    async with connected(engine) as connection:
        found = await connection.execute(_OVERRUN, {"near": _NEAR})
    return [UUID(int=row.enrollment_id.int) for row in found]


async def waiting(engine: AsyncEngine) -> Sequence[UUID]:
    """Who would gain from places that have fallen free, those first who go first."""
    async with connected(engine) as connection:
        found = await connection.execute(_WAITING, {"gain": _GAIN, "offers": _OFFERS})
    return [UUID(int=row.enrollment_id.int) for row in found]


async def ask_again(engine: AsyncEngine, enrollment_id: UUID, *, gain: bool) -> list[Told]:
    """Give a row the slot that it would get now; `gain`: only if that is hours sooner."""

    def decide(seen: Facts) -> Change | None:
        due = seen.enrollment.next_scheduled_at
        if due is None or due <= seen.now:
            return None
        change = retimed(seen)
        if change is None or not gain:
            return change
        _, new = change
        new_due = new.next_scheduled_at
        return change if new_due is not None and new_due <= due - _GAIN else None

    async def work(connection: Connection) -> list[Told]:
        contact_id = await locks.lock_contact_of(connection, enrollment_id)
        if contact_id is None:
            return []
        await locks.lock_paced_mailbox_of(connection, enrollment_id)
        # What is offered is free: it is taken from nobody.
        occasion = Occasion(
            connection,
            contact_id,
            enrollment_id,
            Signal.RESCHEDULED,
            "sweeper",
            in_turn=not gain,
        )
        return await occasion.change([enrollment_id], decide)

    return await transaction(engine, work)
