"""Countries (ISO 3166-1) and the zones within them, from the tables of the tzdata package."""

from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from tenuto.domain.errors import InputError

#: The package, not the machine's own files: every process then knows the same zones.
TZDATA = files("tzdata")


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


def zones_of_country(code: str) -> tuple[str, ...]:
    """The names of all of its zones; none where nobody lives."""
    return _zones_of_countries().get(code, ())


@cache
def _countries() -> dict[str, str]:
    return {code: name for code, name, *_ in _table("iso3166.tab")}


@cache
def _zones_of_countries() -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    for code, _, zone, *_ in _table("zone.tab"):
        zones[code] = (*zones.get(code, ()), zone)
    return zones


def _table(name: str) -> list[list[str]]:
    lines = TZDATA.joinpath("zoneinfo", name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
