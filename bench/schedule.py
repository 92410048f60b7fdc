"""The next legal instant: our `earliest` beside pandas' `CustomBusinessHour`.

    python -m bench.schedule [--json]

Both are asked for the same instants in turn, in one process, each with its rules made
beforehand: one range of hours a day, working days, holidays, a zone, which is all that pandas can
express. What only ours can (several ranges, the clocks of several zones, a mailbox's hours, limits)
is timed alone. `--json` leaves out the table and shows the last line only, one JSON object:

- ours_median_us, ours_p99_us, pandas_median_us, pandas_p99_us: processor time of one answer, which
  a busy machine leaves alone; ratio_median:
  pandas' by ours;
- compared, agree, disagree: answers of both. Each kind of disagreement has a line in the table;
  one without an explanation makes the exit code 1. Where pandas
  raises an error there is nothing to compare; that is counted in the table alone.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median, quantiles
from time import thread_time_ns
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd

from bench.wall_clock import WallClock
from tenuto.domain.cadence import Counted, Load, Rules, earliest
from tenuto.domain.calendar import Clock, Hours, Opening, Window
from tenuto.domain.delay import Gap
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.local_calendar import LocalCalendar

T = TypeVar("T")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Cairo",
)
_CLOSED = frozenset(
    date(year, month, day)
    for year in range(2025, 2036)
    for month, day in ((1, 1), (5, 1), (12, 25), (12, 26))
)
_HOUR = 60
_FIRST_YEAR, _YEARS = 2025, 9
_END = "pandas takes the end of a range for inside"
_SECOND_TIME = "pandas passes over a range that opens once more in a repeated hour"
_SKIPPED = "pandas has no answer where the clock skips the opening"
_REPEATED = "pandas has no answer where the clock shows the opening twice"
_UNKNOWN = "nobody knows why"
#: Beside a change of the clock: compared, but not timed.
_AROUND = range(-30 * _HOUR, 6 * _HOUR, 5)


@dataclass(frozen=True)
class Case:
    """One range of hours on the working days of a calendar."""

    start: int
    end: int
    weekend: frozenset[int] = frozenset({5, 6})

    def ours(self, zone: ZoneInfo) -> Rules:
        window = Window(days=None, hours=(Hours(start=self.start, end=self.end),))
        calendar = LocalCalendar(weekend=self.weekend, closed=_CLOSED)
        return _rules(Opening(window, Clock(zone, calendar)))

    def pandas(self) -> Any:  # noqa: ANN401 - it has no types
        mask = "".join("0" if day in self.weekend else "1" for day in range(7))
        return pd.offsets.CustomBusinessHour(
            start=_clock_time(self.start),
            end=_clock_time(self.end),
            weekmask=mask,
            holidays=sorted(_CLOSED),
        )


CASES = (
    Case(9 * _HOUR, 17 * _HOUR),
    Case(8 * _HOUR + 30, 16 * _HOUR, frozenset({4, 5})),
    Case(0, 4 * _HOUR, frozenset()),
    Case(2 * _HOUR + 15, 2 * _HOUR + 45, frozenset({0})),
)


@dataclass
class Match:
    """The answers of both."""

    ours: list[float]
    pandas: list[float]
    agree: int
    others: Counter[str]

    @property
    def disagree(self) -> int:
        return sum(self.others[kind] for kind in (_END, _SECOND_TIME, _UNKNOWN))


def compare(per_case: int) -> Match:
    """Ask both for every case and zone."""
    match = Match([], [], 0, Counter())
    for name in ZONES:
        clock, random = WallClock(ZoneInfo(name), _FIRST_YEAR, _YEARS), Random(name)  # noqa: S311
        for case in CASES:
            timed = [_by_chance(random) for _ in range(per_case)]
            beside = [c + timedelta(minutes=m) for c in clock.changes[2:6] for m in _AROUND]
            _ask(case, clock, timed, match, timed=True)
            _ask(case, clock, beside, match, timed=False)
    return match


def _ask(
    case: Case, clock: WallClock, instants: list[datetime], match: Match, *, timed: bool
) -> None:
    rules, offset = case.ours(clock.zone), case.pandas()
    stamps = [pd.Timestamp(at).tz_convert(clock.zone) for at in instants]
    for at, stamp in zip(instants, stamps, strict=True):
        ours, took = _timed(lambda at=at: earliest(at, rules, Load()).at)  # type: ignore[misc]
        try:
            theirs, they_took = _timed(lambda stamp=stamp: offset.rollforward(stamp))  # type: ignore[misc]
        except ValueError as error:
            match.others[_REPEATED if "infer dst" in str(error) else _SKIPPED] += 1
            continue
        if timed:
            match.ours.append(took)
            match.pandas.append(they_took)
        # In UTC: Python holds two times unequal where a clock repeats the hour of one.
        answer = theirs.tz_convert(UTC).to_pydatetime()
        if answer == ours:
            match.agree += 1
        else:
            match.others[_why(case, clock, at, ours, answer)] += 1


def _why(case: Case, clock: WallClock, at: datetime, ours: datetime, theirs: datetime) -> str:
    wall = clock.shows(at)
    if theirs == at and (wall.hour * _HOUR + wall.minute) % (24 * _HOUR) == case.end:
        return _END
    again = ours.astimezone(clock.zone).fold == 1
    return _SECOND_TIME if again and ours < theirs else _UNKNOWN


def alone(count: int) -> Iterator[tuple[str, list[float]]]:
    """Seconds that ours takes for what pandas can't express."""
    berlin, york = Clock(ZoneInfo("Europe/Berlin")), Clock(ZoneInfo("America/New_York"))
    office = Window(days=None, hours=(Hours(start=540, end=1020),))
    long = Window(hours=(Hours(start=480, end=1260),))
    split = Window(days=None, hours=(Hours(start=540, end=720), Hours(start=810, end=1020)))
    west = tuple(
        Opening(office, Clock(ZoneInfo(f"America/{city}")))
        for city in ("New_York", "Chicago", "Denver", "Los_Angeles")
    )
    limits = Limits(gap=Gap(business_days=1), caps=(Cap(count=3, seconds=7 * 86_400),))
    cases = {
        "several ranges": _rules(Opening(split, berlin)),
        "four clocks at once": _rules(*west),
        "and a mailbox's hours": replace(_rules(*west), mailbox_opening=Opening(long, berlin)),
        "several ranges, a gap, a cap": replace(_rules(Opening(split, york)), own=limits),
    }
    random = Random("alone")  # noqa: S311
    for name, rules in cases.items():
        took = []
        for _ in range(count):
            at = _by_chance(random)
            sent = tuple(Counted(at - timedelta(days=d)) for d in (1, 3, 6))
            took.append(_timed(lambda: earliest(at, rules, Load(contact=sent)))[1])  # noqa: B023
        yield name, took


