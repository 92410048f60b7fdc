"""Where servers are, as people write it."""

import pytest

from tenuto.domain.errors import InputError
from tenuto.domain.mail_provider import Endpoint, Servers
from tenuto.mail.login import Given
from tenuto.mail.oauth import OAuthClient
from tenuto.mail.oauth_providers import google, microsoft
from tenuto.mail.server import SmtpServer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail.example.com", Endpoint("mail.example.com", 587)),
        (" mail.example.com:25 ", Endpoint("mail.example.com", 25)),
        ("mail.example.com:465", Endpoint("mail.example.com", 465, tls=True)),
        ("[::1]:2525", Endpoint("::1", 2525)),
    ],
)
def test_a_server_is_read(text: str, found: Endpoint) -> None:
    assert Endpoint.parse(text, 587, 465) == found
    assert Endpoint.parse(str(found), 587, 465) == found


@pytest.mark.parametrize(
    "text", ["", ":25", "host:port", "host:0", "host:99999", "smtp://host:25", "u:p@host", "h/x"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"write it like mail\.example\.com:587"):
        Endpoint.parse(text, 587, 465)


@pytest.mark.parametrize(
    ("endpoint", "starttls"),
    [
        (Endpoint("mail.example.com", 587), True),
        (Endpoint("mail.example.com", 465, tls=True), False),
        (Endpoint("127.0.0.1", 2525), False),
    ],
)
def test_a_login_leaves_this_machine_only_under_tls(
    endpoint: Endpoint,
    starttls: bool,  # noqa: FBT001
) -> None:
    server = SmtpServer.at(endpoint, "anna", Given("s3cret", oauth=False))
    assert (server.tls, server.starttls) == (endpoint.tls, starttls)
    assert "s3cret" not in repr(server)


@pytest.mark.parametrize("url", ["http://login.example.com/token", "ftp://127.0.0.1/", "x", ""])
def test_a_sign_in_service_is_reached_by_https(url: str) -> None:
    with pytest.raises(InputError, match="https"):
        OAuthClient("https://login.example.com", url, "id", "mail")


def test_google_is_asked_for_a_refresh_token_each_time() -> None:
    client = google("id", "s3cret", "anna@x.example")
    assert client.scope == "https://mail.google.com/"
    assert dict(client.extra)["access_type"] == "offline"
    assert dict(client.extra)["prompt"] == "consent"
    assert "s3cret" not in repr(client)


def test_microsoft_is_asked_in_the_mailboxs_own_directory_and_cloud() -> None:
    here = Servers(
        Endpoint("smtp.office365.com", 587), Endpoint("outlook.office365.com", 993, tls=True)
    )
    client = microsoft("id", "firm.example", "anna@firm.example", here)
    assert client.token_url == "https://login.microsoftonline.com/firm.example/oauth2/v2.0/token"
    assert client.scope == (
        "https://outlook.office.com/SMTP.Send "
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"
    )
    there = Servers(here.smtp, Endpoint("outlook.office365.us", 993, tls=True))
    client = microsoft("id", "../x", "a@b", there, "https://login.microsoftonline.us/")
    assert client.token_url == "https://login.microsoftonline.us/..%2Fx/oauth2/v2.0/token"
    assert client.scope.startswith("https://outlook.office365.us/SMTP.Send ")
