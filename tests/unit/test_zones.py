from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starter import zones
from starter.regions import zones_of_region
from tenuto.domain.errors import InputError

US = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
)


@pytest.mark.parametrize(
    ("zone", "country", "region", "names", "source"),
    [
        ("Asia/Tokyo", "US", "CA", ("Asia/Tokyo",), "contact"),
        ("europe/paris", None, None, ("Europe/Paris",), "contact"),
        (None, "US", "CA", ("America/Los_Angeles",), "region"),
        (None, None, "us-ca", ("America/Los_Angeles",), "region"),
        (None, "US", "California", ("America/Los_Angeles",), "region"),
        (None, "US", "TX", ("America/Chicago", "America/Denver"), "region"),
        (None, "US", "AK", ("America/Anchorage", "America/Adak"), "region"),  # seven names
        (None, "US", "PR", ("America/Puerto_Rico",), "region"),
        (None, "jp", None, ("Asia/Tokyo",), "country"),
        (None, "DE", None, ("Europe/Berlin",), "country"),  # Büsingen has a name, and no clock
        (None, "DE", "BY", ("Europe/Berlin",), "country"),
        (None, "AR", None, ("America/Argentina/Buenos_Aires",), "country"),  # twelve names
        (None, "ES", None, ("Europe/Madrid", "Atlantic/Canary"), "country"),
        (None, "US", None, US, "country"),
        (None, "BV", None, (), "none"),  # nobody lives there
        (None, None, None, (), "none"),
    ],
)
def test_clocks_come_from_the_contact_the_region_or_the_country(
    zone: str | None, country: str | None, region: str | None, names: tuple[str, ...], source: str
) -> None:
    assert zones.resolve(zone, country, region) == (names, source)


REGIONS = [
    line.split("\t")[0]
    for line in files("starter").joinpath("region_zones.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def clock(zone: str) -> ZoneInfo:
    """From the package: the machine's own files may be older."""
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file)


@given(st.sampled_from(REGIONS), st.integers(0, 10 * 366))
def test_the_clocks_of_a_region_stand_for_all_of_its_zones(region: str, days: int) -> None:
    at = datetime(2027, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)

    def shown(names: Iterable[str]) -> set[timedelta | None]:
        return {clock(name).utcoffset(at.replace(tzinfo=None)) for name in names}

    country, _, code = region.partition("-")
    found = zones.resolve(None, country, code).names
    assert shown(found) == shown(zones_of_region(country, code))
    assert set(found) <= set(zones_of_region(country, code))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Pariss", "did you mean Europe/Paris?"),
        ("New York", "did you mean America/New_York?"),
        ("Tokio", "did you mean Asia/Tokyo?"),
        ("the office", "write an IANA name, such as Europe/Paris"),
        ("../passwd", "write an IANA name, such as Europe/Paris"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_one_that_was_meant(written: str, meant: str) -> None:
    with pytest.raises(InputError) as raised:
        zones.resolve(written, None)
    assert str(raised.value) == f'there is no time zone "{written}"; {meant}'


@pytest.mark.parametrize(
    ("written", "instead"), [("Germany", "write DE"), ("UK", "write a two-letter code, such as DE")]
)
def test_a_country_is_a_code(written: str, instead: str) -> None:
    with pytest.raises(InputError) as raised:
        zones.resolve("Europe/London", written)
    assert str(raised.value) == f'there is no country "{written}"; {instead}'
