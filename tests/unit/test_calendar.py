from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tenuto.domain.calendar import Clock, Hours, NeverOpenError, Opening, Window
from tenuto.domain.local_calendar import LocalCalendar
from tests.grid import DAY, hours_between, inside, instants, on_the_grid, openings, quarters

BERLIN = Clock(ZoneInfo("Europe/Berlin"))
ALWAYS = (Hours(start=0, end=1440),)
NIGHT = Opening(Window(hours=(hours_between("01:30", "02:30"),)), BERLIN)
THURSDAY = datetime(2026, 3, 5, 12, tzinfo=UTC)


@st.composite
def cases(
    draw: st.DrawFn, starts: st.SearchStrategy[datetime] = instants
) -> tuple[Opening, datetime]:
    at = draw(starts)
    opening = draw(openings(at).filter(lambda o: not o.always))
    return opening, at


def in_berlin(start: str, end: str) -> Opening:
    return Opening(Window(hours=(hours_between(start, end),)), BERLIN)


@settings(max_examples=400, deadline=None)
@given(cases())
@example((NIGHT, datetime(2026, 10, 25, 0, 45, tzinfo=UTC)))
def test_an_opening_is_the_earliest_legal_instant(case: tuple[Opening, datetime]) -> None:
    opening, at = case
    opens, closes = opening.next_opening(at)
    assert at <= opens < closes
    assert inside(opening, opens)
    assert opens == at or not any(inside(opening, t) for t in [at, *quarters(at, opens)])


@settings(max_examples=400, deadline=None)
@given(cases())
@example((in_berlin("02:30", "03:30"), datetime(2026, 10, 24, 12, tzinfo=UTC)))
def test_it_stays_open_until_it_closes(case: tuple[Opening, datetime]) -> None:
    opening, at = case
    opens, closes = opening.next_opening(at)
    assert all(inside(opening, t) for t in quarters(opens, closes))
    assert inside(opening, closes - timedelta(microseconds=1))


@settings(max_examples=200, deadline=None)
@given(cases(on_the_grid))
def test_two_openings_have_only_closed_time_between_them(case: tuple[Opening, datetime]) -> None:
    opening, at = case
    for _ in range(5):
        _, closes = opening.next_opening(at)
        at, _ = opening.next_opening(closes)
        assert not any(inside(opening, t) for t in quarters(closes, at))


@given(instants.flatmap(lambda at: st.tuples(openings(at), st.just(at))))
def test_it_contains_what_its_wall_clock_says(case: tuple[Opening, datetime]) -> None:
    opening, at = case
    assert opening.contains(at) is inside(opening, at)
    assert not opening.always or inside(opening, at)


def test_it_is_always_open_only_with_every_day_and_no_day_off() -> None:
    whole, off = Window(hours=ALWAYS), LocalCalendar(closed=frozenset({THURSDAY.date()}))
    assert Opening(whole, BERLIN).always
    assert Opening(Window(hours=(hours_between("09:00", "10:00"), *ALWAYS)), BERLIN).always
    assert not Opening(Window(days=None, hours=ALWAYS), BERLIN).always
    assert not Opening(Window(days=frozenset(range(6)), hours=ALWAYS), BERLIN).always
    assert not in_berlin("00:00", "23:59").always
    assert not Opening(whole, Clock(BERLIN.zone, off)).always


@pytest.mark.parametrize(
    ("weekend", "opens"),
    [({5, 6}, "Fri 6"), ({4, 5}, "Sun 8"), ({4, 6}, "Sat 7"), (set(), "Fri 6")],
)
def test_working_days_are_those_of_the_recipients_calendar(weekend: set[int], opens: str) -> None:
    window = Window(days=None, hours=(hours_between("09:00", "10:00"),))
    clock = Clock(BERLIN.zone, LocalCalendar(weekend=frozenset(weekend)))
    at, _ = Opening(window, clock).next_opening(THURSDAY)
    assert f"{at.astimezone(clock.zone):%a %-d}" == opens


