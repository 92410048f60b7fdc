"""Logging in to Dovecot, which asks the sign-in service about each access token."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tenuto.domain.errors import DependencyError, LoginError
from tenuto.domain.mail_provider import Endpoint
from tenuto.mail import smtp_login
from tenuto.mail.imap_login import opened, prove
from tenuto.mail.login import Given
from tenuto.mail.secrets import Secrets
from tenuto.mail.server import SmtpServer
from tenuto.mail.tokens import AccessTokens
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.oauth_server import ANNA, OAuthServer

NAME = "MAILBOX_ANNA_1"


@pytest.fixture
async def imap(
    require: Callable[[str, str], str], oauth_server: OAuthServer
) -> AsyncIterator[Dovecot]:
    async with dovecot(require("dovecot", "dovecot-imapd"), oauth_server) as server:
        yield server


@pytest.fixture
async def mine(oauth_server: OAuthServer, tmp_path: Path) -> AccessTokens:
    secrets = Secrets(tmp_path / "secrets", {})
    await secrets.write(NAME, oauth_server.grants())
    return AccessTokens(oauth_server.client(), secrets, NAME, "")


async def test_a_good_token_logs_in_and_a_wrong_one_does_not(
    imap: Dovecot, oauth_server: OAuthServer, mine: AccessTokens
) -> None:
    await prove(imap.endpoint, ANNA, mine)
    assert f"Login: user=<{ANNA}>, method=XOAUTH2" in imap.log
    token = await mine.credential()
    for user, shown in ((ANNA, "wr0ng-token"), ("bert@sender.example", token)):
        with pytest.raises(LoginError) as refused:
            await prove(imap.endpoint, user, Given(shown, oauth=True))
        assert shown not in str(refused.value)
    assert oauth_server.refreshes == 1


async def test_a_token_that_ends_between_two_logins_is_replaced(
    imap: Dovecot, oauth_server: OAuthServer, mine: AccessTokens
) -> None:
    await prove(imap.endpoint, ANNA, mine)
    old = await mine.credential()
    oauth_server.expire()
    with pytest.raises(LoginError):
        await prove(imap.endpoint, ANNA, Given(old, oauth=True))
    await prove(imap.endpoint, ANNA, mine)
    assert oauth_server.refreshes == 2
    oauth_server.revoke()
    oauth_server.expire()
    with pytest.raises(LoginError):
        await prove(imap.endpoint, ANNA, mine)


async def test_a_server_that_cant_say_now_has_refused_nothing(
    imap: Dovecot, oauth_server: OAuthServer, mine: AccessTokens
) -> None:
    oauth_server.blind = True
    with pytest.raises(DependencyError):
        await prove(imap.endpoint, ANNA, mine)
    oauth_server.blind = False
    await prove(imap.endpoint, ANNA, mine)


async def test_a_password_logs_in_too(imap: Dovecot) -> None:
    await prove(imap.endpoint, ANNA, Given(PASSWORD, oauth=False))
    with pytest.raises(LoginError) as refused:
        await prove(imap.endpoint, ANNA, Given("wr0ng", oauth=False))
    assert "wr0ng" not in str(refused.value)


def test_a_server_that_is_not_there_is_said_to_be() -> None:
    for tls in (True, False):
        with pytest.raises(DependencyError, match="can't be reached"):
            opened(replace(Endpoint("127.0.0.1", 1), tls=tls), ANNA, "x", oauth=True)


async def test_a_certificate_that_nobody_vouches_for_is_no_servers(
    tmp_path: Path, require: Callable[[str, str], str]
) -> None:
    """Neither door shows it a credential."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(await self_signed(tmp_path, require("openssl", "openssl")))
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    async with server:
        there = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1], tls=True)
        login = Given("s3cret", oauth=True)
        with pytest.raises(DependencyError, match="SSLCertVerificationError"):
            await prove(there, ANNA, login)
        with pytest.raises(DependencyError, match="certificate verify failed"):
            await smtp_login.prove(SmtpServer.at(there, ANNA, login), "sender.example")
    assert b"".join(heard) == b""


async def self_signed(folder: Path, openssl: str) -> Path:
    """A certificate for this machine, and its key, in one file."""
    path = str(folder / "both.pem")
    process = await asyncio.create_subprocess_exec(
        *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"),
        *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", f"{path}.crt"),
        stderr=subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    await asyncio.to_thread(_append, Path(path), Path(f"{path}.crt"))
    return Path(path)


def _append(path: Path, other: Path) -> None:
    path.write_text(path.read_text() + other.read_text())
