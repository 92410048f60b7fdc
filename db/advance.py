"""Steps that send nothing: branches, exits, and the waits before them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from db import facts, goals, locks, transitions
from db.connection import Connection
from db.engine import transaction
from db.facts import Facts
from db.occasion import make_way
from tenuto.domain import progress
from tenuto.domain.branch import Chosen, choose
from tenuto.domain.enrollment import Standing
from tenuto.domain.errors import NotFoundError
from tenuto.domain.plan import BranchStep, Edge
from tenuto.domain.progress import Change


async def advance(engine: AsyncEngine, enrollment_id: UUID, step: int) -> Standing:
    """Do the step if it is due and current; returns where the enrollment stands then.

    The facts of a branch are read, and the position is written, in one transaction: an event
    recorded beside it is either seen here, or finds the branch waiting and wakes it.
    """

    async def work(connection: Connection) -> Standing:
        await locks.lock_contact_of(connection, enrollment_id)
        seen = await facts.of(connection, enrollment_id)
        if seen is None:
            msg = f"there is no enrollment {enrollment_id}"
            raise NotFoundError(msg)
        row = seen.enrollment
        due = row.next_scheduled_at
        if row.current_step_index != step or due is None or due > seen.now:
            return row.standing
        change = _held(seen) or await _onward(connection, seen)
        plan = seen.version.bundle.plan
        moved = await transitions.apply(connection, row, change, plan, source="advance", told=True)
        await make_way(connection, seen, moved, "advance")
        return moved.standing

    return await transaction(engine, work)


def _held(seen: Facts) -> Change | None:
    row, scene = seen.enrollment, seen.scene
    free = progress.free_to_act(row, seen.version.bundle.plan, scene)
    if free is None:
        return progress.hold(row, progress.held_by(scene), scene)
    if free > seen.now and row.branch_deadline is None:
        return progress.defer(row, free, f"held: {progress.held_by(scene)}")
    return None


async def _onward(connection: Connection, seen: Facts) -> Change:
    row, plan = seen.enrollment, seen.version.bundle.plan
    step = plan.steps[row.current_step_index]
    if not isinstance(step, BranchStep):
        return progress.move(row, plan, Edge(to=row.current_step_index), seen.scene)
    known = await goals.known(connection, seen)
    decision = choose(step, known, progress.entered(row, seen.scene), seen.now)
    if isinstance(decision, Chosen):
        return progress.move(row, plan, decision.edge, seen.scene)
    return progress.await_branch(row, decision.deadline, seen.now, step.id)
