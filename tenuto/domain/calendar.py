"""Local time: sending windows, and the instants at which they open.

Instants are UTC everywhere else. Daylight saving: a range that begins in the hour that a
clock skips opens when the skip ends; one that begins in the hour that a clock repeats opens
at the first of the two; an instant is inside when its wall clock reads inside.
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

        The first is `at` itself when the window is open then.
        """
        for opens, closes in self._ranges(at.astimezone(zone).date() - timedelta(days=1), zone):
            if closes > at:
                return max(opens, at), closes
        msg = "a window with a day and a range opens within two weeks"
        raise AssertionError(msg)

    def _ranges(self, first: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        for offset in range(_HORIZON + 2):
            day = first + timedelta(days=offset)
            if day.weekday() not in self.days:
                continue
            for hours in sorted(self.hours, key=lambda h: h.start):
                opens = instant(day, hours.start, zone)
                closes = instant(day, hours.end, zone)
                if opens < closes:
                    yield opens, closes


def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the wall clock of `zone` first reaches that minute of the day."""
    naive = datetime.combine(day, time()) + timedelta(minutes=minute)
    early, late = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == naive:
        return early
    # The clock skips this minute: both readings straddle the skip; it ends where they meet.
    return _skip_end(late, early, zone)


def _skip_end(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
