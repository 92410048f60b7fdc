import pytest

from starter.address import domain, normalised
from tenuto.domain.errors import InputError


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" Ann@Example.COM ", "ann@example.com"),
        ("o'brien+news@mail.example.co.uk", "o'brien+news@mail.example.co.uk"),
        ("ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),  # in IDNA 2003: another domain
        ("ann@example.com.", "ann@example.com"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    ],
)
def test_an_address_has_one_spelling(written: str, kept: str) -> None:
    assert normalised(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@example",
        "ann@[127.0.0.1]",
        "ann@127.0.0.1",
        "ann@-x.example",
        "ann@x_y.example",
        "ann..b@example.com",
        ".ann@example.com",
        "ann b@example.com",
        "ann@b@example.com",
        "Ann <ann@example.com>",
        "ann@example.com, bob@example.com",
        "ann@example.com\r\nBcc: bob@example.com",
        "änn@example.com",
        "ann\0@example.com",
        f"{'a' * 65}@example.com",
        f"ann@{'a' * 64}.example",
        f"ann@{'a.' * 130}example",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InputError, match=r"write .*example\.com"):
        normalised(written)


def test_a_domain_alone() -> None:
    assert domain("Bücher.Example") == "xn--bcher-kva.example"
