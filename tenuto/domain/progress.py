"""How an enrollment's row changes: pure steps from one row to the next.

Each returns the event that names the change and the new row; `db.transitions` checks the event
against the table and writes both. Nothing here knows a clock: `now` is the database's instant.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tenuto.domain import cause
from tenuto.domain.cadence import Moment, rounded_up
from tenuto.domain.calendar import NeverOpenError
from tenuto.domain.enrollment import NO_COMMON_HOURS, Enrollment, ExitReason, Status
from tenuto.domain.holds import blocking, due_after, remaining
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan
from tenuto.domain.scene import Scene
from tenuto.domain.transition import ENDED_BY, Event
from tenuto.domain.waiting import Wait, describe_wait

Change = tuple[Event, Enrollment]

_EXITS = {
    "completed": ExitReason.COMPLETION,
    "goal_met": ExitReason.GOAL,
    "removed": ExitReason.EXIT_STEP,
}


def move(row: Enrollment, plan: Plan, edge: Edge, scene: Scene) -> Change:
    """Make the step at the end of `edge` current, or end there."""
    step = plan.steps[edge.to]
    wait = _length(edge, scene)
    if (
        isinstance(plan.steps[row.current_step_index], EmailStep)
        and row.current_step_index != edge.to
    ):
        scene = replace(scene, starting=False)
    row = replace(
        row,
        current_step_index=edge.to,
        step_entered_at=scene.now,
        # Nobody works for 400 days on end: what is left to wait is seen when somebody resumes.
        step_wait=wait or timedelta(seconds=edge.wait),
        branch_deadline=None,
        tries=0,
        rescheduled=False,
    )
    if wait is None:
        return hold(row, NO_COMMON_HOURS, scene)
    if isinstance(step, ExitStep) and not wait:
        return end(row, _EXITS[step.status], scene.now)
    due = due_after(scene.now, wait, scene.holds)
    if row.status is Status.PAUSED:
        return Event.MOVED, replace(row, remaining_wait=wait, next_scheduled_at=None)
    if due is None:
        # Held since its mail was claimed: it moves, and pauses there with the whole wait.
        return hold(row, held_by(scene), scene)
    return placed(
        Event.MOVED,
        row,
        plan,
        due,
        scene,
        describe_wait(Wait(edge.business_days, edge.wait, edge.on)),
    )


def _length(edge: Edge, scene: Scene) -> timedelta | None:
    try:
        return scene.after(edge) - scene.now
    except NeverOpenError:
        return None


def placed(
    event: Event, row: Enrollment, plan: Plan, due: datetime, scene: Scene, waits: str = ""
) -> Change:
    """The event with the row as `scheduled`; held, where the windows leave no instant."""
    try:
        return event, scheduled(row, plan, due, scene, waits)
    except NeverOpenError:
        return hold(row, NO_COMMON_HOURS, scene)


def scheduled(
    row: Enrollment, plan: Plan, due: datetime, scene: Scene, waits: str = ""
) -> Enrollment:
    """The row with its current step due at the first legal instant from `due` on.

    `waits`: its wait in words, where they are known better than by its length.

    :raises NeverOpenError: when there is none.
    """
    step = plan.steps[row.current_step_index]
    moment, slot = Moment(due), None
    if isinstance(step, EmailStep):
        slot = scene.ask(row, cause.ready(row, step, due, scene))
        moment = scene.moment(plan, row, slot.ready_at)
    return replace(
        row,
        status=Status.ACTIVE,
        next_scheduled_at=rounded_up(moment.at),
        remaining_wait=None,
        reason=cause.told(row, step, moment, slot, due, scene, waits),
        slot=slot,
    )


def stale(row: Enrollment, scene: Scene) -> bool:
    """Whether the current step's mail is overdue by more than the sequence allows."""
    limit = scene.rules.stale_after
    due = row.step_entered_at + row.step_wait
    if scene.starting:
        # A new start is not late while it queues: it was told its day when it came in.
        due = max(due, row.next_scheduled_at or due)
    late = scene.now - due
    return limit is not None and late > timedelta(seconds=limit)


def defer(row: Enrollment, until: datetime, reason: str) -> Change:
    """Wait for a known instant; the position stays."""
    return Event.DEFERRED, replace(row, next_scheduled_at=rounded_up(until), reason=reason)


def retry(row: Enrollment, after: timedelta, reason: str, scene: Scene) -> Change:
    """Try the same mail again later; under a hold, after its end."""
    if row.status is Status.PAUSED:
        return Event.HELD, replace(row, tries=row.tries + 1)
    event, new = defer(row, scene.now + after, f"deferred: {reason}")
    # The server's "later" is a wait like any other: a hold keeps what is left of it.
    wait = scene.now + after - row.step_entered_at
    return event, replace(new, tries=row.tries + 1, step_wait=wait)


