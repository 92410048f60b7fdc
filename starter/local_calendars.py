"""Where a contact works: the weekend and the public holidays there, from the holidays library."""

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from tenuto.domain.local_calendar import LocalCalendar

if TYPE_CHECKING:
    from holidays import HolidayBase

#: Contacts of one import come from the same few places.
_KEEP = 1000


@lru_cache(maxsize=_KEEP)
def local_calendar(country: str | None, region: str | None, years: range) -> LocalCalendar:
    """The holidays of these years, with the weekend as it is at the end of the first of them.

    `country` is an ISO 3166-1 code and `region` an ISO 3166-2 one ("DE", "BY"). A region whose
    calendar is the country's counts as the country; where the library knows neither, nowhere.
    """
    known = _holidays(country, None, years) if country else None
    if country is None or known is None:
        return LocalCalendar()
    whole = _calendar(country, known, years)
    within = _holidays(country, region, years) if region in known.subdivisions else None
    part = _calendar(f"{country}-{region}", within, years) if within is not None else whole
    same = (part.weekend, part.closed) == (whole.weekend, whole.closed)
    return whole if same else part


def regions_with_holidays(country: str) -> tuple[str, ...]:
    """The regions of a country (ISO 3166-2, without it) of which the library knows holidays."""
    found = _holidays(country, None, range(2025, 2026))
    return () if found is None else tuple(found.subdivisions)


def _holidays(country: str, region: str | None, years: range) -> "HolidayBase | None":
    # Here, since it takes a tenth of a second, and not every command asks for it.
    from holidays import country_holidays  # noqa: PLC0415

    try:
        return country_holidays(country, subdiv=region, years=years)
    except NotImplementedError:
        return None


def _calendar(place: str, found: "HolidayBase", years: range) -> LocalCalendar:
    # The last week: a weekend that is moved within the year stays moved in those that follow.
    last = date(years[0], 12, 31)
    week = [last - timedelta(days=days) for days in range(7)]
    weekend = frozenset(day.weekday() for day in week if found.is_weekend(day))
    return LocalCalendar(place, weekend, frozenset(found))
