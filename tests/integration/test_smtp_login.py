"""Sending as a mailbox that logs in by an access token, which ends in mid-session."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tenuto.domain.delivery import Fate, NotSent, Sent
from tenuto.domain.errors import LoginError
from tenuto.mail import smtp
from tenuto.mail.connections import Connections
from tenuto.mail.login import Given, Login, StoredPassword
from tenuto.mail.secrets import Secrets
from tenuto.mail.server import SmtpServer
from tenuto.mail.smtp_login import prove
from tenuto.mail.tokens import AccessTokens
from tests.letters import LETTER
from tests.oauth_server import ANNA, OAuthServer
from tests.oauth_smtp import OAuthSmtp
from tests.smtp_peer import Peer

AMPLE = 30.0
NAME = "MAILBOX_ANNA_1"


@dataclass
class Desk:
    """A mailbox that is connected, and its server."""

    oauth: OAuthServer
    smtp: OAuthSmtp
    login: Login
    connections: Connections

    async def send(self, seconds: float = AMPLE) -> Fate:
        server = SmtpServer.at(self.smtp.endpoint, ANNA, self.login)
        return await smtp.deliver(LETTER, server, seconds, self.connections)


@pytest.fixture
async def desk(oauth_server: OAuthServer, tmp_path: Path) -> AsyncIterator[Desk]:
    secrets = Secrets(tmp_path / "secrets", {})
    await secrets.write(NAME, oauth_server.grants())
    login = AccessTokens(oauth_server.client(), secrets, NAME, "")
    async with OAuthSmtp(oauth_server).listening() as server, Connections() as connections:
        yield Desk(oauth_server, server, login, connections)


async def test_mail_leaves_over_one_login(desk: Desk) -> None:
    for _ in range(3):
        assert isinstance(await desk.send(), Sent)
    assert desk.smtp.logins == [(ANNA, True)]
    assert desk.oauth.refreshes == 1


async def test_two_sends_at_once_refresh_once(desk: Desk) -> None:
    fates = await asyncio.gather(desk.send(), desk.send())
    assert all(isinstance(fate, Sent) for fate in fates)
    assert desk.oauth.refreshes == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
@pytest.mark.parametrize(
    "reply", ["530 5.7.57 not any more", "535 5.7.3 ended", "451 4.7.0 ended", "421 4.4.2 ended"]
)
async def test_a_login_that_ends_in_mid_session_costs_no_mail(
    desk: Desk, verb: str, reply: str
) -> None:
    desk.smtp.over = {verb: reply}
    assert isinstance(await desk.send(), Sent)
    desk.oauth.expire()
    assert isinstance(await desk.send(), Sent)
    assert len(desk.smtp.envelopes) == 2
    # The kept one, then the token that was kept as well, then a fresh one.
    assert [good for _, good in desk.smtp.logins] == [True, False, True]
    assert desk.oauth.refreshes == 2


async def test_the_json_of_a_refusal_is_answered_by_an_empty_line(desk: Desk) -> None:
    await desk.send()
    desk.oauth.expire()
    desk.connections.let_go(SmtpServer.at(desk.smtp.endpoint, ANNA, desk.login))
    assert isinstance(await desk.send(), Sent)
    assert desk.smtp.answers == [b""]


async def test_a_login_that_is_refused_with_a_fresh_token_too_is_ours(desk: Desk) -> None:
    desk.oauth.lame = True
    desk.smtp.refusal = "535 5.7.139 you showed TOKEN"
    fate = await desk.send()
    assert fate == NotSent("login_refused", "535 5.7.139 you showed …", ours=True)
    assert [good for _, good in desk.smtp.logins] == [False, False]
    assert desk.oauth.refreshes == 2


async def test_a_server_that_cant_say_now_is_asked_later(desk: Desk) -> None:
    desk.oauth.lame = True
    desk.smtp.refusal = "454 4.7.0 temporary authentication failure"
    assert await desk.send() == NotSent("smtp_temporary", desk.smtp.refusal)
    assert desk.oauth.refreshes == 1


async def test_a_grant_that_has_ended_is_ours(desk: Desk) -> None:
    desk.oauth.revoke()
    fate = await desk.send()
    assert isinstance(fate, NotSent)
    assert (fate.reason, fate.ours) == ("login_refused", True)
    assert desk.smtp.logins == []


async def test_a_sign_in_service_that_is_down_is_waited_for(desk: Desk) -> None:
    desk.oauth.status = 503
    fate = await desk.send()
    assert isinstance(fate, NotSent)
    assert (fate.reason, fate.ours) == ("oauth_unavailable", False)
    desk.oauth.status = None
    assert isinstance(await desk.send(), Sent)


async def test_a_deadline_holds_for_the_refresh_too(desk: Desk) -> None:
    desk.oauth.slowness = 1
    assert await desk.send(seconds=0.1) == NotSent("smtp_deadline")
    assert desk.smtp.logins == []


async def test_a_kept_one_without_a_login_is_not_given_up_for_a_later(desk: Desk) -> None:
    async with Peer.running() as peer:
        assert isinstance(await smtp.deliver(LETTER, peer.server, AMPLE, desk.connections), Sent)
        peer.script = {"rcpt": "451 4.7.1 later"}  # type: ignore[dict-item]
        fate = await smtp.deliver(LETTER, peer.server, AMPLE, desk.connections)
        assert fate == NotSent("smtp_temporary", "451 4.7.1 later")
        assert sum(said.startswith("EHLO") for said in peer.commands) == 1


async def test_a_server_without_xoauth2_is_said_to_be_one(desk: Desk) -> None:
    async with Peer.running() as peer:
        desk.smtp.port = peer.port
        fate = await desk.send()
    assert fate == NotSent("smtp_refused", "the server offers no XOAUTH2", ours=True)


async def test_a_login_is_proved_without_a_mail(desk: Desk) -> None:
    server = SmtpServer.at(desk.smtp.endpoint, ANNA, desk.login)
    await prove(server, "sender.example")
    wrong = SmtpServer.at(desk.smtp.endpoint, ANNA, Given("no-token", oauth=True))
    desk.smtp.refusal = "535 5.7.8 TOKEN is wrong"
    with pytest.raises(LoginError, match=r"535 5\.7\.8 … is wrong"):
        await prove(wrong, "sender.example")


async def test_a_password_is_read_anew_and_never_shown_twice(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "secrets", {})
    login = StoredPassword(secrets, NAME, "tenuto mailbox connect smtp anna@sender.example")
    with pytest.raises(LoginError, match=f"TENUTO_SECRET_{NAME}"):
        await login.credential()
    await secrets.write(NAME, "old")
    assert await login.credential() == "old"
    with pytest.raises(LoginError, match="connect it again"):
        await login.credential(refused="old")
    await secrets.write(NAME, "new")
    assert await login.credential(refused="old") == "new"
