"""The zones that a contact's clock may be in: their own, else their region's or country's."""

from collections.abc import Collection
from difflib import get_close_matches
from functools import cache
from typing import Literal, NamedTuple

from starter.countries import TZDATA, zones_of_country
from starter.regions import located, zones_of_region
from tenuto.domain.errors import InputError


class Zone(NamedTuple):
    """IANA names, and who said so; `none` leaves it to the sequence's default.

    Several names are several clocks: which of them is the contact's isn't known.
    """

    names: tuple[str, ...]
    source: Literal["contact", "region", "country", "none"]


def resolve(zone: str | None, country: str | None, region: str | None = None) -> Zone:
    """The contact's own zone, else the clocks of their region, else those of their country.

    :raises InputError: for a zone, a country or a region that doesn't exist.
    """
    code, part = located(country, region)
    if zone:
        return Zone((zone_name(zone),), "contact")
    if code and part and (names := zones_of_region(code, part)):
        return Zone(_clocks(names), "region")
    if code and (names := zones_of_country(code)):
        return Zone(_clocks(names), "country")
    return Zone((), "none")


def zone_name(written: str) -> str:
    """The IANA name as it is spelled: `europe/paris` is `Europe/Paris`.

    :raises InputError: with the name that was probably meant.
    """
    name = _names().get(written.strip().lower())
    if name is None:
        msg = f'there is no time zone "{written}"; {_instead(written)}'
        raise InputError(msg)
    return name


def known() -> Collection[str]:
    """Every IANA name."""
    return _names().values()


def _instead(written: str) -> str:
    meant = written.strip().lower().replace(" ", "_")
    by_city = {key.rpartition("/")[2]: name for key, name in _names().items() if "/" in key}
    near = get_close_matches(meant, _names(), n=1, cutoff=0.8)
    city = get_close_matches(meant, by_city, n=1, cutoff=0.8)
    if near or city:
        return f"did you mean {_names()[near[0]] if near else by_city[city[0]]}?"
    return "write an IANA name, such as Europe/Paris"


@cache
def _names() -> dict[str, str]:
    names = TZDATA.joinpath("zones").read_text().split()
    return {name.lower(): name for name in names}


@cache
def _clocks(zones: tuple[str, ...]) -> tuple[str, ...]:
    """The first zone of each rule that they go by from now on.

    Germany has two names (Büsingen is the other) and one clock; Spain has two clocks.
    """
    by_rule: dict[bytes, str] = {}
    for zone in zones:
        by_rule.setdefault(_rule(zone), zone)
    return tuple(by_rule.values())


def _rule(zone: str) -> bytes:
    """How the clock goes after the last change that the file lists (RFC 8536 section 3.3)."""
    content = TZDATA.joinpath("zoneinfo", *zone.split("/")).read_bytes()
    return content.rstrip(b"\n").rpartition(b"\n")[2]