@pytest.mark.parametrize("days", [None, frozenset(range(7))])
def test_a_day_off_is_closed_whatever_the_window_says(days: frozenset[int] | None) -> None:
    off = frozenset({date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9)})
    clock = Clock(BERLIN.zone, LocalCalendar(closed=off))
    opening = Opening(Window(days=days, hours=(hours_between("09:00", "10:00"),)), clock)
    assert opening.next_opening(THURSDAY)[0] == datetime(2026, 3, 10, 8, tzinfo=UTC)


def test_whoever_never_works_never_opens() -> None:
    clock = Clock(BERLIN.zone, LocalCalendar(weekend=frozenset(range(7))))
    with pytest.raises(NeverOpenError):
        Opening(Window(days=None), clock).next_opening(THURSDAY)


@pytest.mark.parametrize(("free", "opens"), [(399, True), (402, False)])
def test_a_day_is_looked_for_during_400_days(free: int, opens: bool) -> None:  # noqa: FBT001
    off = frozenset(THURSDAY.date() + n * DAY for n in range(-1, 1000) if n != free)
    opening = Opening(Window(), Clock(BERLIN.zone, LocalCalendar(closed=off)))
    if opens:
        at, closes = opening.next_opening(THURSDAY)
        assert opening.clock.day(at) == THURSDAY.date() + free * DAY
        assert closes - at == DAY
    else:
        with pytest.raises(NeverOpenError):
            opening.next_opening(THURSDAY)


def test_a_range_in_the_skipped_hour_opens_when_the_skip_ends() -> None:
    opening = in_berlin("02:30", "04:00")
    opens, closes = opening.next_opening(datetime(2026, 3, 29, 0, 0, tzinfo=UTC))
    assert opens == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert closes == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)


def test_a_range_wholly_skipped_opens_a_day_later() -> None:
    opening = in_berlin("02:15", "02:45")
    opens, _ = opening.next_opening(datetime(2026, 3, 29, 0, 0, tzinfo=UTC))
    assert opens == datetime(2026, 3, 30, 0, 15, tzinfo=UTC)


def test_a_range_in_the_repeated_hour_opens_at_the_first_of_the_two() -> None:
    opening = in_berlin("02:15", "02:45")
    opens, _ = opening.next_opening(datetime(2026, 10, 24, 12, 0, tzinfo=UTC))
    assert opens == datetime(2026, 10, 25, 0, 15, tzinfo=UTC)


def test_and_opens_again_when_the_hour_comes_back() -> None:
    opening = in_berlin("02:15", "02:45")
    opens, _ = opening.next_opening(datetime(2026, 10, 25, 0, 50, tzinfo=UTC))
    assert opens == datetime(2026, 10, 25, 1, 15, tzinfo=UTC)


def test_an_evening_opens_again_where_the_clock_is_put_back_across_midnight() -> None:
    # Newfoundland's, at one minute past midnight; no clock is, in the years that we know ahead.
    window = Window(hours=(hours_between("23:15", "24:00"),))
    opening = Opening(window, Clock(ZoneInfo("America/St_Johns")))
    opens, _ = opening.next_opening(datetime(2010, 11, 7, 2, 30, 30, tzinfo=UTC))
    assert opens == datetime(2010, 11, 7, 2, 45, tzinfo=UTC)


def test_a_day_that_a_country_skipped_has_no_hours() -> None:
    window = Window(days=frozenset({4}), hours=(hours_between("09:00", "17:00"),))
    opening = Opening(window, Clock(ZoneInfo("Pacific/Apia")))
    opens, _ = opening.next_opening(datetime(2011, 12, 29, 12, tzinfo=UTC))
    assert opening.clock.day(opens) == date(2012, 1, 6)


def test_a_window_without_days_or_hours_is_none() -> None:
    with pytest.raises(ValidationError, match="at least one day"):
        Window(days=frozenset())
    with pytest.raises(ValidationError, match="at least one day"):
        Window(hours=())


@pytest.mark.parametrize(("start", "end"), [(60, 60), (120, 60), (-1, 60), (0, 1441)])
def test_a_range_ends_after_it_starts(start: int, end: int) -> None:
    with pytest.raises(ValidationError, match="end after it starts"):
        Hours(start=start, end=end)
