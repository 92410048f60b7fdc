"""Hours that several clocks share."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.domain.calendar import (
    HORIZON,
    Clock,
    Hours,
    NeverOpenError,
    Opening,
    Window,
    joint_opening,
)
from tenuto.domain.local_calendar import LocalCalendar
from tests.grid import (
    DAY,
    first_quarter,
    hours_between,
    inside,
    on_the_grid,
    openings,
    quarters,
    zones,
)

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)  # a Thursday
OFFICE = Window(days=None, hours=(hours_between("09:00", "17:00"),))
Case = tuple[datetime, tuple[Opening, ...]]


@st.composite
def several(draw: st.DrawFn) -> Case:
    at = draw(on_the_grid)
    return at, tuple(draw(st.lists(openings(at), min_size=1, max_size=4)))


@st.composite
def rarely_open(draw: st.DrawFn, at: datetime) -> Opening:
    """A few hours on one to three days of the next 400 and some, and only there."""
    free = draw(st.sets(st.sampled_from([0, 1, 2, 30, 200, 397, 398]), min_size=1, max_size=3))
    closed = frozenset(at.date() + n * DAY for n in range(-3, 900) if n not in free)
    start = draw(st.integers(0, 88))
    window = Window(hours=(Hours(start=start * 15, end=start * 15 + 120),))
    return Opening(window, Clock(draw(zones), LocalCalendar(closed=closed)))


def open_all(everywhere: tuple[Opening, ...], at: datetime) -> bool:
    return all(inside(opening, at) for opening in everywhere)


@settings(max_examples=200, deadline=None)
@given(several())
def test_the_first_instant_is_the_earliest_inside_all_or_there_is_none(case: Case) -> None:
    at, everywhere = case
    try:
        opens, closes = joint_opening(at, everywhere)
    except NeverOpenError:
        # Windows and weekends come again every week, days off end within a month.
        assert not any(open_all(everywhere, t) for t in quarters(at, at + 30 * DAY))
        return
    assert at <= opens < closes
    assert opens == first_quarter(at, at + HORIZON, lambda t: open_all(everywhere, t))


@settings(max_examples=200, deadline=None)
@given(several())
def test_all_stay_open_until_the_first_closes(case: Case) -> None:
    at, everywhere = case
    try:
        opens, closes = joint_opening(at, everywhere)
    except NeverOpenError:
        return
    last = min(closes, opens + 3 * DAY)
    assert all(open_all(everywhere, t) for t in quarters(opens, last))


@settings(max_examples=30, deadline=None)
@given(on_the_grid.flatmap(lambda at: st.tuples(st.just(at), rarely_open(at), rarely_open(at))))
def test_it_never_opens_exactly_when_no_quarter_of_400_days_is_inside(
    case: tuple[datetime, Opening, Opening],
) -> None:
    at, *both = case
    everywhere = tuple(both)
    found = first_quarter(at, at + HORIZON, lambda t: open_all(everywhere, t))
    if found is None:
        with pytest.raises(NeverOpenError):
            joint_opening(at, everywhere)
    else:
        assert joint_opening(at, everywhere)[0] == found


def test_the_hours_that_new_york_and_san_francisco_share_begin_with_the_latter() -> None:
    clocks = [Clock(ZoneInfo(f"America/{city}")) for city in ("New_York", "Los_Angeles")]
    opens, closes = joint_opening(NOON, tuple(Opening(OFFICE, clock) for clock in clocks))
    assert opens == datetime(2026, 3, 5, 17, tzinfo=UTC)
    assert closes == datetime(2026, 3, 5, 22, tzinfo=UTC)


def test_a_mailbox_across_the_world_never_shares_an_hour() -> None:
    here, there = Clock(ZoneInfo("Europe/Berlin")), Clock(ZoneInfo("Pacific/Auckland"))
    with pytest.raises(NeverOpenError):
        joint_opening(NOON, (Opening(OFFICE, here), Opening(OFFICE, there)))


def test_what_never_closes_asks_nothing() -> None:
    always = Opening(Window(), Clock(ZoneInfo("UTC")))
    assert joint_opening(NOON, ()) == joint_opening(NOON, (always,)) == (NOON, NOON + HORIZON)
    office = Opening(OFFICE, Clock(ZoneInfo("UTC")))
    assert joint_opening(NOON, (always, office)) == (NOON, datetime(2026, 3, 5, 17, tzinfo=UTC))


@pytest.mark.parametrize(("free", "opens"), [(399, True), (400, False)])
def test_a_shared_day_is_looked_for_during_400_days(free: int, opens: bool) -> None:  # noqa: FBT001
    off = frozenset(NOON.date() + n * DAY for n in range(1000) if n != free)
    rare = Opening(Window(), Clock(ZoneInfo("UTC"), LocalCalendar(closed=off)))
    office = Opening(Window(hours=(hours_between("12:00", "17:00"),)), Clock(ZoneInfo("UTC")))
    if opens:
        at, _ = joint_opening(NOON, (rare, office))
        assert at.date() == date(2026, 3, 5) + free * DAY
    else:
        with pytest.raises(NeverOpenError):
            joint_opening(NOON, (rare, office))
