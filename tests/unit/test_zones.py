import pytest

from starter import zones
from tenuto.domain.errors import InputError


@pytest.mark.parametrize(
    ("zone", "country", "name", "source"),
    [
        ("Asia/Tokyo", "DE", "Asia/Tokyo", "contact"),
        ("europe/paris", None, "Europe/Paris", "contact"),
        (None, "jp", "Asia/Tokyo", "country"),
        (None, "DE", "Europe/Berlin", "country"),  # Büsingen has a name of its own, and no clock
        (None, "AR", "America/Argentina/Buenos_Aires", "country"),  # twelve names, one clock
        (None, "ES", None, "none"),  # the Canaries
        (None, "US", None, "none"),
        (None, "BV", None, "none"),  # nobody lives there
        (None, None, None, "none"),
    ],
)
def test_a_zone_comes_from_the_contact_or_from_a_country_of_one_clock(
    zone: str | None, country: str | None, name: str | None, source: str
) -> None:
    assert zones.resolve(zone, country) == (name, source)


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
