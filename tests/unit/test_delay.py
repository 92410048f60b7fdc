from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tenuto.domain.calendar import HORIZON, Clock, NeverOpenError, Opening, Window
from tenuto.domain.delay import (
    Gap,
    Part,
    Weekday,
    at_minute,
    business_days_after,
    furthest,
    next_weekday,
)
from tenuto.domain.local_calendar import LocalCalendar
from tests.factories import rules
from tests.grid import (
    DAY,
    QUARTER,
    calendars,
    first_showing,
    hours_between,
    inside,
    instants,
    on_the_grid,
    openings,
    shown,
    works,
    zones,
)

BERLIN = Clock(ZoneInfo("Europe/Berlin"))
FRIDAY = datetime(2026, 3, 6, 9, 15, tzinfo=UTC)
#: Summer time begins on a Sunday, a working day where Friday and Saturday are none.
SUNDAYS = Clock(BERLIN.zone, LocalCalendar(weekend=frozenset({4, 5})))
gaps = st.builds(
    Gap,
    seconds=st.integers(0, 900).map(lambda n: n * 900),
    business_days=st.integers(0, 12),
)
Case = tuple[datetime, Clock]


@st.composite
def cases(draw: st.DrawFn, starts: st.SearchStrategy[datetime] = on_the_grid) -> Case:
    at = draw(starts)
    return at, Clock(draw(zones), draw(calendars(at)))


def working_day_after(day: date, count: int, calendar: LocalCalendar) -> date:
    """Day by day."""
    while count:
        day += DAY
        count -= works(day, calendar)
    return day


def later(at: datetime, days: int, clock: Clock) -> datetime:
    """So many business days, by the grid."""
    wall = shown(at, clock.zone)
    day = working_day_after(wall.date(), days, clock.calendar)
    return max(at, first_showing(day, wall.hour * 60 + wall.minute, clock.zone))


@settings(max_examples=300, deadline=None)
@given(cases(), st.integers(0, 30))
def test_business_days_are_counted_on_the_recipients_calendar(case: Case, days: int) -> None:
    at, clock = case
    assert business_days_after(at, days, clock) == later(at, days, clock)


@settings(max_examples=300, deadline=None)
@given(cases(instants), st.integers(1, 5))
@example((datetime(2026, 3, 26, 1, 30, 45, tzinfo=UTC), SUNDAYS), 1)
def test_a_business_day_ends_at_the_same_time_or_when_a_skip_ends(case: Case, days: int) -> None:
    at, clock = case
    before, found = shown(at, clock.zone), business_days_after(at, days, clock)
    after = shown(found, clock.zone)
    day = working_day_after(before.date(), days, clock.calendar)
    wanted = datetime.combine(day, before.time())
    just_before = shown(found - timedelta(microseconds=1), clock.zone)
    assert after == wanted or just_before < wanted < after


@given(instants, zones)
def test_no_business_days_are_no_wait(at: datetime, zone: ZoneInfo) -> None:
    assert business_days_after(at, 0, Clock(zone)) == at


def test_two_business_days_from_friday_are_tuesday() -> None:
    assert business_days_after(FRIDAY, 2, BERLIN) == datetime(2026, 3, 10, 9, 15, tzinfo=UTC)


def test_a_weekend_and_a_day_off_are_no_business_days() -> None:
    calendar = LocalCalendar(weekend=frozenset({4, 5}), closed=frozenset({date(2026, 3, 8)}))
    found = business_days_after(FRIDAY, 2, Clock(BERLIN.zone, calendar))
    assert found == datetime(2026, 3, 10, 9, 15, tzinfo=UTC)


def test_a_business_day_across_a_clock_change_keeps_the_wall_clocks_time() -> None:
    found = business_days_after(datetime(2026, 3, 27, 9, 15, tzinfo=UTC), 1, BERLIN)
    assert found == datetime(2026, 3, 30, 8, 15, tzinfo=UTC)


def test_one_in_a_repeated_hour_ends_with_the_first_of_the_two() -> None:
    found = business_days_after(datetime(2026, 10, 22, 0, 30, tzinfo=UTC), 1, SUNDAYS)
    assert found == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_business_days_never_end_where_nobody_works() -> None:
    never = Clock(BERLIN.zone, LocalCalendar(weekend=frozenset(range(7))))
    with pytest.raises(NeverOpenError):
        business_days_after(FRIDAY, 1, never)


@settings(max_examples=300, deadline=None)
@given(on_the_grid, zones, st.integers(0, 6), st.sampled_from(["", "morning", "afternoon"]))
def test_the_next_weekday_is_the_first_of_that_name_after_today(
    at: datetime, zone: ZoneInfo, weekday: int, part: Part
) -> None:
    today = shown(at, zone).date()
    day = next(d for n in range(1, 8) if (d := today + n * DAY).weekday() == weekday)
    found = next_weekday(at, Weekday(day=weekday, part=part), Clock(zone))
    assert found == first_showing(day, 12 * 60 if part == "afternoon" else 0, zone)
    assert at < found


