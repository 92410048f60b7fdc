from importlib.resources import files

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from starter.countries import zones_of_country
from starter.regions import Location, located, zones_of_region
from tenuto.domain.errors import InputError

MEXICO = """
    AGU BCN BCS CAM CHH CHP CMX COA COL DUR GRO GUA HID JAL MEX MIC MOR NAY NLE OAX PUE QUE ROO
    SIN SLP SON TAB TAM TLA VER YUC ZAC
"""
RUSSIA = """
    AD AL ALT AMU ARK AST BA BEL BRY BU CE CHE CHU CU DA IN IRK IVA KAM KB KC KDA KEM KGD KGN KHA
    KHM KIR KK KL KLU KO KOS KR KRS KYA LEN LIP MAG ME MO MOS MOW MUR NEN NGR NIZ NVS OMS ORE ORL
    PER PNZ PRI PSK ROS RYA SA SAK SAM SAR SE SMO SPE STA SVE TA TAM TOM TUL TVE TY TYU UD ULY VGG
    VLA VLG VOR YAN YAR YEV ZAB
"""


OTHERWISE = (
    '{0} has no region "{1}" that we know; write its code in ISO 3166-2, {0}-…, or leave it out'
)


def table() -> list[tuple[str, str, str, str]]:
    """Country, code, names and zones of every line."""
    content = files("starter").joinpath("region_zones.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in content.splitlines() if not line.startswith("#")]
    return [(*whole.split("-"), names, zones) for whole, names, zones in lines]  # type: ignore[misc]


LINES = table()
COUNTRIES = sorted({country for country, *_ in LINES})


def expected(country: str) -> set[str]:
    own = {"MX": MEXICO, "RU": RUSSIA}
    if country in own:
        return set(own[country].split())
    # "São Paulo Capital" has a holiday of its own, and no code.
    return {code for code in country_holidays(country).subdivisions if " " not in code}


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_region_of_a_country_is_in_the_table_once(country: str) -> None:
    codes = [code for of, code, *_ in LINES if of == country]
    assert len(codes) == len(set(codes))
    assert set(codes) == expected(country)


def test_the_table_holds_the_countries_of_several_clocks_that_we_know() -> None:
    assert COUNTRIES == ["AU", "BR", "CA", "MX", "RU", "US"]


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_zone_of_a_country_is_in_a_region_of_it(country: str) -> None:
    used = {zone for of, _, _, zones in LINES if of == country for zone in zones.split()}
    # A region such as Puerto Rico is a country of its own to tzdata.
    apart = {zone for of, code, *_ in LINES if of == country for zone in zones_of_country(code)}
    within = set(zones_of_country(country))
    assert within <= used
    assert used <= within | (apart if country == "US" else set())


@pytest.mark.parametrize("country", COUNTRIES)
def test_no_name_means_two_regions(country: str) -> None:
    names = [name for of, _, named, _ in LINES if of == country for name in named.split("|")]
    assert len(names) == len(set(names))


@given(st.sampled_from(LINES), st.sampled_from([str.lower, str.upper, str.title]))
def test_a_region_is_found_by_all_that_it_is_called(line: tuple[str, ...], case: object) -> None:
    country, code, names, zones = line
    assert callable(case)
    for written in (code, f"{country}-{code}", *names.split("|")):
        assert located(country, f" {case(written)} ") == (country, code)
    assert located(None, case(f"{country}-{code}")) == (country, code)
    assert zones_of_region(country, code) == tuple(zones.split())


@pytest.mark.parametrize(
    ("country", "region", "place"),
    [
        ("us", "ca", ("US", "CA")),
        ("CA", "Quebec", ("CA", "QC")),
        ("BR", "Sao Paulo", ("BR", "SP")),
        ("MX", "nuevo leon", ("MX", "NLE")),
        ("DE", "Bayern", ("DE", "BY")),
        ("DE", "by", ("DE", "BY")),
        (None, "de-by", ("DE", "BY")),
        ("FR", "IDF", ("FR", "IDF")),  # no holidays of its own: any code is taken
        ("BV", "1", ("BV", "1")),
        ("DE", None, ("DE", None)),
        (None, None, (None, None)),
    ],
)
def test_a_place_is_two_codes(
    country: str | None, region: str | None, place: tuple[str, str]
) -> None:
    assert located(country, region) == Location(*place)


@pytest.mark.parametrize(
    ("country", "region", "why"),
    [
        ("US", "Californa", 'US has no region "Californa" that we know; write CA'),
        ("US", "XX", 'US has no region "XX" that we know; write a code, such as AK'),
        (
            "AU",
            "NSW Western",
            'AU has no region "NSW Western" that we know; write a code, such as ACT',
        ),
        ("DE", "Bajern", 'DE has no region "Bajern" that we know; write BY'),
        ("DE", "Augsburg", OTHERWISE.format("DE", "Augsburg")),
        ("CH", "Stadt Zürich", OTHERWISE.format("CH", "Stadt Zürich")),
        ("BV", "the coast", OTHERWISE.format("BV", "the coast")),
        (
            None,
            "CA",
            'the region "CA" lacks its country; add it, or write the region like US-CA',
        ),
        ("DE", "US-CA", 'the region "US-CA" is not in DE; correct one of the two'),
        (None, "XX-CA", 'there is no country "XX"; write a two-letter code, such as DE'),
    ],
)
def test_a_region_that_isnt_there_is_refused(country: str | None, region: str, why: str) -> None:
    with pytest.raises(InputError) as raised:
        located(country, region)
    assert str(raised.value) == why


def test_where_no_zones_are_known_there_are_none() -> None:
    assert zones_of_region("DE", "BY") == ()
    assert zones_of_region("US", "XX") == ()
