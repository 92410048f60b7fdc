"""Local time: sending windows, and the instants at which they open.

Instants are UTC everywhere else. Daylight saving: an instant is inside when its wall clock reads
inside. So a range that begins in the hour that a clock skips opens when the skip ends, and one
in the hour that a clock repeats is open both times.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, model_validator

#: Every window opens at least once in this many days.
_HORIZON = 15
_DAY = 24 * 60


class Hours(BaseModel):
    """A range of a day, in minutes since local midnight: `start` inclusive, `end` exclusive."""

    model_config = ConfigDict(frozen=True)

    start: int
    end: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 <= self.start < self.end <= _DAY:
            msg = "a range must end after it starts, within one day"
            raise ValueError(msg)
        return self


class Window(BaseModel):
    """When mail may leave, on the recipient's wall clock, every week."""

    model_config = ConfigDict(frozen=True)

    #: Monday is 0.
    days: frozenset[int] = frozenset(range(7))
    hours: tuple[Hours, ...] = (Hours(start=0, end=_DAY),)

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not self.days or not self.hours:
            msg = "a window needs at least one day and one range of hours"
            raise ValueError(msg)
        return self

    @property
    def always(self) -> bool:
        """Whether it never closes."""
        return len(self.days) == 7 and Hours(start=0, end=_DAY) in self.hours  # noqa: PLR2004

    def contains(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether mail may leave at the instant `at`."""
        local = at.astimezone(zone)
        minute = local.hour * 60 + local.minute
        return local.weekday() in self.days and any(h.start <= minute < h.end for h in self.hours)

    def next_opening(self, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The earliest legal range from `at` on: (first legal instant, its end), UTC.

        The first is `at` itself when the window is open then. Not for one that never closes.
        """
        edges = self._edges(at, zone)
        opens = at if self.contains(at, zone) else next(e for e in edges if self.contains(e, zone))
        return opens, next(edge for edge in edges if not self.contains(edge, zone))

    def _edges(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every later instant, in order, at which it may open or close."""
        minutes = {0, *(minute for h in self.hours for minute in (h.start, h.end))} - {_DAY}
        first = after.astimezone(zone).date() - timedelta(days=1)
        for day in (first + timedelta(days=offset) for offset in range(_HORIZON + 2)):
            edges = {edge for minute in minutes for edge in _readings(day, minute, zone)}
            for edge in sorted(edges | _shift(day, zone)):
                # A wall clock that is skipped reads as an instant on either side of the skip.
                if edge > after:
                    yield edge
                    after = edge


def _readings(day: date, minute: int, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants at which the wall clock reads that minute: two in a repeated hour."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def _shift(day: date, zone: ZoneInfo) -> set[datetime]:
    """The instant of the day at which the clock is put forward or back."""
    before, *_ = _readings(day, 0, zone)
    *_, after = _readings(day, _DAY, zone)
    offset = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == offset:
        return set()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return {after.replace(microsecond=0)}
