"""How a row changes, one move at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.domain import progress
from tenuto.domain.cadence import Load
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.condition import EventHappened
from tenuto.domain.enrollment import Enrollment, ExitReason, Status
from tenuto.domain.holds import Hold, HoldScope
from tenuto.domain.plan import Arm, BranchStep, Edge, EmailStep, ExitStep
from tenuto.domain.progress import Change
from tenuto.domain.scene import Scene
from tenuto.domain.transition import Event, after
from tests.factories import emails, plan, rules

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAN = emails([0, 3 * 86_400])
LAST = PLAN.steps[1].next if isinstance(PLAN.steps[1], EmailStep) else None
NOBODY = UUID(int=0)


def row(**changes: object) -> Enrollment:
    """On its second mail, three days after the first, of which one has passed."""
    values: dict[str, object] = {
        "status": Status.ACTIVE,
        "current_step_index": 1,
        "step_entered_at": NOW - DAY,
        "step_wait": 3 * DAY,
        "next_scheduled_at": NOW + 2 * DAY,
    }
    ids = dict.fromkeys(["id", "contact_id", "address_id", "mailbox_id"], NOBODY)
    rest = {"sequence_id": "welcome", "sequence_version_id": NOBODY, "revision": 3}
    return Enrollment(**(ids | rest | {"enrolled_at": NOW - DAY} | values | changes))  # type: ignore[arg-type]


def paused(**changes: object) -> Enrollment:
    left = {"next_scheduled_at": None, "remaining_wait": 2 * DAY}
    return row(**({"status": Status.PAUSED} | left | changes))


def hold(since: timedelta = timedelta(), until: timedelta | None = None) -> Hold:
    """From and to, counted from now."""
    end = None if until is None else NOW + until
    return Hold(HoldScope.CONTACT, "away", NOW + since, end)


def scene(*holds: Hold, now: datetime = NOW, **changes: object) -> Scene:
    load = changes.pop("load", Load())
    return Scene(now, rules(**changes), (), "pat", holds=holds, load=load)  # type: ignore[arg-type]


def applied(old: Enrollment, change: Change | None) -> Enrollment:
    """The row as `db.transitions` would write it; the database's own checks hold."""
    assert change is not None
    event, new = change
    status = after(old.status, event)
    assert status is not None, f"{old.status} can't be {event}"
    assert (status is Status.ACTIVE) == (new.next_scheduled_at is not None)
    assert (status is Status.PAUSED) == (new.remaining_wait is not None)
    assert status.live == (new.ended_at is None) == (new.exit_reason is None)
    return replace(new, status=status)


def test_a_move_makes_the_next_step_current_and_its_wait_count_from_now() -> None:
    old = row(current_step_index=0, tries=2, branch_deadline=NOW)
    new = applied(old, progress.move(old, PLAN, Edge(to=1, wait=86_400), scene()))
    assert (new.current_step_index, new.step_entered_at, new.step_wait) == (1, NOW, DAY)
    assert (new.next_scheduled_at, new.reason) == (NOW + DAY, "waits 1d")
    assert (new.tries, new.branch_deadline) == (0, None)


def test_a_move_to_an_exit_ends() -> None:
    old = row()
    assert LAST is not None
    new = applied(old, progress.move(old, PLAN, LAST, scene()))
    assert (new.status, new.exit_reason, new.ended_at) == (
        Status.COMPLETED,
        ExitReason.COMPLETION,
        NOW,
    )


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("completed", ExitReason.COMPLETION),
        ("goal_met", ExitReason.GOAL),
        ("removed", ExitReason.EXIT_STEP),
    ],
)
def test_an_exit_step_ends_as_it_says(says: str, reason: ExitReason) -> None:
    exit_ = ExitStep.model_validate({"id": "end", "status": says})
    steps = plan(Edge(to=0), [EmailStep(id="hello", next=Edge(to=1)), exit_])
    new = applied(row(), progress.move(row(), steps, Edge(to=1), scene()))
    assert new.exit_reason is reason


def test_an_exit_with_a_wait_of_its_own_waits() -> None:
    new = applied(row(), progress.move(row(), PLAN, Edge(to=2, wait=60), scene()))
    assert (new.status, new.next_scheduled_at) == (Status.ACTIVE, NOW + timedelta(minutes=1))


