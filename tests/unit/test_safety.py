import pytest

from tenuto.domain.errors import InputError
from tenuto.mail.safety import Blocked, Route, SafeMode, route
from tenuto.mail.server import SmtpServer

REAL, CATCHER = SmtpServer("mail.example.org", 587), SmtpServer("127.0.0.1", 2525)
ANN, ME = "Ann@Example.com", "me@example.org"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (SafeMode(on=False), Route(REAL, ANN)),
        (SafeMode(on=False, redirect_all=ME, catcher=CATCHER), Route(REAL, ANN)),
        (SafeMode(), None),
        (SafeMode(catcher=CATCHER), Route(CATCHER, ANN)),
        (SafeMode(redirect_all=ME), Route(REAL, ME)),
        (SafeMode(redirect_all=ME, catcher=CATCHER), Route(REAL, ME)),
        (SafeMode(redirect_all=ME, allow=frozenset({"example.com"})), Route(REAL, ME)),
        (SafeMode(allow=frozenset({"ann@example.com"})), Route(REAL, ANN)),
        (SafeMode(allow=frozenset({"EXAMPLE.com"})), Route(REAL, ANN)),
        (SafeMode(allow=frozenset({"@example.com"}), catcher=CATCHER), Route(REAL, ANN)),
        (SafeMode(allow=frozenset({"ample.com", "com", "bob@example.com"})), None),
        (SafeMode(allow=frozenset({"example.org"}), catcher=CATCHER), Route(CATCHER, ANN)),
    ],
)
def test_where_a_letter_goes(mode: SafeMode, expected: Route | None) -> None:
    found = route(ANN, mode, REAL)
    assert found == expected if expected else isinstance(found, Blocked)


def test_safe_mode_is_on_unless_it_is_switched_off() -> None:
    assert SafeMode().on


def test_an_address_that_is_none_cant_be_the_one_for_all() -> None:
    with pytest.raises(InputError, match="the redirect address"):
        SafeMode(redirect_all="me")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", SmtpServer("mail.example.org", 25)),
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525, starttls=False)),
        ("smtp://[::1]:2525", SmtpServer("::1", 2525, starttls=False)),
        ("smtp://localhost", SmtpServer("localhost", 25, starttls=False)),
        (
            "smtp://maria%40x.org:p%2Fw@mail.x.org",
            SmtpServer("mail.x.org", 587, "maria@x.org", "p/w", starttls=True),
        ),
        (
            "smtps://u:p@mail.x.org",
            SmtpServer("mail.x.org", 465, "u", "p", tls=True, starttls=False),
        ),
    ],
)
def test_a_server_is_named_by_a_url(url: str, server: SmtpServer) -> None:
    assert SmtpServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    ["", "mail.x.org:25", "http://x.org", "smtp://", "smtp://x:port", "smtp://[", "smtp://a..b"],
)
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="smtp://user:password@"):
        SmtpServer.parse(url)


def test_a_password_is_not_shown() -> None:
    assert "hush" not in repr(SmtpServer.parse("smtp://u:hush@x.org"))
