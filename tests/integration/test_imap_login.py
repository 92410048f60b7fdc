"""Logging in to Dovecot, which asks the sign-in service about each access token."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tenuto.domain.errors import DependencyError, LoginError
from tenuto.domain.mail_provider import Endpoint
from tenuto.mail.imap_login import opened, prove
from tenuto.mail.login import Given
from tenuto.mail.secrets import Secrets
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
