"""Regions (ISO 3166-2): states and provinces, by their codes or by what people call them.

Of the countries in region_zones.tsv every region is known, with its zones. Of others, those that
have holidays of their own are known by name, and any code is taken.
"""

import re
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from unicodedata import combining, normalize

from starter.countries import country_code
from tenuto.domain.errors import InputError

_WHOLE = re.compile(r"([A-Za-z]{2})-([A-Za-z0-9]{1,3})")
_CODE = re.compile(r"[A-Z0-9]{1,3}")


class Location(NamedTuple):
    """A country and the code of a region within it, as in ISO 3166-2: "DE" and "BY"."""

    country: str | None
    region: str | None


class _Region(NamedTuple):
    code: str
    names: tuple[str, ...]
    zones: tuple[str, ...]


def located(country: str | None, region: str | None) -> Location:
    """Both as codes. A region is "CA", "US-CA" or "California"; only "US-CA" needs no country.

    :raises InputError: for a country or a region that doesn't exist, with what was meant.
    """
    code = country_code(country) if country else None
    if not region:
        return Location(code, None)
    whole = _WHOLE.fullmatch(region.strip())
    within = country_code(whole[1]) if whole else code
    if within is None:
        msg = f'the region "{region}" lacks its country; add it, or write the region like US-CA'
        raise InputError(msg)
    if code not in {None, within}:
        msg = f'the region "{region}" is not in {code}; correct one of the two'
        raise InputError(msg)
    return Location(within, _region_code(within, whole[2] if whole else region))


def zones_of_region(country: str, region: str) -> tuple[str, ...]:
    """The names of its zones, that of most of its people first; none where we don't know them."""
    known = _regions().get(country, {})
    return known[region].zones if region in known else ()


def _region_code(country: str, written: str) -> str:
    code = written.strip().upper()
    codes = {region.code for region in _regions().get(country, {}).values()}
    if code in codes or (not codes and _CODE.fullmatch(code)):
        return code
    names = _names(country)
    if _plain(written) in names:
        return names[_plain(written)]
    near = get_close_matches(_plain(written), names, n=1, cutoff=0.7)
    instead = f"write {names[near[0]]}" if near else _any_code(country, codes)
    msg = f'{country} has no region "{written}" that we know; {instead}'
    raise InputError(msg)


def _any_code(country: str, codes: set[str]) -> str:
    if codes:
        return f"write a code, such as {min(codes)}"
    return f"write its code in ISO 3166-2, {country}-…, or leave it out"


@cache
def _names(country: str) -> dict[str, str]:
    """Codes by plain names."""
    known = _regions().get(country)
    if known is None:
        return {_plain(name): code for name, code in _names_with_holidays(country)}
    return {_plain(name): region.code for region in known.values() for name in region.names}


def _names_with_holidays(country: str) -> list[tuple[str, str]]:
    # It takes a tenth of a second, and most regions are in the table.
    from holidays import country_holidays  # noqa: PLC0415

    try:
        aliases = country_holidays(country).get_subdivision_aliases()
    except NotImplementedError:
        return []
    # Cities with holidays of their own, such as Augsburg, are no regions of ISO 3166-2.
    codes = filter(_CODE.fullmatch, aliases)
    return [(name, code) for code in codes for name in aliases[code]]


def _plain(name: str) -> str:
    """`São Paulo` as `sao paulo`: people leave accents out, and capitals."""
    letters = normalize("NFKD", name.strip().lower())
    return "".join(letter for letter in letters if not combining(letter))


@cache
def _regions() -> dict[str, dict[str, _Region]]:
    """By country, then by code."""
    regions: dict[str, dict[str, _Region]] = {}
    content = files("starter").joinpath("region_zones.tsv").read_text(encoding="utf-8")
    for line in content.splitlines():
        if line and not line.startswith("#"):
            whole, names, zones = line.split("\t")
            country, _, code = whole.partition("-")
            region = _Region(code, tuple(names.split("|")), tuple(zones.split()))
            regions.setdefault(country, {})[code] = region
    return regions
