from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starter.local_calendars import local_calendar
from tenuto.domain.local_calendar import SATURDAY_AND_SUNDAY, LocalCalendar

YEARS = range(2026, 2029)
FRIDAY_AND_SATURDAY = frozenset({4, 5})


@pytest.mark.parametrize(
    ("country", "region", "place"),
    [
        ("DE", "BY", "DE-BY"),
        ("DE", None, "DE"),
        ("US", "CA", "US-CA"),
        ("GB", "SCT", "GB-SCT"),
        ("MY", "02", "MY-02"),  # Kedah
        ("FR", "IDF", "FR"),  # no holidays of its own
        ("RU", "MOW", "RU"),
        ("US", "IN", "US-IN"),
        ("US", "OH", "US"),  # those of the country, and no other
        ("US", "FM", "US"),  # a country of its own by now
        ("US", "XX", "US"),
        (None, "CA", ""),
        (None, None, ""),
        ("XX", None, ""),
    ],
)
def test_a_place_names_its_region_where_that_matters(
    country: str | None, region: str | None, place: str
) -> None:
    assert local_calendar(country, region, YEARS).place == place


@pytest.mark.parametrize(
    ("country", "region", "day"),
    [
        ("DE", None, date(2026, 10, 3)),
        ("DE", "BY", date(2027, 1, 6)),
        ("US", None, date(2026, 7, 3)),  # the 4th is a Saturday
        ("US", None, date(2027, 11, 25)),
        ("US", "CA", date(2027, 3, 31)),
        ("GB", None, date(2027, 12, 27)),  # Christmas is a Saturday
        ("GB", "SCT", date(2028, 1, 4)),
    ],
)
def test_a_public_holiday_is_closed_and_so_is_the_day_that_stands_in_for_it(
    country: str, region: str | None, day: date
) -> None:
    assert day in local_calendar(country, region, YEARS).closed


@pytest.mark.parametrize(
    ("country", "region", "day"),
    [
        ("DE", None, date(2027, 1, 6)),
        ("DE", "BE", date(2027, 1, 6)),
        ("US", None, date(2027, 3, 31)),
        ("DE", None, date(2029, 12, 25)),  # not asked for
    ],
)
def test_a_holiday_elsewhere_is_none(country: str, region: str | None, day: date) -> None:
    assert day not in local_calendar(country, region, YEARS).closed


@pytest.mark.parametrize(
    ("country", "region", "first", "weekend"),
    [
        ("DE", None, 2026, SATURDAY_AND_SUNDAY),
        ("IL", None, 2026, FRIDAY_AND_SATURDAY),
        ("SA", None, 2026, FRIDAY_AND_SATURDAY),
        ("SA", None, 2013, FRIDAY_AND_SATURDAY),  # since June of that year
        ("SA", None, 2012, frozenset({3, 4})),
        ("EG", None, 2026, FRIDAY_AND_SATURDAY),
        ("AE", None, 2021, FRIDAY_AND_SATURDAY),
        ("AE", None, 2022, SATURDAY_AND_SUNDAY),
        ("IR", None, 2026, frozenset({4})),
        ("MY", "02", 2026, FRIDAY_AND_SATURDAY),  # Kedah alone
        ("MY", None, 2026, SATURDAY_AND_SUNDAY),
    ],
)
def test_a_weekend_is_that_of_the_first_year(
    country: str, region: str | None, first: int, weekend: frozenset[int]
) -> None:
    assert local_calendar(country, region, range(first, first + 2)).weekend == weekend


def test_nowhere_has_a_weekend_and_no_holidays() -> None:
    assert local_calendar(None, None, YEARS) == LocalCalendar()


@given(
    st.sampled_from([("DE", None), ("DE", "SN"), ("US", None), ("US", "NY"), ("AE", None)]),
    st.integers(2024, 2030),
    st.integers(1, 4),
)
def test_years_add_up(place: tuple[str, str | None], first: int, count: int) -> None:
    years = range(first, first + count)
    each = [local_calendar(*place, range(year, year + 1)).closed for year in years]
    found = local_calendar(*place, years)
    assert found.closed == frozenset().union(*each)
    assert {day.year for day in found.closed} == set(years)
