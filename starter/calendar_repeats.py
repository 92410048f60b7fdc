"""The days on which an event of a calendar file begins again (RFC 5545 section 3.3.10)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime

from dateutil.rrule import rrulestr
from icalendar import vRecur

_ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
#: Counting off positions in every month up to the last one is slow: one will do.
_SINGLE = _ALWAYS | {"BYSETPOS"}
_BY_DATE = _SINGLE | {"BYMONTH", "BYMONTHDAY", "BYDAY"}
#: Nothing here can make a day that is repeated daily or weekly never come.
_PARTS: Mapping[str, frozenset[str]] = {
    "DAILY": _ALWAYS,
    "WEEKLY": _ALWAYS | {"BYDAY"},
    "MONTHLY": _BY_DATE,
    "YEARLY": _BY_DATE,
}
_LONGEST = 200
_ONE_BY_ONE = "write its days as events of their own"
#: The Gregorian calendar repeats itself after so many years, days of the week included.
_CYCLE = 400
#: For a whole file: rules, and the days that they come to from their first on.
_RULES, _DAYS = 50, 50_000


class RepeatError(ValueError):
    """A rule that isn't followed: says what is wrong, and what to write instead."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(what)
        self.what = what
        self.instead = instead


class TooManyError(RepeatError):
    """More than a file may ask for."""


@dataclass
class Repeats:
    """Follows the rules of one file, and no more than a file may ask for."""

    #: The last day that is of interest.
    until: date
    rules: int = 0
    days: int = 0

    def after(self, start: date, rule: vRecur) -> Iterator[date]:
        """The days that a rule comes to, from `start` to `until` or its own end.

        :raises RepeatError: for a rule that isn't for whole days, or that never ends.
        """
        self.rules += 1
        if self.rules > _RULES:
            raise TooManyError(f"more than {_RULES} events repeat", "write fewer rules")
        text = _checked(rule)
        last = _last(rule, self.until)
        for day in _days(start, text, last) if start <= last else ():
            self.days += 1
            if self.days > _DAYS:
                what = f"up to here, events repeat more than {_DAYS} times"
                raise TooManyError(what, "let them begin later")
            yield day


def _last(rule: vRecur, until: date) -> date:
    own = rule.get("UNTIL", [until])[0]
    if not isinstance(own, date):
        raise RepeatError("UNTIL names no day", "write the last day, such as UNTIL=20281224")
    return min(until, own.date() if isinstance(own, datetime) else own)


def _checked(rule: vRecur) -> str:
    """The rule as text, without its end."""
    freq = str(rule.get("FREQ", [""])[0]).upper()
    if freq not in _PARTS:
        what = f"no day repeats by FREQ={freq}" if freq else "this rule has no FREQ"
        raise RepeatError(what, "write FREQ=YEARLY, MONTHLY, WEEKLY or DAILY")
    if other := sorted(set(rule) - _PARTS[freq]):
        raise RepeatError(f"{other[0]} with FREQ={freq} isn't followed", _ONE_BY_ONE)
    if several := [part for part in sorted(_SINGLE) if len(rule.get(part, [])) > 1]:
        raise RepeatError(f"{several[0]} has several values", "write one")
    if any(rule.get(part, [1])[0] < 1 for part in ("INTERVAL", "COUNT")):
        raise RepeatError("INTERVAL and COUNT can't be below 1", "write a number from 1 on")
    text = vRecur({part: value for part, value in rule.items() if part != "UNTIL"})
    written: str = text.to_ical().decode()  # type: ignore[no-untyped-call]
    if len(written) > _LONGEST:
        raise RepeatError("this rule is too long", _ONE_BY_ONE)
    return written


def _days(start: date, rule: str, last: date) -> Iterator[date]:
    """The rule's days up to `last`.

    The library looks for a day that never comes, such as 30 February, until the year 9999. So it
    is asked about years as late as can be, on which the same dates are the same days of the week.
    """
    later = (MAXYEAR - last.year) // _CYCLE * _CYCLE
    first = datetime(start.year + later, start.month, start.day)  # noqa: DTZ001 - whole days
    try:
        for found in rrulestr(rule, dtstart=first):
            day = found.date().replace(year=found.year - later)
            if day > last:
                return
            yield day
    except (IndexError, OverflowError, TypeError, ValueError):
        instead = "write it as your calendar exports it"
        raise RepeatError("this rule can't be read", instead) from None
