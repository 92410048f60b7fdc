"""Waits and gaps: elapsed time, business days, a weekday, an hour of the day.

A business day ends at the same wall-clock time as it began: two of them from Friday 10:15 are
Tuesday 10:15. A time that the clock skips that day is the instant when the skip ends; of one that
it repeats, the first counts.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tenuto.domain.calendar import HORIZON, Clock, NeverOpenError, Opening, readings

_ONE_DAY = timedelta(days=1)
_DATES_APART = 2
#: From when a part of the day is meant, in minutes since local midnight.
_PARTS = {"": 0, "morning": 0, "afternoon": 12 * 60}
Part = Literal["", "morning", "afternoon"]


class Gap(BaseModel):
    """The least time between two mails: elapsed seconds, or business days, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: int = Field(0, ge=0)
    business_days: int = Field(0, ge=0)

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.seconds or self.business_days)

    def after(self, at: datetime, clock: Clock) -> datetime:
        """The first instant that is far enough from `at`; the longer of the two counts."""
        elapsed = at + timedelta(seconds=self.seconds)
        if not self.business_days:
            return elapsed
        return max(elapsed, business_days_after(at, self.business_days, clock))


def _from_seconds(value: object) -> object:
    """What was published before there were business days is a number."""
    return {"seconds": value} if isinstance(value, int) else value


#: A gap as a sequence version stores it.
StoredGap = Annotated[Gap, BeforeValidator(_from_seconds)]


class Weekday(BaseModel):
    """The next day of that name, never today: "next tuesday morning"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Monday is 0.
    day: int = Field(ge=0, le=6)
    part: Part = ""


def furthest(gaps: Iterable[Gap], at: datetime, clock: Clock) -> datetime:
    """The first instant that is far enough from `at` for every gap."""
    return max((gap.after(at, clock) for gap in gaps), default=at)


def business_days_after(at: datetime, days: int, clock: Clock) -> datetime:
    """The same wall-clock time so many business days later.

    :raises NeverOpenError: when nobody works for 400 days on end.
    """
    local = at.astimezone(clock.zone)
    day = local.date()
    for _ in range(days):
        day = _next_working(day, clock)
    # Seconds and less go along: only the date changes.
    within = timedelta(seconds=local.second, microseconds=local.microsecond)
    return max(_reading(day, local.hour * 60 + local.minute, clock, within), at)


def next_weekday(at: datetime, weekday: Weekday, clock: Clock) -> datetime:
    """The beginning of the part of that day, on the first such date after today's."""
    today = clock.day(at)
    ahead = (weekday.day - today.weekday() - 1) % 7 + 1
    return _reading(today + ahead * _ONE_DAY, _PARTS[weekday.part], clock)


def at_minute(
    at: datetime, minute: int, openings: tuple[Opening, ...], clocks: Sequence[Clock]
) -> datetime:
    """The first instant from `at` on at which any clock reads `minute`, inside all openings.

    :raises NeverOpenError: when no day of the next 400 has one.
    """
    today = min(clock.day(at) for clock in clocks) - _ONE_DAY
    found, last = list[datetime](), HORIZON.days
    for offset in range(HORIZON.days):
        day = today + offset * _ONE_DAY
        for clock in clocks:
            reads = _reading(day, minute, clock)
            if reads >= at and all(o.always or o.contains(reads) for o in openings):
                found.append(reads)
                # Another clock may be there sooner on a later date: they are a day apart, or two.
                last = min(last, offset + _DATES_APART * (len(clocks) > 1))
        if offset >= last:
            return min(found)
    raise NeverOpenError


def _next_working(day: date, clock: Clock) -> date:
    for offset in range(1, HORIZON.days):
        if clock.calendar.works(day + offset * _ONE_DAY):
            return day + offset * _ONE_DAY
    raise NeverOpenError


def _reading(day: date, minute: int, clock: Clock, within: timedelta = timedelta()) -> datetime:
    """The first instant of that date at which the clock reads the minute or, skipped, a later.

    `within`: so much of the minute has passed.
    """
    first, second = readings(day, minute, clock.zone)
    if first <= second:
        return first + within
    # Skipped: either reading lies as far off as the clock leaps; the leap itself is between.
    return _end_of_skip(second, first, clock)


def _end_of_skip(before: datetime, after: datetime, clock: Clock) -> datetime:
    offset = before.astimezone(clock.zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(clock.zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
