"""How an enrollment's row changes: pure steps from one row to the next.

Each returns the event that names the change and the new row; `db.transitions` checks the event
against the table and writes both. Nothing here knows a clock: `now` is the database's instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tenuto.domain.cadence import Load, Moment, Rules, earliest, rounded_up
from tenuto.domain.duration import describe
from tenuto.domain.enrollment import Enrollment, ExitReason, Status
from tenuto.domain.holds import Hold, blocking, due_after, remaining
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan
from tenuto.domain.sequence import SequenceRules
from tenuto.domain.transition import ENDED_BY, Event

Change = tuple[Event, Enrollment]

_EXITS = {
    "completed": ExitReason.COMPLETION,
    "goal_met": ExitReason.GOAL,
    "removed": ExitReason.EXIT_STEP,
}


@dataclass(frozen=True)
class Scene:
    """All that decides when a step of one contact may happen."""

    now: datetime
    rules: SequenceRules
    #: The contact's own zone, None when nothing is known of it.
    zone: str | None
    #: Names the contact and the version, for the jitter.
    jitter_key: str
    holds: Sequence[Hold] = ()
    load: Load = Load()

    def cadence(self, step: str) -> Rules:
        """The rules of one send."""
        return Rules(
            gap=timedelta(seconds=self.rules.gap),
            caps=self.rules.caps,
            window=self.rules.window,
            zone=self.local_zone,
            jitter=timedelta(seconds=self.rules.jitter),
            jitter_key=f"{self.jitter_key}:{step}",
        )

    @property
    def local_zone(self) -> ZoneInfo:
        """The recipient's wall clock; the sequence's where nothing is known."""
        if self.rules.zone != "contact":
            return ZoneInfo(self.rules.zone)
        return ZoneInfo(self.zone or self.rules.default_zone)


def move(row: Enrollment, plan: Plan, edge: Edge, scene: Scene) -> Change:
    """Make the step at the end of `edge` current, or end there."""
    step = plan.steps[edge.to]
    wait = timedelta(seconds=edge.wait)
    row = replace(
        row,
        current_step_index=edge.to,
        step_entered_at=scene.now,
        step_wait=wait,
        branch_deadline=None,
        tries=0,
    )
    if isinstance(step, ExitStep) and not edge.wait:
        return end(row, _EXITS[step.status], scene.now)
    due = due_after(scene.now, wait, scene.holds)
    if row.status is Status.PAUSED:
        return Event.MOVED, replace(row, remaining_wait=wait, next_scheduled_at=None)
    if due is None:
        # Held since its mail was claimed: it moves, and pauses there with the whole wait.
        return hold(row, held_by(scene), scene)
    return Event.MOVED, scheduled(row, plan, due, scene)


def scheduled(row: Enrollment, plan: Plan, due: datetime, scene: Scene) -> Enrollment:
    """The row with its current step due at the first legal instant from `due` on."""
    step = plan.steps[row.current_step_index]
    moment = Moment(due)
    if isinstance(step, EmailStep):
        moment = earliest(due, scene.cadence(step.id), scene.load)
    return replace(
        row,
        status=Status.ACTIVE,
        next_scheduled_at=rounded_up(moment.at),
        remaining_wait=None,
        reason=_why(row, moment, due, scene),
    )


def _why(row: Enrollment, moment: Moment, due: datetime, scene: Scene) -> str:
    if moment.reason:
        return f"deferred: {moment.reason}"
    if due > row.step_entered_at + row.step_wait:
        hold = max(scene.holds, key=lambda h: h.until or scene.now, default=None)
        return f"held: {hold.reason}" if hold else "due"
    seconds = int(row.step_wait.total_seconds())
    return f"waits {describe(seconds)}" if seconds else "due"


def stale(row: Enrollment, scene: Scene) -> bool:
    """Whether the current step's mail is overdue by more than the sequence allows."""
    limit = scene.rules.stale_after
    late = scene.now - (row.step_entered_at + row.step_wait)
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
    due = free_to_act(row, scene)
    if due is None:
        return None
    if row.branch_deadline is not None:
        # What it waits for may have happened under the hold: it looks at once.
        due = scene.now
    return Event.RESUMED, scheduled(row, plan, max(due, scene.now), scene)


def retime(row: Enrollment, plan: Plan, scene: Scene) -> Change | None:
    """Follow the holds as they are now: later, earlier, paused or resumed; None: no change."""
    if row.status is Status.PAUSED:
        return resume(row, plan, scene)
    due = free_to_act(row, scene)
    if due is None:
        reason = next((h.reason for h in scene.holds if h.until is None), "hold")
        return hold(row, reason, scene)
    new = scheduled(row, plan, max(due, scene.now), scene)
    return None if new.next_scheduled_at == row.next_scheduled_at else (Event.RESCHEDULED, new)


def free_to_act(row: Enrollment, scene: Scene) -> datetime | None:
    """From when the current step may be done, as far as waits and holds go; None: held.

    Time under a hold uses up no wait, and no mail leaves under one, however long the wait has
    been over.
    """
    due = due_after(row.step_entered_at, row.step_wait, scene.holds)
    if due is not None and due <= scene.now:
        due = due_after(scene.now, timedelta(), scene.holds)
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
