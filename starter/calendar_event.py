"""What one event of a calendar file says of its days: none but an all-day event is taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from icalendar import Event, vRecur

from starter.calendar_lines import EventLines
from tenuto.domain.problem import Problem

_DAY = timedelta(days=1)
_ANEW = "correct this line, or export the calendar anew"


@dataclass(frozen=True)
class AllDay:
    """An event that takes place, as it was written down."""

    lines: EventLines
    start: date
    length: timedelta
    rules: tuple[vRecur, ...]
    #: Days on which it begins besides, and on which it doesn't.
    more: frozenset[date]
    without: frozenset[date]


def all_days(found: list[EventLines], problems: list[Problem]) -> Iterator[AllDay]:
    """Those that take place. One that stands in for a day of a series takes that day out of it."""
    parsed = [(lines, cast("Event", Event.from_ical(lines.text()))) for lines in found]
    moved: dict[str, set[date]] = {}
    for _, event in parsed:
        if (replaced := _replaced(event)) is not None:
            moved.setdefault(_series(event), set()).add(replaced)
    for lines, event in parsed:
        if str(event.get("STATUS")).strip().upper() == "CANCELLED":
            continue
        without = set() if "RECURRENCE-ID" in event else moved.get(_series(event), set())
        if all_day := _all_day(lines, event, without, problems):
            yield all_day


def _series(event: Event) -> str:
    # One without an UID is no series with any other.
    return str(event.get("UID", id(event)))


def _replaced(event: Event) -> date | None:
    try:
        found = event.RECURRENCE_ID
    except ValueError:
        return None
    return None if found is None else _day(found)


def _all_day(
    lines: EventLines, event: Event, without: set[date], problems: list[Problem]
) -> AllDay | None:
    broken = [name or "" for name, _ in event.errors]
    # A property may say of itself that it is something else: RRULE;VALUE=DATE.
    broken += ["RRULE" for rule in event.rrules if not isinstance(rule, vRecur)]
    problems += [
        lines.problem(name, f"{name or 'this event'} can't be read", _ANEW)
        for name in dict.fromkeys(broken)
    ]
    if broken:
        return None
    span = _span(lines, event, problems)
    if span is None:
        return None
    more = _days(begin for begin, _ in event.rdates)
    return AllDay(lines, *span, tuple(event.rrules), more, _days(event.exdates) | without)


def _span(
    lines: EventLines, event: Event, problems: list[Problem]
) -> tuple[date, timedelta] | None:
    """Its first day, and how long it is."""
    try:
        start = event.DTSTART
    except ValueError:
        what = "DTSTART names no day, or is there twice"
        problems.append(lines.problem("DTSTART", what, _ANEW))
        return None
    if start is None or isinstance(start, datetime):
        problems.append(_no_day(lines, start))
        return None
    length = _length(event, start)
    if length is None:
        problems.append(_no_end(lines, start))
        return None
    return start, length


def _length(event: Event, start: date) -> timedelta | None:
    try:
        length = event.end - start
    except (AttributeError, OverflowError, TypeError, ValueError):
        return None
    # Some programs write an event of one day as one that ends where it begins.
    return None if length < timedelta() else max(length, _DAY)


def _no_end(lines: EventLines, start: date) -> Problem:
    name = "DURATION" if "DURATION" in lines.places else "DTEND"
    what = "this event has no end that fits its beginning"
    example = date(2026, 12, 25) if start == date.max else start + _DAY
    instead = f"write DTEND;VALUE=DATE:{example:%Y%m%d}, the day after its last"
    return lines.problem(name, what, instead)


def _no_day(lines: EventLines, start: datetime | None) -> Problem:
    if start is None:
        instead = "write DTSTART;VALUE=DATE:20261224"
        return lines.problem("DTSTART", "this event has no DTSTART", instead)
    instead = f"make it an all-day event, DTSTART;VALUE=DATE:{start:%Y%m%d}, or take it out"
    return lines.problem("DTSTART", "this event has a time of day", instead)


def _days(found: Iterable[object]) -> frozenset[date]:
    """The days among them: the parser takes a bare time of day as well."""
    return frozenset(_day(one) for one in found if isinstance(one, date))


def _day(found: date) -> date:
    return found.date() if isinstance(found, datetime) else found
