"""A walk over the quarters of an hour: what the calendar finds, it finds by definition.

Every range, delay and offset of the tests is a multiple of a quarter of an hour, so the walk meets
the first legal instant itself.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tenuto.domain.calendar import Clock, Hours, Opening, Window
from tenuto.domain.local_calendar import LocalCalendar

# Half-hour shifts, shifts at midnight, a fast that interrupts summer time, and a day that a whole
# country skipped, among them.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
_WEEKENDS = ({5, 6}, {4, 5}, {6}, set[int]())

zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
_seconds = st.one_of(
    st.integers(1_735_689_600, 1_830_000_000),
    # Around the clock changes of Berlin, New York, Beirut and Cairo, and Samoa's skipped day.
    st.integers(1_774_600_000, 1_774_900_000),
    st.integers(1_772_850_000, 1_773_000_000),
    st.integers(1_776_800_000, 1_777_100_000),
    st.integers(1_792_800_000, 1_792_950_000),
    st.integers(1_793_200_000, 1_793_600_000),
    st.integers(1_325_100_000, 1_325_400_000),
)
instants = _seconds.map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
on_the_grid = _seconds.map(lambda seconds: datetime.fromtimestamp(seconds // 900 * 900, UTC))


def hours_between(start: str, end: str) -> Hours:
    def minute(clock: str) -> int:
        return int(clock[:2]) * 60 + int(clock[3:])

    return Hours(start=minute(start), end=minute(end))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    days = draw(st.none() | st.frozensets(st.integers(0, 6), min_size=1))
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=6)))
    ranges = [Hours(start=a * 15, end=b * 15) for a, b in pairwise(edges)]
    return Window(days=days, hours=tuple(draw(st.permutations(ranges[::2]))))


def calendars(near: datetime) -> st.SearchStrategy[LocalCalendar]:
    """With days off in the weeks after an instant."""
    closed = st.frozensets(st.integers(-1, 15).map(lambda n: near.date() + n * DAY), max_size=8)
    weekends = st.sampled_from([frozenset(days) for days in _WEEKENDS])
    return st.builds(LocalCalendar, weekend=weekends, closed=closed)


@st.composite
def openings(draw: st.DrawFn, near: datetime) -> Opening:
    return Opening(draw(windows()), Clock(draw(zones), draw(calendars(near))))


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    """What stands on the wall clock."""
    return at.astimezone(zone).replace(tzinfo=None)


def works(day: date, calendar: LocalCalendar) -> bool:
    return day.weekday() not in calendar.weekend and day not in calendar.closed


def inside(opening: Opening, at: datetime) -> bool:
    wall = shown(at, opening.clock.zone)
    minute, day = wall.hour * 60 + wall.minute, wall.date()
    calendar, days = opening.clock.calendar, opening.window.days
    if days is None:
        open_today = works(day, calendar)
    else:
        open_today = day.weekday() in days and day not in calendar.closed
    return open_today and any(h.start <= minute < h.end for h in opening.window.hours)


def quarters(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every full quarter of an hour from `start` on and before `end`."""
    first = -(-int(start.timestamp()) // 900)
    last = -(-int(end.timestamp()) // 900)
    return (datetime.fromtimestamp(n * 900, UTC) for n in range(first, last))


def first_quarter(
    start: datetime, end: datetime, fits: Callable[[datetime], bool]
) -> datetime | None:
    return next((t for t in quarters(start, end) if fits(t)), None)


def first_showing(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The first quarter at which the clock shows that or, where it is skipped, something later."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    near = wall.replace(tzinfo=UTC)
    found = first_quarter(near - DAY, near + 3 * DAY, lambda t: shown(t, zone) >= wall)
    assert found is not None
    return found