def hold(row: Enrollment, reason: str, scene: Scene) -> Change:
    """Wait for a resume; what is left of the wait is kept."""
    left = remaining(row.step_entered_at, row.step_wait, scene.holds, scene.now)
    return Event.HELD, replace(
        row, remaining_wait=left, next_scheduled_at=None, reason=f"held: {reason}"
    )


def resume(row: Enrollment, plan: Plan, scene: Scene) -> Change | None:
    """Go on after a hold with the wait that was left; None while another hold is open-ended."""
    try:
        due = free_to_act(row, plan, scene)
    except NeverOpenError:
        return None
    if due is None:
        return None
    if row.branch_deadline is not None:
        # What it waits for may have happened under the hold: it looks at once.
        due = scene.now
    event, new = placed(Event.RESUMED, row, plan, due, scene)
    # Held for its hours already: to say so again would only fill the log.
    return None if event is Event.HELD else (event, new)


def retime(row: Enrollment, plan: Plan, scene: Scene) -> Change | None:
    """Follow the holds as they are now: later, earlier, paused or resumed; None: no change."""
    if row.status is Status.PAUSED:
        return resume(row, plan, scene)
    try:
        due = free_to_act(row, plan, scene)
    except NeverOpenError:
        return hold(row, NO_COMMON_HOURS, scene)
    if due is None:
        reason = next((h.reason for h in scene.holds if h.until is None), "hold")
        return hold(row, reason, scene)
    event, new = placed(Event.RESCHEDULED, row, plan, due, scene)
    old_due, new_due = row.next_scheduled_at, new.next_scheduled_at
    if old_due == new_due or _both_due(old_due, new_due, scene.now):
        return None
    return event, replace(new, reason=cause.kept(row.reason, new.reason))


def _both_due(one: datetime | None, other: datetime | None, now: datetime) -> bool:
    """Whether neither has to be waited for: then nothing changes."""
    return one is not None and other is not None and max(one, other) <= now


def free_to_act(row: Enrollment, plan: Plan, scene: Scene) -> datetime | None:
    """From when the current step may be done, as far as waits and holds go; None: held.

    Time under a hold uses up no wait, and no mail leaves under one, however long the wait has
    been over.
    """
    due = due_after(row.step_entered_at, row.step_wait, scene.holds)
    step = plan.steps[row.current_step_index]
    if due is not None and isinstance(step, EmailStep):
        due = cause.ready(row, step, due, scene)
    if due is not None and due <= scene.now:
        free = due_after(scene.now, timedelta(), scene.holds)
        return due if free == scene.now else free
    return due


def await_branch(row: Enrollment, deadline: datetime, now: datetime, step: str) -> Change:
    """Wait for what an arm looks for; the time until it closes is the step's wait from now on."""
    if row.branch_deadline is None:
        row = replace(row, step_entered_at=now, step_wait=deadline - now)
    # Woken before: the wait goes on from the first time, or its arms would never close.
    return Event.DEFERRED, replace(
        row,
        branch_deadline=deadline,
        next_scheduled_at=rounded_up(deadline),
        reason=f"branch {step}: waits for an event",
    )


def entered(row: Enrollment, scene: Scene) -> datetime:
    """When the branch was entered, moved on by the time held since: its arms stay open as long."""
    if row.branch_deadline is None:
        return scene.now
    closes = due_after(row.step_entered_at, row.step_wait, scene.holds)
    return (closes or scene.now) - row.step_wait


def wake(row: Enrollment, now: datetime, reason: str) -> Change:
    """The current step need wait no longer."""
    return Event.RESCHEDULED, replace(row, next_scheduled_at=now, reason=reason)


def unmoved(row: Enrollment) -> Change:
    """A change that leaves position and time as they are."""
    event = Event.HELD if row.status is Status.PAUSED else Event.RESCHEDULED
    return event, row


def reschedule(row: Enrollment, due: datetime, now: datetime) -> Change:
    """Somebody set another instant; the rules are asked again when it comes."""
    if row.branch_deadline is None:
        # Counted from now: holds that are over have had their say, the new time hasn't met them.
        row = replace(row, step_entered_at=now, step_wait=due - now)
    return Event.RESCHEDULED, replace(
        row,
        rescheduled=True,
        next_scheduled_at=rounded_up(due),
        reason="rescheduled",
    )


def held_by(scene: Scene) -> str:
    """Why no mail may leave now, in the words of the hold that ends last."""
    hold = blocking(scene.holds, scene.now)
    return hold.reason if hold else "its wait, after a hold"


def end(row: Enrollment, reason: ExitReason, now: datetime, why: str | None = None) -> Change:
    """The end, by one of the enumerated reasons."""
    return ENDED_BY[reason], replace(
        row,
        exit_reason=reason,
        ended_at=now,
        next_scheduled_at=None,
        remaining_wait=None,
        branch_deadline=None,
        reason=why or reason.value,
    )
