"""Local time: sending windows, and the instants at which they open.

Instants are UTC everywhere else. Daylight saving: an instant is inside when its wall clock reads
inside. So a range that begins in the hour that a clock skips opens when the skip ends, and one
in the hour that a clock repeats is open both times.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, model_validator

from tenuto.domain.local_calendar import LocalCalendar

_DAY = 24 * 60
_ONE_DAY = timedelta(days=1)
#: Holidays and a team's closed weeks may follow one another; a year without a day is none.
HORIZON = timedelta(days=400)
Span = tuple[datetime, datetime]


class NeverOpenError(Exception):
    """No instant of the next 400 days is inside."""


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
    """When mail may leave, on a wall clock, every week."""

    model_config = ConfigDict(frozen=True)

    #: Monday is 0. None: the days on which people work where the clock hangs.
    days: frozenset[int] | None = frozenset(range(7))
    hours: tuple[Hours, ...] = (Hours(start=0, end=_DAY),)

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if (self.days is not None and not self.days) or not self.hours:
            msg = "a window needs at least one day and one range of hours"
            raise ValueError(msg)
        return self

    @cached_property
    def ranges(self) -> list[tuple[timedelta, timedelta]]:
        """The hours in order, counted from midnight."""
        return sorted((_minutes(h.start), _minutes(h.end)) for h in self.hours)


@dataclass(frozen=True)
class Clock:
    """A wall clock, and the calendar that hangs beside it."""

    zone: ZoneInfo
    calendar: LocalCalendar = LocalCalendar()

    def day(self, at: datetime) -> date:
        """The date that it shows at an instant."""
        return at.astimezone(self.zone).date()


@dataclass(frozen=True)
class Opening:
    """A window on one clock."""

    window: Window
    clock: Clock

    @cached_property
    def always(self) -> bool:
        """Whether it never closes."""
        days, closed = self.window.days, self.clock.calendar.closed
        whole = any(h.end - h.start == _DAY for h in self.window.hours)
        return whole and days is not None and len(days) == 7 and not closed  # noqa: PLR2004

    def contains(self, at: datetime) -> bool:
        """Whether mail may leave at the instant `at`."""
        local = at.astimezone(self.clock.zone)
        minute = local.hour * 60 + local.minute
        hours = any(h.start <= minute < h.end for h in self.window.hours)
        return hours and self.opens_on(local.date())

    def opens_on(self, day: date) -> bool:
        """Whether it is open at some hour of that date."""
        calendar = self.clock.calendar
        if self.window.days is None:
            return calendar.works(day)
        return day.weekday() in self.window.days and day not in calendar.closed

    def next_opening(self, at: datetime) -> Span:
        """The earliest legal range from `at` on: (first legal instant, its end), UTC.

        The first is `at` itself when the window is open then; the end is that day's at the
        latest. Not for one that never closes.

        :raises NeverOpenError: when there is none within 400 days.
        """
        # A day back: the clock may be put back across midnight.
        first = self.clock.day(at) - _ONE_DAY
        for offset in range(HORIZON.days + 2):
            day = first + offset * _ONE_DAY
            if self.opens_on(day):
                for opens, closes in _spans(self.window, day, self.clock.zone):
                    if closes > at:
                        return max(opens, at), closes
        raise NeverOpenError


def joint_opening(at: datetime, openings: tuple[Opening, ...]) -> Span:
    """The earliest range from `at` on that is inside all of them: (first instant, end).

    :raises NeverOpenError: when they share no instant within 400 days.
    """
    start = at
    while at - start < HORIZON:
        spans = [opening.next_opening(at) for opening in openings if not opening.always]
        at = max((opens for opens, _ in spans), default=at)
        closes = min((closes for _, closes in spans), default=at + HORIZON)
        if at < closes and at - start < HORIZON:
            return at, closes
    raise NeverOpenError


def _spans(window: Window, day: date, zone: ZoneInfo) -> Iterable[Span]:
    """The ranges of one date as instants, in order."""
    midnight, following = _midnight(day, zone, 0), _midnight(day + _ONE_DAY, zone, 1)
    if following - midnight == _ONE_DAY and midnight.astimezone(zone).date() == day:
        return ((midnight + start, midnight + end) for start, end in window.ranges)
    return _spans_of_a_change(window.hours, day, zone)


@lru_cache(maxsize=1024)
def _spans_of_a_change(hours: tuple[Hours, ...], day: date, zone: ZoneInfo) -> tuple[Span, ...]:
    """As `_spans`, on a date on which the clock is put forward or back."""
    return tuple(_walk(hours, day, zone))


def _walk(hours: tuple[Hours, ...], day: date, zone: ZoneInfo) -> Iterator[Span]:
    window = Opening(Window(hours=hours), Clock(zone))
    minutes = {0, _DAY, *(minute for h in hours for minute in (h.start, h.end))}
    edges = {edge for minute in minutes for edge in readings(day, minute, zone)}
    ordered = sorted(edges | _shift(day, zone))
    opened: datetime | None = None
    for edge in ordered:
        inside = window.contains(edge) and window.clock.day(edge) == day
        if inside and opened is None:
            opened = edge
        elif opened is not None and not inside:
            yield opened, edge
            opened = None


def readings(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which the wall clock reads that minute: two in a repeated hour."""
    wall = datetime(day.year, day.month, day.day) + _minutes(minute)  # noqa: DTZ001 - a wall clock
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


@lru_cache(maxsize=8192)
def _midnight(day: date, zone: ZoneInfo, fold: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone, fold=fold).astimezone(UTC)


def _minutes(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def _shift(day: date, zone: ZoneInfo) -> set[datetime]:
    """The instant of the day at which the clock is put forward or back."""
    before, *_ = readings(day, 0, zone)
    *_, after = readings(day, _DAY, zone)
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
