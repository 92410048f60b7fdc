"""A mail that waits for an hour of the day: what an operator and a hold do to it."""

from datetime import UTC, datetime, timedelta

from tenuto.domain import progress
from tenuto.domain.enrollment import Enrollment
from tenuto.domain.holds import Hold, HoldScope
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan
from tenuto.domain.scene import Scene
from tests.factories import enrollment, plan, rules

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def timed(hour: int, minute: int = 0) -> Plan:
    """Its second mail waits for that time."""
    first = EmailStep(id="one", next=Edge(to=1))
    second = EmailStep(id="two", next=Edge(to=2), at=hour * 60 + minute)
    return plan(Edge(to=0), [first, second, ExitStep(id="end")])


def row() -> Enrollment:
    """On its second mail, whose wait of an hour has just begun."""
    return enrollment(current_step_index=1, step_wait=HOUR, next_scheduled_at=NOW + HOUR)


def scene(*holds: Hold, now: datetime = NOW) -> Scene:
    return Scene(now, rules(), (), "pat", holds=holds)


def hold(until: datetime | None = None) -> Hold:
    return Hold(HoldScope.CONTACT, "operator", NOW, until)


def test_a_new_time_comes_before_the_hour_that_the_step_asks_for() -> None:
    due = NOW + 5 * HOUR
    _, new = progress.reschedule(row(), due, NOW)
    assert progress.free_to_act(new, timed(8), scene()) == due
    # The step after it asks for its own.
    _, moved = progress.move(new, timed(8), Edge(to=1), scene(now=due))
    assert moved.next_scheduled_at == NOW + 23 * HOUR


def test_a_hold_that_moved_nothing_is_no_reason() -> None:
    steps = timed(10, 30)
    _, told = progress.move(row(), steps, Edge(to=1, wait=3600), scene())
    assert (told.reason, told.next_scheduled_at) == (
        "waits 1h, then until 10:30",
        NOW + 90 * MINUTE,
    )
    # Ten minutes of it under a hold, and the hour is the same.
    _, held = progress.hold(told, "operator", scene(hold()))
    later = NOW + 10 * MINUTE
    change = progress.resume(held, steps, scene(hold(later), now=later))
    assert change is not None
    assert (change[1].reason, change[1].next_scheduled_at) == (told.reason, told.next_scheduled_at)
