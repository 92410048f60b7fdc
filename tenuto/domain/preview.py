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
from tenuto.domain.cadence import Counted, Shift
from tenuto.domain.condition import Facts
from tenuto.domain.enrollment import Enrollment, Status
from tenuto.domain.plan import BranchStep, Edge, EmailStep, ExitStep, Plan
from tenuto.domain.scene import Scene
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
    #: From when it could have left, its wait being over (UTC), and each move from there.
    ready: datetime | None = None
    moves: tuple[tuple[Shift, datetime], ...] = ()

    @property
    def path(self) -> tuple[tuple[Shift, datetime], ...]:
        """Each shift once, and to when it moved the mail last: rules may take many turns."""
        last = dict(self.moves)
        return tuple((shift, last[shift]) for shift in self.shifts)


def preview(bundle: Bundle, scene: Scene, attributes: Mapping[str, str]) -> list[Planned]:
    """Every step up to the end, or up to one that is held; `scene.now` is the start.

    `attributes` are what branches know of the contact; no engagement event comes. Each planned
    mail counts for the spacing and the caps of those after it.
    """
    return list(_walk(bundle, scene, Facts(attributes)))


def _walk(bundle: Bundle, scene: Scene, known: Facts) -> Iterator[Planned]:
    plan = bundle.plan
    row = _moved(_newcomer(scene.now, plan.start.to), plan, plan.start, scene)
    while row.next_scheduled_at is not None:
        scene = replace(scene, now=row.next_scheduled_at)
        match plan.steps[row.current_step_index]:
            case EmailStep(next=edge) as step:
                line = _mail(row, plan, step, scene)
                yield line
                if line.at is not None and line.reason != _STALE:
                    scene = _loaded(scene, line.at)
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


def _mail(row: Enrollment, plan: Plan, step: EmailStep, scene: Scene) -> Planned:
    line = _line(row, step, scene, row.reason or "due")
    if progress.stale(row, scene):
        return replace(line, reason=_STALE)
    if row.slot is None:
        return line
    # As it was booked: from the instant at which the step before it was done.
    before = replace(scene, now=row.step_entered_at)
    moment = before.moment(plan, row, row.slot.ready_at)
    return replace(line, shifts=moment.shifts, ready=row.slot.ready_at, moves=moment.moves)


def _line(row: Enrollment, step: EmailStep | BranchStep, scene: Scene, reason: str) -> Planned:
    local = scene.now.astimezone(scene.local_zone)
    return Planned(row.current_step_index, step.id, step.kind, scene.now, local, reason)


def _last(row: Enrollment, plan: Plan, scene: Scene) -> Planned:
    step = plan.steps[row.current_step_index]
    if row.ended_at is None:
        held = f"{row.reason}, until resumed"
        return Planned(row.current_step_index, step.id, step.kind, None, None, held)
    local = row.ended_at.astimezone(scene.local_zone)
    why = row.reason or ""
    return Planned(row.current_step_index, step.id, step.kind, row.ended_at, local, why)


def _moved(row: Enrollment, plan: Plan, edge: Edge, scene: Scene) -> Enrollment:
    _, new = progress.move(row, plan, edge, scene)
    return new


def _loaded(scene: Scene, at: datetime) -> Scene:
    """The scene once the mail has left at `at`."""
    load = scene.load
    contact = (*load.contact, Counted(at, scene.rules.gap))
    mailbox = load.mailbox and replace(load.mailbox, sent=(*load.mailbox.sent, at))
    return replace(scene, load=replace(load, contact=contact, mailbox=mailbox), starting=False)


def _newcomer(now: datetime, first: int) -> Enrollment:
    return Enrollment(
        id=_NOBODY,
        contact_id=_NOBODY,
        address_id=_NOBODY,
        sequence_id="",
        sequence_version_id=_NOBODY,
        mailbox_id=_NOBODY,
        status=Status.ACTIVE,
        current_step_index=first,
        step_entered_at=now,
        step_wait=timedelta(),
        revision=1,
        enrolled_at=now,
    )
