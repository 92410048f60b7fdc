"""When all that must be open is: the ranges of some days, and how much of a day that is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from tenuto.domain.calendar import NeverOpenError, Opening, Span, joint_opening

_FORTNIGHT = timedelta(days=14)
_INSTANT = timedelta(milliseconds=1)


def open_spans(openings: tuple[Opening, ...], since: datetime, until: datetime) -> Iterator[Span]:
    """Each range between two instants in which mail may leave, in order."""
    at = since
    while at < until:
        try:
            opens, closes = joint_opening(at, openings)
        except NeverOpenError:
            return
        if opens < until:
            yield opens, min(closes, until)
        # Of two clocks one closes first: a range may end where the next one begins.
        at = max(closes, opens + _INSTANT)


@lru_cache(maxsize=1000)
def longest_day(openings: tuple[Opening, ...], since: datetime) -> timedelta:
    """The most hours on one date of the first clock, within two weeks."""
    by_day: dict[object, timedelta] = {}
    for opens, closes in open_spans(openings, since, since + _FORTNIGHT):
        day = openings[0].clock.day(opens)
        by_day[day] = by_day.get(day, timedelta()) + (closes - opens)
    return max(by_day.values(), default=timedelta())
