"""Every instant that the calendar finds, in every time zone, beside what the wall clock says.

    python -m bench.zones --years 10

Every zone of the IANA database, every year from 2025 on, a set of windows and a set of delays,
from instants around each change of the clock and some drawn by chance. `bench.wall_clock`, which
shares no code with the calendar, says when each delay is over and which instant is the first
inside; in a sample, every quarter of an hour up to that instant is looked at as well.

The last line is one JSON object:

- zones, years, changes: how often any of the clocks was put forward or back in those years;
- instants: found and checked; walked: of them those with a walk over every quarter of an hour;
  jittered: instants with jitter, which must be behind the opening, inside, and the same when
  asked again;
- violations: by kind, in all. The exit code is 1 if there is one, and stderr has the first few.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from random import Random
from zoneinfo import ZoneInfo

from bench.wall_clock import WallClock
from tenuto.domain.cadence import Load, Rules, earliest
from tenuto.domain.calendar import Clock, Hours, Opening, Window
from tenuto.domain.delay import Weekday, at_minute, business_days_after, next_weekday
from tenuto.domain.limits import Limits
from tenuto.domain.local_calendar import LocalCalendar

FIRST_YEAR = 2025
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_QUARTER = 15 * _MINUTE
_PARTS = {"": 0 * _HOUR, "morning": 0 * _HOUR, "afternoon": 12 * _HOUR}
_JITTER = 45 * _MINUTE
#: From where a delay begins, seen from a change of the clock.
_AROUND = (-3 * _DAY, -25 * _HOUR, -_HOUR, -_MINUTE, timedelta(), 20 * _MINUTE, 70 * _MINUTE)
#: One in so many is walked.
_WALK = 101
#: So many faults are told.
_TOLD = 10


@dataclass(frozen=True)
class Delay:
    """Business days, then elapsed seconds, then a weekday, then a time of day."""

    seconds: int = 0
    business_days: int = 0
    on: Weekday | None = None
    at: int | None = None


@dataclass(frozen=True)
class Hang:
    """A window, and the calendar beside it."""

    window: Window
    calendar: LocalCalendar = LocalCalendar()

    @property
    def ranges(self) -> list[tuple[int, int]]:
        return [(hours.start, hours.end) for hours in self.window.hours]

    def works(self, day: date) -> bool:
        return day.weekday() not in self.calendar.weekend and day not in self.calendar.closed

    def open_on(self, day: date) -> bool:
        if self.window.days is None:
            return self.works(day)
        return day.weekday() in self.window.days and day not in self.calendar.closed

    def shows(self, minute: int) -> bool:
        return any(a <= minute < b for a, b in self.ranges)

    def inside(self, wall: datetime) -> bool:
        """By definition: whether it is open when the clock shows that."""
        return self.open_on(wall.date()) and self.shows(wall.hour * 60 + wall.minute)


@dataclass
class Tally:
    """What was looked at, and what was wrong."""

    instants: int = 0
    walked: int = 0
    jittered: int = 0
    violations: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def note(self, kind: str, where: object) -> None:
        self.violations[kind] += 1
        if len(self.told) < _TOLD:
            self.told.append(f"{kind}: {where}")


def _window(*ranges: tuple[int, int], days: frozenset[int] | None) -> Window:
    return Window(days=days, hours=tuple(Hours(start=a, end=b) for a, b in ranges))


_ALL = frozenset(range(7))
_FESTIVE = frozenset(
    date(year, month, day)
    for year in range(FIRST_YEAR - 1, FIRST_YEAR + 13)
    for month, day in ((1, 1), (5, 1), (12, 25), (12, 26))
)
HANGS = (
    Hang(_window((9 * 60, 17 * 60), days=None), LocalCalendar(closed=_FESTIVE)),
    Hang(_window((510, 720), (780, 1050), days=None), LocalCalendar(weekend=frozenset({4, 5}))),
    Hang(_window((0, 240), (1320, 1440), days=_ALL)),
    Hang(_window((1320, 1440), days=frozenset({5, 6})), LocalCalendar(closed=_FESTIVE)),
    Hang(_window((145, 155), days=_ALL)),
    Hang(_window((0, 15), (165, 195), (1425, 1440), days=frozenset({6, 0, 3, 4}))),
)
DELAYS = (
    Delay(),
    Delay(seconds=7 * 3600 + 61),
    Delay(seconds=3 * 86_400),
    Delay(business_days=1),
    Delay(business_days=2, seconds=3600),
    Delay(business_days=10),
    Delay(seconds=86_400, at=145),
    Delay(at=14 * 60 + 30),
    Delay(on=Weekday(day=1, part="morning")),
    Delay(business_days=1, on=Weekday(day=6, part="afternoon")),
)


def names() -> list[str]:
    """All zones of the IANA database, as the package lists them."""
    return files("tzdata").joinpath("zones").read_text().split()


def starts(clock: WallClock, random: Random, by_chance: int) -> Iterator[datetime]:
    """Around every change of the clock, and so many a year by chance."""
    for change in _changes(clock):
        yield from (change + around for around in _AROUND)
    for year in range(clock.first_year, clock.first_year + clock.years):
        for _ in range(by_chance):
            second = random.randrange(365 * 86_400)
            yield datetime(year, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


def _changes(clock: WallClock) -> list[datetime]:
    years = range(clock.first_year, clock.first_year + clock.years)
    return [change for change in clock.changes if change.year in years]


def check(clock: WallClock, begin: Sequence[datetime], tally: Tally) -> None:
    """Every window and delay of one zone, from each of the instants."""
    for hang in HANGS:
        # A time of day outside the hours never comes.
        delays = [d for d in DELAYS if d.at is None or hang.shows(d.at)]
        for start in begin:
            for delay in delays:
                _check_one(clock, hang, delay, start, tally)


def _check_one(clock: WallClock, hang: Hang, delay: Delay, start: datetime, tally: Tally) -> None:
    opening = Opening(hang.window, Clock(clock.zone, hang.calendar))
    ready = _ready(start, delay, opening)
    moment = earliest(ready, _rules(opening), Load())
    due = due_by_the_wall(clock, hang, delay, start)
    best = clock.first_inside(due, hang.ranges, hang.open_on)
    wrong = {
        "outside": not hang.inside(clock.shows(moment.at)),
        "too early": ready < due or moment.at < due,
        "too late": ready > due or moment.at > best,
        "moved without a reason": bool(moment.shifts) is not (moment.at > ready),
    }
    tally.instants += 1
    if tally.instants % _WALK == 0:
        tally.walked += 1
        wrong["one before it was legal"] = _legal_between(clock, hang, due, moment.at)
    if not delay.at:
        tally.jittered += 1
        wrong["astray with jitter"] = _strays(clock, hang, opening, ready, best)
    for kind in (kind for kind, found in wrong.items() if found):
        tally.note(kind, f"{clock.zone.key} {start.isoformat()} {hang.window} {delay}")


def _ready(start: datetime, delay: Delay, opening: Opening) -> datetime:
    clock = opening.clock
    ready = business_days_after(start, delay.business_days, clock)
    ready += timedelta(seconds=delay.seconds)
    if delay.on is not None:
        ready = next_weekday(ready, delay.on, clock)
    return ready if delay.at is None else at_minute(ready, delay.at, (opening,), (clock,))


def _rules(opening: Opening, jitter: timedelta = timedelta(), key: str = "") -> Rules:
    none = Limits()
    return Rules(none, none, (opening,), opening.clock, jitter=jitter, jitter_key=key)


def _strays(
    clock: WallClock, hang: Hang, opening: Opening, ready: datetime, best: datetime
) -> bool:
    """Whether jitter moves what needn't move, or too far, or differs when asked again."""
    rules = _rules(opening, _JITTER, f"{clock.zone.key}:{ready}")
    found = earliest(ready, rules, Load()).at
    bound = best if best == ready else best + _JITTER
    legal = best <= found <= bound and hang.inside(clock.shows(found))
    return not legal or found != earliest(ready, rules, Load()).at