def test_next_friday_on_a_friday_is_a_week_away() -> None:
    found = next_weekday(FRIDAY, Weekday(day=4), BERLIN)
    assert found == datetime(2026, 3, 12, 23, tzinfo=UTC)


@settings(max_examples=200, deadline=None)
@given(
    on_the_grid.flatmap(
        lambda at: st.tuples(st.just(at), st.lists(openings(at), max_size=2), zones)
    ),
    st.integers(0, 95),
)
def test_a_time_of_day_is_its_first_in_the_hours_of_all(
    case: tuple[datetime, list[Opening], ZoneInfo], quarter: int
) -> None:
    at, everywhere, zone = case
    today = shown(at, zone).date()
    readings = (first_showing(today + n * DAY, quarter * 15, zone) for n in range(-1, 40))
    legal = (t for t in readings if t >= at and all(inside(o, t) for o in everywhere))
    expected = next(legal, None)
    try:
        found = at_minute(at, quarter * 15, tuple(everywhere), (Clock(zone),))
    except NeverOpenError:
        assert expected is None
    else:
        # Days off are over in a month, all else comes again with the week, or with the season.
        assert found == expected or (expected is None and found - at > 30 * DAY)


def test_on_several_clocks_the_first_to_read_it_while_all_are_open_counts() -> None:
    hours = Window(hours=(hours_between("09:00", "17:00"),))
    clocks = [Clock(ZoneInfo(name)) for name in ("America/New_York", "America/Los_Angeles")]
    everywhere = tuple(Opening(hours, clock) for clock in clocks)
    # 09:30 in Los Angeles is 12:30 in New York; 16:30 in New York is 13:30 in Los Angeles.
    morning = at_minute(FRIDAY, 570, everywhere, clocks)
    assert shown(morning, clocks[1].zone).time() == time(9, 30)
    afternoon = at_minute(FRIDAY, 990, everywhere, clocks)
    assert shown(afternoon, clocks[0].zone).time() == time(16, 30)
    mornings = Window(hours=(hours_between("09:00", "12:30"),))
    with pytest.raises(NeverOpenError):
        at_minute(FRIDAY, 570, tuple(Opening(mornings, c) for c in clocks), clocks)


def test_a_time_that_the_clock_skips_is_when_the_skip_ends() -> None:
    at = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert at_minute(at, 150, (), (BERLIN,)) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    night = Opening(Window(hours=(hours_between("02:15", "02:45"),)), BERLIN)
    assert at_minute(at, 150, (night,), (BERLIN,)) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_of_a_time_that_the_clock_repeats_the_first_counts() -> None:
    at = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert at_minute(at, 150, (), (BERLIN,)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_time_of_day_outside_the_hours_never_comes() -> None:
    morning = Opening(Window(hours=(hours_between("09:00", "12:00"),)), BERLIN)
    with pytest.raises(NeverOpenError):
        at_minute(FRIDAY, 13 * 60, (morning,), (BERLIN,))
    assert at_minute(FRIDAY, 11 * 60, (morning,), (BERLIN,)) - FRIDAY < HORIZON


@settings(max_examples=200, deadline=None)
@given(cases(), st.lists(gaps, max_size=3))
def test_of_several_gaps_the_furthest_counts(case: Case, several: list[Gap]) -> None:
    at, clock = case
    ends = [
        max(at + timedelta(seconds=gap.seconds), later(at, gap.business_days, clock))
        for gap in several
    ]
    assert furthest(several, at, clock) == max([at, *ends])


def test_a_gap_of_both_kinds_ends_with_the_longer() -> None:
    day, week = Gap(seconds=86_400, business_days=1), Gap(seconds=7 * 86_400, business_days=1)
    assert day.after(FRIDAY, BERLIN) == FRIDAY + 3 * DAY
    assert week.after(FRIDAY, BERLIN) == FRIDAY + 7 * DAY
    assert [bool(gap) for gap in (Gap(), Gap(seconds=1), Gap(business_days=1))] == [0, 1, 1]


def test_a_gap_that_was_published_as_a_number_is_one_of_seconds() -> None:
    assert rules(gap=900).gap == Gap(seconds=900) == Gap(seconds=int(QUARTER.total_seconds()))
    assert rules(gap={"business_days": 2}).gap == Gap(business_days=2)


def test_a_gap_or_a_weekday_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        Gap(seconds=-1)
    with pytest.raises(ValidationError):
        Weekday(day=7)
