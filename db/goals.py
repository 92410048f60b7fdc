"""What a recorded event reaches: goals, and branches that wait for it."""

from uuid import UUID

from db import engagement, facts
from db.connection import Connection
from db.facts import Facts
from db.occasion import Occasion, Told
from tenuto.domain import progress
from tenuto.domain.branch import Chosen, choose
from tenuto.domain.condition import Facts as Known
from tenuto.domain.condition import met
from tenuto.domain.enrollment import ExitReason
from tenuto.domain.plan import BranchStep
from tenuto.domain.progress import Change


async def known(connection: Connection, seen: Facts) -> Known:
    """What conditions of this enrollment may look at: its contact, and events since it began."""
    row = seen.enrollment
    events = await engagement.since(connection, row.contact_id, row.enrolled_at)
    return Known(seen.attributes, events)


async def after_event(at: Occasion, event: str) -> list[Told]:
    """End the enrollments whose goal is met; wake the branches that are decided now."""
    told: list[Told] = []
    for enrollment_id in await at.live():
        seen = await facts.of(at.connection, enrollment_id)
        if seen is not None:
            told += await _one(at, enrollment_id, seen, event)
    return told


async def _one(at: Occasion, enrollment_id: UUID, seen: Facts, event: str) -> list[Told]:
    now_known = await known(at.connection, seen)

    def decide(seen: Facts) -> Change | None:
        goal = seen.version.bundle.rules.goal
        if goal is not None and met(goal, now_known):
            return progress.end(seen.enrollment, ExitReason.GOAL, seen.now, f"goal: {event}")
        return _woken(seen, now_known, event)

    return await at.change([enrollment_id], decide)


def _woken(seen: Facts, now_known: Known, event: str) -> Change | None:
    row = seen.enrollment
    step = seen.version.bundle.plan.steps[row.current_step_index]
    waits = row.branch_deadline is not None and row.next_scheduled_at is not None
    if not waits or not isinstance(step, BranchStep):
        return None
    if isinstance(choose(step, now_known, progress.entered(row, seen.scene), seen.now), Chosen):
        return progress.wake(row, seen.now, f"engaged: {event}")
    return None