def test_a_branch_is_bound_to_no_hours() -> None:
    night = Window(hours=(Hours(start=0, end=60),))
    branch = BranchStep(id="interest", arms=(), otherwise=Edge(to=0))
    steps = plan(Edge(to=0), [EmailStep(id="hello", next=Edge(to=1)), branch])
    new = applied(row(), progress.move(row(), steps, Edge(to=1), scene(window=night)))
    assert new.next_scheduled_at == NOW


def test_a_mail_waits_for_its_hours_with_the_reason() -> None:
    window = Window(hours=(Hours(start=10 * 60, end=11 * 60),))
    new = applied(row(), progress.move(row(), PLAN, Edge(to=1), scene(window=window)))
    assert (new.next_scheduled_at, new.reason) == (NOW + HOUR, "deferred: outside hours")


def test_a_mail_under_way_moves_a_paused_row_which_keeps_the_next_steps_full_wait() -> None:
    old = paused()
    new = applied(old, progress.move(old, PLAN, Edge(to=1, wait=86_400), scene(hold())))
    assert (new.status, new.remaining_wait) == (Status.PAUSED, DAY)


@pytest.mark.parametrize("wait", [0, 86_400])
def test_a_move_under_a_switch_that_the_claim_has_not_met_pauses(wait: int) -> None:
    old = row(current_step_index=0)
    new = applied(old, progress.move(old, PLAN, Edge(to=1, wait=wait), scene(hold(-HOUR))))
    assert (new.status, new.remaining_wait) == (Status.PAUSED, timedelta(seconds=wait))


def test_a_move_under_a_hold_with_an_end_waits_after_it() -> None:
    at = scene(hold(-HOUR, DAY))
    new = applied(row(), progress.move(row(), PLAN, Edge(to=1, wait=3600), at))
    assert (new.next_scheduled_at, new.reason) == (NOW + DAY + HOUR, "held: away")


def test_a_hold_keeps_what_is_left_of_the_wait() -> None:
    new = applied(row(), progress.hold(row(), "operator", scene(hold())))
    assert (new.remaining_wait, new.reason) == (2 * DAY, "held: operator")


def test_a_resume_goes_on_with_what_was_left() -> None:
    old, resumed = paused(), NOW + 5 * DAY
    ended = hold(until=5 * DAY)
    new = applied(old, progress.resume(old, PLAN, scene(ended, now=resumed)))
    assert (new.status, new.next_scheduled_at) == (Status.ACTIVE, resumed + 2 * DAY)


def test_no_resume_while_another_hold_is_open_ended() -> None:
    assert progress.resume(paused(), PLAN, scene(hold())) is None


def test_a_resume_obeys_the_rules_again() -> None:
    window = Window(hours=(Hours(start=10 * 60, end=11 * 60),))
    ended = hold(until=3 * DAY)
    at = scene(ended, now=NOW + 3 * DAY, window=window)
    new = applied(paused(), progress.resume(paused(), PLAN, at))
    assert (new.next_scheduled_at, new.reason) == (NOW + 5 * DAY + HOUR, "deferred: outside hours")


def test_a_retime_follows_a_hold_that_has_an_end() -> None:
    new = applied(row(), progress.retime(row(), PLAN, scene(hold(until=DAY))))
    assert (new.status, new.next_scheduled_at) == (Status.ACTIVE, NOW + 3 * DAY)


def test_a_retime_pauses_under_a_hold_that_has_none() -> None:
    new = applied(row(), progress.retime(row(), PLAN, scene(hold())))
    assert (new.status, new.remaining_wait, new.reason) == (Status.PAUSED, 2 * DAY, "held: away")


def test_a_retime_takes_back_what_a_hold_had_moved() -> None:
    old = row(next_scheduled_at=NOW + 9 * DAY)
    new = applied(old, progress.retime(old, PLAN, scene(hold(until=timedelta()))))
    assert new.next_scheduled_at == NOW + 2 * DAY


def test_a_retime_without_holds_changes_nothing() -> None:
    assert progress.retime(row(), PLAN, scene()) is None


def test_a_retime_doesnt_ask_a_server_sooner_that_said_later() -> None:
    old = applied(
        row(), progress.retry(row(step_wait=timedelta()), HOUR, "smtp_temporary", scene())
    )
    assert progress.retime(old, PLAN, scene()) is None


def test_a_retry_waits_and_counts() -> None:
    new = applied(row(), progress.retry(row(), HOUR, "smtp_temporary", scene()))
    assert (new.tries, new.next_scheduled_at) == (1, NOW + HOUR)
    assert new.reason == "deferred: smtp_temporary"