def _rules(*openings: Opening) -> Rules:
    return Rules(Limits(), Limits(), openings, openings[0].clock)


def _by_chance(random: Random) -> datetime:
    second = random.randrange(_YEARS * 365 * 86_400)
    return datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = thread_time_ns()
    answer = work()
    return answer, (thread_time_ns() - began) / 1000


def _clock_time(minute: int) -> str:
    return f"{minute // _HOUR:02}:{minute % _HOUR:02}"


def _figures(took: list[float]) -> tuple[float, float]:
    return round(median(took), 1), round(quantiles(took, n=100)[98], 1)


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.schedule", description="Measures the next legal instant."
    )
    parser.add_argument("--json", action="store_true", help="the last line alone")
    parser.add_argument("--instants", type=int, default=500, help="of each case in each zone")
    given = parser.parse_args()
    match = compare(given.instants)
    ours, theirs = _figures(match.ours), _figures(match.pandas)
    if not given.json:
        _show("both can: ours", ours)
        _show("both can: pandas", theirs)
        for name, took in alone(10 * given.instants):
            _show(f"only ours can: {name}", _figures(took))
        for kind, count in match.others.most_common():
            print(f"{count:>7} × {kind}")
    counts = {
        "ours_median_us": ours[0],
        "ours_p99_us": ours[1],
        "pandas_median_us": theirs[0],
        "pandas_p99_us": theirs[1],
        "ratio_median": round(theirs[0] / ours[0], 2),
        "compared": match.agree + match.disagree,
        "agree": match.agree,
        "disagree": match.disagree,
    }
    print(json.dumps(counts))
    return 1 if match.others[_UNKNOWN] else 0


def _show(name: str, figures: tuple[float, float]) -> None:
    print(f"{name:<50} median {figures[0]:>7} µs, p99 {figures[1]:>7} µs")


if __name__ == "__main__":
    sys.exit(main())
