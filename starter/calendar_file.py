"""A team's own calendar, an iCalendar file: the days on which it sends nothing.

All-day events count, for one day or several, repeated or not; those that were cancelled don't.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from starter.calendar_event import AllDay, all_days
from starter.calendar_lines import event_lines
from starter.calendar_repeats import RepeatError, Repeats, TooManyError
from starter.sequence_source import read
from tenuto.domain.problem import Place, Problem

_DAY = timedelta(days=1)


def closed_days(path: Path, named: Place, problems: list[Problem], years: range) -> frozenset[date]:
    """The days of these years on which the file has an event; `named` is where it was asked for.

    What can't be followed is noted, with its line and what to write instead.
    """
    text = read(path, named, problems)
    if text is None:
        return frozenset()
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    repeats = Repeats(last)
    spans: list[tuple[date, date]] = []
    for event in all_days(event_lines(text, str(path), problems), problems):
        try:
            spans += _spans(event, repeats, last)
        except RepeatError as error:
            problems.append(event.lines.problem("RRULE", error.what, error.instead))
            if isinstance(error, TooManyError):
                break
    return frozenset(_covered(spans, first, last))


def _spans(event: AllDay, repeats: Repeats, last: date) -> Iterator[tuple[date, date]]:
    """Each time that it takes place: its first day, and its last one or ours."""
    begins = {event.start} | event.more
    for rule in event.rules:
        begins.update(repeats.after(event.start, rule))
    for begin in begins - event.without:
        if begin <= last:
            yield begin, begin + min(event.length - _DAY, last - begin)


def _covered(spans: Iterable[tuple[date, date]], first: date, last: date) -> Iterator[date]:
    """Every day once, however many events share it."""
    day = first
    for begin, end in sorted(spans):
        day = max(day, begin)
        while day <= min(end, last):
            yield day
            day += _DAY