def _legal_between(clock: WallClock, hang: Hang, due: datetime, at: datetime) -> bool:
    """Whether a quarter of an hour, or a minute near either end or a change, was legal before."""
    quarters = [due + n * _QUARTER for n in range(int((at - due) / _QUARTER) + 1)]
    near = [at, due, *(change for change in clock.changes if due <= change <= at)]
    minutes = [edge + n * _MINUTE for edge in near for n in range(-90, 91)]
    last = [at - timedelta(seconds=1), at - timedelta(microseconds=1)]
    looked_at = (t for t in (*quarters, *minutes, *last) if due <= t < at)
    return any(hang.inside(clock.shows(t)) for t in looked_at)


def due_by_the_wall(clock: WallClock, hang: Hang, delay: Delay, start: datetime) -> datetime:
    """When the delay is over, as one would count it on a wall calendar."""
    at, wall = start, clock.shows(start)
    if delay.business_days:
        day = wall.date()
        for _ in range(delay.business_days):
            day = _next_day(day, hang.works)
        at = clock.first_at_or_past(datetime.combine(day, wall.time()))
    at += timedelta(seconds=delay.seconds)
    if (on := delay.on) is not None:
        day = _next_day(clock.shows(at).date(), lambda day: day.weekday() == on.day)
        at = clock.first_at_or_past(_midnight(day) + _PARTS[on.part])
    if (minute := delay.at) is not None:
        before, due = clock.shows(at).date() - 2 * _DAY, at

        def fits(day: date) -> bool:
            found = clock.first_at_or_past(_midnight(day) + minute * _MINUTE)
            return found >= due and hang.inside(clock.shows(found))

        at = clock.first_at_or_past(_midnight(_next_day(before, fits)) + minute * _MINUTE)
    return at


def _next_day(day: date, fits: Callable[[date], bool]) -> date:
    return next(d for n in range(1, 400) if fits(d := day + n * _DAY))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock


def _say(line: str) -> None:
    if sys.stderr.isatty():
        print(line, end="\r", file=sys.stderr)


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.zones", description="Checks the calendar in every time zone."
    )
    parser.add_argument("--years", type=int, default=10, help=f"from {FIRST_YEAR} on")
    parser.add_argument("--by-chance", type=int, default=5, help="instants a year besides")
    given = parser.parse_args()
    tally, zones, changes = Tally(), names(), 0
    for number, name in enumerate(zones, 1):
        clock = WallClock(ZoneInfo(name), FIRST_YEAR, given.years)
        changes += len(_changes(clock))
        check(clock, list(starts(clock, Random(name), given.by_chance)), tally)  # noqa: S311
        _say(f"{number} of {len(zones)} zones, {tally.instants} instants")
    for line in tally.told:
        print(line, file=sys.stderr)
    counts = {
        "zones": len(zones),
        "years": given.years,
        "changes": changes,
        "instants": tally.instants,
        "walked": tally.walked,
        "jittered": tally.jittered,
        "violations": tally.violations.total(),
        "by_kind": tally.violations,
    }
    print(json.dumps(counts))
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