def test_a_retry_of_a_paused_row_stays_paused_and_counts() -> None:
    old = paused()
    new = applied(old, progress.retry(old, HOUR, "smtp_temporary", scene(hold())))
    assert (new.status, new.tries, new.remaining_wait) == (Status.PAUSED, 1, 2 * DAY)


def test_a_new_time_is_kept_as_the_steps_wait() -> None:
    due = NOW + 5 * HOUR
    new = applied(row(), progress.reschedule(row(), due, NOW))
    assert (new.next_scheduled_at, new.step_entered_at + new.step_wait) == (due, due)
    assert progress.retime(new, PLAN, scene()) is None


def branch_row(entered: datetime = NOW) -> Enrollment:
    return applied(row(), progress.await_branch(row(), entered + 4 * DAY, entered, "interest"))


def test_a_branch_waits_until_its_last_arm_closes() -> None:
    new = branch_row()
    assert (new.next_scheduled_at, new.branch_deadline) == (NOW + 4 * DAY, NOW + 4 * DAY)
    assert new.reason == "branch interest: waits for an event"


def test_a_branchs_arms_stay_open_for_as_long_as_it_was_held() -> None:
    arms = (Arm(when=EventHappened(name="clicked"), within=4 * 86_400, next=Edge(to=0)),)
    branch = BranchStep(id="interest", arms=arms, otherwise=Edge(to=0))
    steps = plan(Edge(to=1), [EmailStep(id="hello", next=Edge(to=1)), branch])
    ended = scene(hold(HOUR, DAY), now=NOW + 2 * DAY)
    new = applied(branch_row(), progress.retime(branch_row(), steps, ended))
    assert new.next_scheduled_at == NOW + 5 * DAY - HOUR
    assert progress.entered(new, ended) == NOW + DAY - HOUR


def test_a_woken_row_is_due_now() -> None:
    new = applied(branch_row(), progress.wake(branch_row(), NOW + HOUR, "engaged: clicked"))
    assert (new.next_scheduled_at, new.reason) == (NOW + HOUR, "engaged: clicked")


@pytest.mark.parametrize("old", [row(), paused()], ids=["active", "paused"])
def test_what_moves_nothing_changes_nothing(old: Enrollment) -> None:
    assert applied(old, progress.unmoved(old)) == old


@pytest.mark.parametrize("reason", ExitReason)
@pytest.mark.parametrize("old", [row(), paused(), branch_row()], ids=["active", "paused", "branch"])
def test_an_end_leaves_nothing_to_wait_for(old: Enrollment, reason: ExitReason) -> None:
    new = applied(old, progress.end(old, reason, NOW))
    assert (new.status, new.exit_reason, new.ended_at) == (reason.status, reason, NOW)
    assert (new.next_scheduled_at, new.remaining_wait, new.branch_deadline) == (None, None, None)
    assert new.reason == reason.value


def test_no_mail_is_free_to_leave_under_a_hold_however_long_its_wait_is_over() -> None:
    old = row(step_entered_at=NOW - 9 * DAY)
    assert progress.free_to_act(old, PLAN, scene(hold())) is None
    assert progress.free_to_act(old, PLAN, scene(hold(until=DAY))) == NOW + DAY
    assert progress.free_to_act(old, PLAN, scene()) == NOW - 6 * DAY


def test_the_hold_that_ends_last_is_named() -> None:
    longer = replace(hold(-DAY, 2 * DAY), reason="out of office")
    assert progress.held_by(scene(longer, hold(-HOUR, DAY))) == "out of office"


ENDED = st.integers(0, 72).map(lambda hours: hold(until=hours * HOUR))


@given(ENDED, st.integers(0, 72))
def test_a_pause_and_its_resume_move_the_due_time_by_what_was_held(held: Hold, later: int) -> None:
    assert held.until is not None
    stopped = applied(row(), progress.hold(row(), "operator", scene(hold())))
    now = held.until + later * HOUR
    new = applied(stopped, progress.resume(stopped, PLAN, scene(held, now=now)))
    assert new.next_scheduled_at == max(NOW + 2 * DAY + (held.until - NOW), now)
    event, _ = progress.resume(stopped, PLAN, scene(held, now=now)) or (None, None)
    assert event is Event.RESUMED
