"""The zone that a contact's clock is in: their own, else their country's, with its source."""

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from tenuto.domain.errors import InputError

#: The package, not the machine's own files: every process then knows the same zones.
_TZDATA = files("tzdata")


class Zone(NamedTuple):
    """An IANA name, and who said so; `none` leaves it to the sequence's default."""

    name: str | None
    source: Literal["contact", "country", "none"]


def resolve(zone: str | None, country: str | None) -> Zone:
    """The contact's own zone, else the one of a country whose clocks all agree.

    :raises InputError: for a zone or a country that doesn't exist.
    """
    code = country_code(country) if country else None
    if zone:
        return Zone(zone_name(zone), "contact")
    shared = _shared_by_all_of(code) if code else None
    return Zone(shared, "country") if shared else Zone(None, "none")


def zone_name(written: str) -> str:
    """The IANA name as it is spelled: `europe/paris` is `Europe/Paris`.

    :raises InputError: with the name that was probably meant.
    """
    name = _names().get(written.strip().lower())
    if name is None:
        msg = f'there is no time zone "{written}"; {_instead(written)}'
        raise InputError(msg)
    return name


def country_code(written: str) -> str:
    """An ISO 3166-1 alpha-2 code in capitals.

    :raises InputError: with the code that was probably meant.
    """
    countries = _countries()
    code = written.strip().upper()
    if code in countries:
        return code
    by_name = {name.lower(): code for code, name in countries.items()}
    near = get_close_matches(written.strip().lower(), by_name, n=1, cutoff=0.8)
    instead = f"write {by_name[near[0]]}" if near else "write a two-letter code, such as DE"
    msg = f'there is no country "{written}"; {instead}'
    raise InputError(msg)


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
    names = _TZDATA.joinpath("zones").read_text().split()
    return {name.lower(): name for name in names}


@cache
def _countries() -> dict[str, str]:
    return {code: name for code, name, *_ in _table("iso3166.tab")}


@cache
def _zones_of_countries() -> dict[str, list[str]]:
    zones: dict[str, list[str]] = {}
    for code, _, zone, *_ in _table("zone.tab"):
        zones.setdefault(code, []).append(zone)
    return zones


def _table(name: str) -> list[list[str]]:
    lines = _TZDATA.joinpath("zoneinfo", name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _shared_by_all_of(code: str) -> str | None:
    """The first zone of the country, when all of its zones go by one rule from now on.

    Germany has two names (Büsingen is the other) and one clock; Spain has two clocks.
    """
    zones = _zones_of_countries().get(code, [])
    return zones[0] if zones and len({_rule(zone) for zone in zones}) == 1 else None


def _rule(zone: str) -> bytes:
    """How the clock goes after the last change that the file lists (RFC 8536 section 3.3)."""
    content = _TZDATA.joinpath("zoneinfo", *zone.split("/")).read_bytes()
    return content.rstrip(b"\n").rpartition(b"\n")[2]
