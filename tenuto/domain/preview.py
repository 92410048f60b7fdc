"""The schedule of a contact who would come in now, supposing that nothing happens meanwhile.

It moves a row of nobody with the functions that move real ones, so that it can't drift from what
happens: `progress` books each step, `cadence` finds the instant, `branch` chooses the way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from tenuto.domain import progress
from tenuto.domain.branch import Undecided, choose
from tenuto.domain.cadence import Load, Shift, earliest
from tenuto.domain.condition import Facts
from tenuto.domain.enrollment import Enrollment, Status
from tenuto.domain.holds import due_after
from tenuto.domain.plan import BranchStep, Edge, EmailStep, ExitStep, Plan
from tenuto.domain.progress import Scene
from tenuto.domain.sequence import Bundle

_NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Planned:
    """One step, and when it would be done."""

    step_index: int
    step_id: str
    #: "email", "branch" or "exit".
    kind: str
    #: UTC; None: held, and nobody knows how long.
    at: datetime | None
    #: The same instant on the recipient's wall clock.
    local: datetime | None
    reason: str
    #: What moved a mail to this instant, in order; the last one decides.
    shifts: tuple[Shift, ...] = ()


def preview(bundle: Bundle, scene: Scene, attributes: Mapping[str, str]) -> list[Planned]:
    """Every step up to the end, or up to one that is held; `scene.now` is the start.

    `attributes` are what branches know of the contact; no engagement event comes. Each planned
    mail counts for the spacing and the caps of those after it.
    """
    return list(_walk(bundle, scene, Facts(attributes)))


def _walk(bundle: Bundle, scene: Scene, known: Facts) -> Iterator[Planned]:
    plan = bundle.plan
    row = _moved(_newcomer(scene.now), plan, plan.start, scene)
    while row.next_scheduled_at is not None:
        scene = replace(scene, now=row.next_scheduled_at)
        match plan.steps[row.current_step_index]:
            case EmailStep(next=edge) as step:
                line = _mail(row, step, scene)
                yield line
                if line.at is not None and line.reason != _STALE:
                    scene = replace(scene, load=_loaded(scene.load, line.at))
                row = _moved(row, plan, edge, scene)
            case BranchStep() as branch:
                decision = choose(branch, known, progress.entered(row, scene), scene.now)
                if isinstance(decision, Undecided):
                    _, row = progress.await_branch(row, decision.deadline, scene.now, branch.id)
                    continue
                supposing = decision.edge == branch.otherwise
                why = f"{decision.why}, supposing nothing happens" if supposing else decision.why
                yield _line(row, branch, scene, why)
                row = _moved(row, plan, decision.edge, scene)
            case ExitStep():
                row = _moved(row, plan, Edge(to=row.current_step_index), scene)
    yield _last(row, plan, scene)


_STALE = "skipped: stale"


def _mail(row: Enrollment, step: EmailStep, scene: Scene) -> Planned:
    due = due_after(row.step_entered_at, row.step_wait, scene.holds)
    shifts = earliest(due, scene.cadence(step.id), scene.load).shifts if due else ()
    reason = _STALE if progress.stale(row, scene) else row.reason or "due"
    return replace(_line(row, step, scene, reason), shifts=shifts)


def _line(row: Enrollment, step: EmailStep | BranchStep, scene: Scene, reason: str) -> Planned:
    local = scene.now.astimezone(scene.local_zone)
    return Planned(row.current_step_index, step.id, step.kind, scene.now, local, reason)


def _last(row: Enrollment, plan: Plan, scene: Scene) -> Planned:
    step = plan.steps[row.current_step_index]
    if row.ended_at is None:
        held = f"held: {progress.held_by(scene)}, until resumed"
        return Planned(row.current_step_index, step.id, step.kind, None, None, held)
    local = row.ended_at.astimezone(scene.local_zone)
    why = row.reason or ""
    return Planned(row.current_step_index, step.id, step.kind, row.ended_at, local, why)


def _moved(row: Enrollment, plan: Plan, edge: Edge, scene: Scene) -> Enrollment:
    _, new = progress.move(row, plan, edge, scene)
    return new


def _loaded(load: Load, at: datetime) -> Load:
    return replace(load, contact=(*load.contact, at), mailbox=(*load.mailbox, at))


def _newcomer(now: datetime) -> Enrollment:
    return Enrollment(
        id=_NOBODY,
        contact_id=_NOBODY,
        address_id=_NOBODY,
        sequence_id="",
        sequence_version_id=_NOBODY,
        mailbox_id=_NOBODY,
        status=Status.ACTIVE,
        current_step_index=0,
        step_entered_at=now,
        step_wait=timedelta(),
        revision=1,
        enrolled_at=now,
    )
