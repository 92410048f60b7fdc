from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tenuto.domain.calendar import Hours, Window

# Half-hour shifts, shifts at midnight, and a day that a whole country skipped, among them.
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
QUARTER = timedelta(minutes=15)

zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
instants = st.one_of(
    st.integers(1_735_689_600, 1_830_000_000),
    # Around the clock changes of Berlin, and Samoa's skipped day.
    st.integers(1_774_700_000, 1_774_800_000),
    st.integers(1_792_800_000, 1_792_950_000),
    st.integers(1_325_100_000, 1_325_400_000),
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=6)))
    ranges = [Hours(start=a * 15, end=b * 15) for a, b in pairwise(edges)]
    return Window(days=days, hours=tuple(ranges[::2]))


def inside(window: Window, at: datetime, zone: ZoneInfo) -> bool:
    wall = at.astimezone(zone)
    minute = wall.hour * 60 + wall.minute
    return wall.weekday() in window.days and any(
        hours.start <= minute < hours.end for hours in window.hours
    )


def quarters(start: datetime, end: datetime) -> list[datetime]:
    """Every full quarter of an hour from `start` on and before `end`."""
    first = -(-int(start.timestamp()) // 900)
    last = -(-int(end.timestamp()) // 900)
    return [datetime.fromtimestamp(n * 900, UTC) for n in range(first, last)]


def hours_between(start: str, end: str) -> Hours:
    def minute(clock: str) -> int:
        return int(clock[:2]) * 60 + int(clock[3:])

    return Hours(start=minute(start), end=minute(end))


BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Window(hours=(hours_between("01:30", "02:30"),))


@settings(max_examples=300, deadline=None)
@given(windows(), instants, zones)
@example(NIGHT, datetime(2026, 10, 25, 0, 45, tzinfo=UTC), BERLIN)
def test_an_opening_is_the_earliest_legal_instant(
    window: Window, at: datetime, zone: ZoneInfo
) -> None:
    opens, closes = window.next_opening(at, zone)
    assert at <= opens < closes
    assert inside(window, opens, zone)
    assert opens == at or not any(inside(window, t, zone) for t in [at, *quarters(at, opens)])


@settings(max_examples=300, deadline=None)
@given(windows().filter(lambda window: not window.always), instants, zones)
@example(
    Window(hours=(hours_between("02:30", "03:30"),)), datetime(2026, 10, 24, 12, tzinfo=UTC), BERLIN
)
def test_it_stays_open_until_it_closes(window: Window, at: datetime, zone: ZoneInfo) -> None:
    opens, closes = window.next_opening(at, zone)
    assert all(inside(window, t, zone) for t in quarters(opens, closes))


@given(windows(), instants, zones)
def test_it_contains_what_its_wall_clock_says(window: Window, at: datetime, zone: ZoneInfo) -> None:
    assert window.contains(at, zone) is inside(window, at, zone)


def test_a_range_in_the_skipped_hour_opens_when_the_skip_ends() -> None:
    window = Window(hours=(hours_between("02:30", "04:00"),))
    opens, closes = window.next_opening(datetime(2026, 3, 29, 0, 0, tzinfo=UTC), BERLIN)
    assert opens == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert closes == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)


def test_a_range_wholly_skipped_opens_a_day_later() -> None:
    window = Window(hours=(hours_between("02:15", "02:45"),))
    opens, _ = window.next_opening(datetime(2026, 3, 29, 0, 0, tzinfo=UTC), BERLIN)
    assert opens == datetime(2026, 3, 30, 0, 15, tzinfo=UTC)


def test_a_range_in_the_repeated_hour_opens_at_the_first_of_the_two() -> None:
    window = Window(hours=(hours_between("02:15", "02:45"),))
    opens, _ = window.next_opening(datetime(2026, 10, 24, 12, 0, tzinfo=UTC), BERLIN)
    assert opens == datetime(2026, 10, 25, 0, 15, tzinfo=UTC)


def test_and_opens_again_when_the_hour_comes_back() -> None:
    window = Window(hours=(hours_between("02:15", "02:45"),))
    opens, _ = window.next_opening(datetime(2026, 10, 25, 0, 50, tzinfo=UTC), BERLIN)
    assert opens == datetime(2026, 10, 25, 1, 15, tzinfo=UTC)


def test_a_day_that_a_country_skipped_has_no_hours() -> None:
    window = Window(days=frozenset({4}), hours=(hours_between("09:00", "17:00"),))
    opens, _ = window.next_opening(datetime(2011, 12, 29, 12, tzinfo=UTC), ZoneInfo("Pacific/Apia"))
    assert opens.astimezone(ZoneInfo("Pacific/Apia")).date() == date(2012, 1, 6)


def test_a_window_without_days_or_hours_is_none() -> None:
    with pytest.raises(ValidationError, match="at least one day"):
        Window(days=frozenset())
    with pytest.raises(ValidationError, match="at least one day"):
        Window(hours=())


@pytest.mark.parametrize(("start", "end"), [(60, 60), (120, 60), (-1, 60), (0, 1441)])
def test_a_range_ends_after_it_starts(start: int, end: int) -> None:
    with pytest.raises(ValidationError, match="end after it starts"):
        Hours(start=start, end=end)
