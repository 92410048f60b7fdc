"""Wall clocks and windows for a second time, to check the product's: it shares no code with them.

What a clock shows is asked of `datetime.astimezone` alone. Between two changes of its offset a
clock is a straight line; a walk over those lines finds the first instant at which it shows one of
some ranges.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

_ONE_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
#: No clock is put forward and back again within so little.
_STRIDE = timedelta(hours=12)
#: What the longest delay and the longest wait for a window need.
_AHEAD = timedelta(days=500)


@dataclass(frozen=True)
class Stretch:
    """From one change of the clock to the next; `offset` is local time less UTC."""

    since: datetime
    until: datetime
    offset: timedelta


@dataclass(frozen=True)
class WallClock:
    """One zone's, over some years."""

    zone: ZoneInfo
    first_year: int
    years: int

    def shows(self, at: datetime) -> datetime:
        """What stands on the clock at an instant."""
        return at.astimezone(self.zone).replace(tzinfo=None)

    @cached_property
    def changes(self) -> list[datetime]:
        """The instants at which it is put forward or back."""
        return [stretch.since for stretch in self._stretches[1:]]

    def from_(self, at: datetime) -> Iterator[Stretch]:
        """The straight lines from an instant on."""
        for stretch in self._stretches[bisect_right(self.changes, at) :]:
            yield Stretch(max(stretch.since, at), stretch.until, stretch.offset)

    def first_at_or_past(self, wall: datetime) -> datetime:
        """The first instant at which it shows that, or, where that is skipped, something later."""
        for stretch in self.from_((wall - 2 * _ONE_DAY).replace(tzinfo=UTC)):
            at = max((wall - stretch.offset).replace(tzinfo=UTC), stretch.since)
            if at < stretch.until:
                return at
        raise LookupError(wall)

    def first_inside(
        self, at: datetime, ranges: Sequence[tuple[int, int]], open_on: Callable[[date], bool]
    ) -> datetime:
        """The first instant from `at` on that shows one of the ranges (minutes) on an open date."""
        for stretch in self.from_(at):
            since, until = _shown(stretch.since, stretch), _shown(stretch.until, stretch)
            for day in _days(since.date(), until.date()):
                midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock
                if open_on(day):
                    for start, end in sorted(ranges):
                        opens = max(midnight + timedelta(minutes=start), since)
                        if opens < min(midnight + timedelta(minutes=end), until):
                            return (opens - stretch.offset).replace(tzinfo=UTC)
        raise LookupError(at)

    @cached_property
    def _stretches(self) -> list[Stretch]:
        at = datetime(self.first_year, 1, 1, tzinfo=UTC) - 30 * _ONE_DAY
        end = datetime(self.first_year + self.years, 1, 1, tzinfo=UTC) + _AHEAD
        found = [Stretch(at, end, self._offset(at))]
        while at < end:
            before, at = at, at + _STRIDE
            if self._offset(at) != found[-1].offset:
                change = self._change(before, at)
                last = found.pop()
                found.append(Stretch(last.since, change, last.offset))
                found.append(Stretch(change, end, self._offset(at)))
        return found

    def _change(self, before: datetime, after: datetime) -> datetime:
        old = self._offset(before)
        while after - before > _SECOND:
            middle = (before + (after - before) / 2).replace(microsecond=0)
            if self._offset(middle) == old:
                before = middle
            else:
                after = middle
        return after

    def _offset(self, at: datetime) -> timedelta:
        return self.shows(at) - at.replace(tzinfo=None)


def _shown(at: datetime, stretch: Stretch) -> datetime:
    return (at + stretch.offset).replace(tzinfo=None)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _ONE_DAY
