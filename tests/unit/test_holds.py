"""Waits under holds, beside a clock that ticks minute by minute."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tenuto.domain.holds import Hold, HoldScope, blocking, due_after, remaining

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
#: Longer than any wait and all holds together.
LONGEST = 400

minutes = st.integers(0, 60)


@st.composite
def holds(draw: st.DrawFn) -> Hold:
    since = draw(st.integers(-30, 90))
    length = draw(st.none() | st.integers(0, 40))
    until = None if length is None else START + (since + length) * MINUTE
    return Hold(HoldScope.CONTACT, "test", START + since * MINUTE, until)


some_holds = st.lists(holds(), max_size=5)


def held(at: datetime, all_holds: list[Hold]) -> bool:
    return any(h.since <= at and (h.until is None or at < h.until) for h in all_holds)


def simulated(wait: int, all_holds: list[Hold]) -> datetime | None:
    """Tick on; a minute under a hold uses up nothing, and no mail leaves in it."""
    for tick in range(LONGEST):
        at = START + tick * MINUTE
        if held(at, all_holds):
            continue
        if wait == 0:
            return at
        wait -= 1
    return None


@given(minutes, some_holds)
def test_a_wait_ends_when_a_clock_says_so(wait: int, all_holds: list[Hold]) -> None:
    assert due_after(START, wait * MINUTE, all_holds) == simulated(wait, all_holds)


@given(minutes, minutes, some_holds)
def test_what_is_left_is_what_a_clock_has_not_counted(
    wait: int, now: int, all_holds: list[Hold]
) -> None:
    ticks = (START + tick * MINUTE for tick in range(now))
    free = sum(not held(at, all_holds) for at in ticks)
    left = remaining(START, wait * MINUTE, all_holds, START + now * MINUTE)
    assert left == max(wait - free, 0) * MINUTE


@given(minutes, minutes, some_holds)
def test_going_on_with_what_is_left_ends_at_the_same_instant(
    wait: int, now: int, all_holds: list[Hold]
) -> None:
    at, due = START + now * MINUTE, due_after(START, wait * MINUTE, all_holds)
    left = remaining(START, wait * MINUTE, all_holds, at)
    if due is None or due >= at:
        assert due_after(at, left, all_holds) == due


@given(minutes, some_holds)
def test_no_wait_ends_under_a_hold(wait: int, all_holds: list[Hold]) -> None:
    due = due_after(START, wait * MINUTE, all_holds)
    assert due is None or blocking(all_holds, due) is None


@given(minutes, some_holds)
def test_a_hold_blocks_while_it_is_in_force(now: int, all_holds: list[Hold]) -> None:
    at = START + now * MINUTE
    found = blocking(all_holds, at)
    assert (found is not None) == held(at, all_holds)


def test_the_hold_that_ends_last_is_named_and_an_open_one_before_all() -> None:
    until = [START + 5 * MINUTE, START + 9 * MINUTE, None]
    short, long, open_ = [Hold(HoldScope.CONTACT, "test", START, end) for end in until]
    assert blocking([short, long], START) is long
    assert blocking([long, open_, short], START) is open_


def test_a_hold_that_begins_when_the_wait_ends_still_moves_it() -> None:
    hold = Hold(HoldScope.CONTACT, "test", START + 5 * MINUTE, START + 8 * MINUTE)
    assert due_after(START, 5 * MINUTE, [hold]) == START + 8 * MINUTE
    assert due_after(START, 4 * MINUTE, [hold]) == START + 4 * MINUTE
