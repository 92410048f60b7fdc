"""Which holidays count for an enrollment: those of its contact, of one place, or none."""

from dataclasses import replace
from datetime import UTC, datetime

from starter.local_calendars import local_calendar, regions_with_holidays
from starter.regions import located
from tenuto.domain.errors import InputError
from tenuto.domain.local_calendar import LocalCalendar

#: An enrollment that sleeps for longer meets days off of which nobody knows yet.
_YEARS = 3


def years_ahead() -> range:
    """From this year on: holidays are looked up, and pinned, for these."""
    first = datetime.now(UTC).year
    return range(first, first + _YEARS)


def place(written: str) -> str:
    """A country, or a region of one, in its one spelling: "DE", "DE-BY".

    :raises InputError: when there is no such place.
    """
    whole = "-" in written
    found = located(None if whole else written, written if whole else None)
    if found.region is None or found.country is None:
        return found.country or ""
    known = regions_with_holidays(found.country)
    if found.region not in known:
        instead = f"write one of {', '.join(known)}" if known else "leave its region out"
        msg = f"no holidays of their own are known for {written}; {instead}"
        raise InputError(msg)
    return f"{found.country}-{found.region}"


def pinned(holidays: str, country: str | None, region: str | None) -> LocalCalendar:
    """The calendar of an enrollment; `holidays` is the sequence's "contact", "none" or a place.

    The weekend is always that of where the contact works, as far as that is known.
    """
    theirs = local_calendar(country, region, years_ahead())
    if holidays == "contact":
        return theirs
    if holidays == "none":
        return replace(theirs, closed=frozenset())
    code, _, part = holidays.partition("-")
    closed = local_calendar(code, part or None, years_ahead()).closed
    return replace(theirs, place=holidays, closed=closed)
