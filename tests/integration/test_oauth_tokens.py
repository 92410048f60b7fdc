"""Refresh tokens are never lost, and access tokens are fetched once, whoever asks."""

import asyncio
import subprocess
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import pytest

from tenuto.domain.errors import DependencyError, InputError, LoginError
from tenuto.mail import oauth
from tenuto.mail.oauth import Grant
from tenuto.mail.secrets import Secrets
from tenuto.mail.tokens import AccessTokens
from tests.oauth_server import ANNA, OAuthServer

NAME = "MAILBOX_ANNA_1"
AGAIN = f"tenuto mailbox connect google {ANNA}"


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "secrets", {})


def tokens(server: OAuthServer, secrets: Secrets, **changes: Any) -> AccessTokens:
    return AccessTokens(server.client(**changes), secrets, NAME, AGAIN)


@pytest.fixture
async def mine(oauth_server: OAuthServer, secrets: Secrets) -> AccessTokens:
    """Of a mailbox that somebody has signed in for."""
    await secrets.write(NAME, oauth_server.grants())
    return tokens(oauth_server, secrets)


async def test_one_refresh_serves_all_who_ask(
    oauth_server: OAuthServer, mine: AccessTokens
) -> None:
    oauth_server.slowness = 0.05
    found = await asyncio.gather(*(mine.credential() for _ in range(5)))
    assert len(set(found)) == 1
    assert oauth_server.allows(ANNA, found[0])
    assert await mine.credential() == found[0]
    assert oauth_server.refreshes == 1


async def test_what_was_refused_is_never_shown_again(
    oauth_server: OAuthServer, mine: AccessTokens
) -> None:
    first = await mine.credential()
    both = await asyncio.gather(*(mine.credential(refused=first) for _ in range(2)))
    assert first not in both
    assert await mine.credential(refused=first) == both[0]
    assert oauth_server.refreshes == 2


async def test_an_access_token_is_left_shortly_before_it_ends(
    oauth_server: OAuthServer, mine: AccessTokens
) -> None:
    oauth_server.life = 0.5
    first = await mine.credential()
    assert await mine.credential() == first
    await asyncio.sleep(0.46)
    assert oauth_server.allows(ANNA, first)
    assert await mine.credential() != first


async def test_a_rotated_refresh_token_is_stored_before_the_access_token_is_used(
    oauth_server: OAuthServer, mine: AccessTokens, secrets: Secrets
) -> None:
    before = secrets.read(NAME)
    await mine.credential()
    after = secrets.read(NAME)
    assert after != before
    assert set(oauth_server.refresh_tokens) == {after}


async def test_where_it_cant_be_stored_nobody_gets_the_access_token(
    mine: AccessTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise InputError("no space")

    monkeypatch.setattr(Secrets, "write", full)
    with pytest.raises(InputError):
        await mine.credential()


async def test_one_that_stays_good_stays(
    oauth_server: OAuthServer, mine: AccessTokens, secrets: Secrets
) -> None:
    oauth_server.rotates = False
    before = secrets.read(NAME)
    first = await mine.credential()
    await mine.credential(refused=first)
    assert secrets.read(NAME) == before


async def test_a_send_that_is_cut_off_takes_no_refresh_with_it(
    oauth_server: OAuthServer, mine: AccessTokens, secrets: Secrets
) -> None:
    oauth_server.slowness = 0.2
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await mine.credential()
    await mine.finished()
    assert set(oauth_server.refresh_tokens) == {secrets.read(NAME)}
    await mine.credential()
    assert oauth_server.refreshes == 1


async def test_the_file_is_read_under_the_lock(
    oauth_server: OAuthServer, mine: AccessTokens, secrets: Secrets
) -> None:
    async with secrets.locked(NAME):
        asking = asyncio.create_task(mine.credential())
        await asyncio.sleep(0.2)
        # Another process has used the old one up meanwhile.
        oauth_server.revoke()
        await secrets.write(NAME, oauth_server.grants())
    assert oauth_server.allows(ANNA, await asking)


async def test_a_grant_that_has_ended_says_how_to_get_another(
    oauth_server: OAuthServer, mine: AccessTokens, secrets: Secrets
) -> None:
    oauth_server.revoke()
    with pytest.raises(LoginError) as ended:
        await mine.credential()
    assert AGAIN in str(ended.value)
    assert not any(secret in str(ended.value) for secret in oauth_server.secrets)
    async with secrets.locked(NAME):
        await secrets.write(NAME, oauth_server.grants())
    await mine.credential()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, None),
        (404, None),
        (429, "invalid_grant"),
        (500, "invalid_grant"),
        (503, None),
        (400, "temporarily_unavailable"),
        (400, "no word!"),
    ],
)
async def test_a_service_with_troubles_of_its_own_is_asked_later(
    oauth_server: OAuthServer, mine: AccessTokens, status: int, error: str | None
) -> None:
    oauth_server.status, oauth_server.error = status, error
    with pytest.raises(DependencyError):
        await mine.credential()
    oauth_server.status = None
    await mine.credential()


async def test_a_refresh_token_is_carried_nowhere_else(
    oauth_server: OAuthServer, mine: AccessTokens
) -> None:
    async with OAuthServer().listening() as other:
        oauth_server.leads_to = f"{other.url}/token"
        with pytest.raises(DependencyError, match="answered 307"):
            await mine.credential()
        assert other.refreshes == 0


async def test_a_service_that_is_not_there_is_asked_later(
    oauth_server: OAuthServer, secrets: Secrets
) -> None:
    await secrets.write(NAME, oauth_server.grants())
    with pytest.raises(DependencyError, match="can't be reached"):
        await tokens(oauth_server, secrets, token_url="http://127.0.0.1:1/token").credential()


async def test_a_service_that_says_nothing_is_not_waited_for(
    oauth_server: OAuthServer, mine: AccessTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "_PATIENCE", 0.1)
    oauth_server.slowness = 1
    with pytest.raises(DependencyError):
        await mine.credential()


async def test_a_client_that_it_doesnt_know_is_a_wrong_setting(
    oauth_server: OAuthServer, secrets: Secrets
) -> None:
    await secrets.write(NAME, oauth_server.grants())
    wrong = tokens(oauth_server, secrets, client_secret="wr0ng-secret")
    with pytest.raises(InputError, match="TENUTO_GOOGLE_CLIENT_ID") as refused:
        await wrong.credential()
    assert "wr0ng" not in str(refused.value)


async def test_no_token_shows_in_a_repr(oauth_server: OAuthServer, mine: AccessTokens) -> None:
    await mine.credential()
    shown = f"{mine!r} {mine._cached!r} {oauth_server.client()!r} {Grant('acc3ss', 1, 'r3fresh')!r}"
    assert not any(secret in shown for secret in {*oauth_server.secrets, "acc3ss", "r3fresh"})


REFRESHES = """
import asyncio, sys
from pathlib import Path
from tenuto.mail.oauth import OAuthClient
from tenuto.mail.secrets import Secrets
from tenuto.mail.tokens import AccessTokens

async def main(folder, name, url):
    client = OAuthClient(f"{url}/authorize", f"{url}/token", "tenuto-client", "mail")
    mine = AccessTokens(client, Secrets(Path(folder), {}), name, "")
    print("ready", flush=True)
    sys.stdin.readline()
    token = None
    for _ in range(5):
        token = await mine.credential(refused=token)
    print(token)

asyncio.run(main(*sys.argv[1:]))
"""


async def refreshing(*words: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", REFRESHES, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


async def test_two_processes_that_refresh_at_once_lose_no_token(
    oauth_server: OAuthServer, secrets: Secrets, tmp_path: Path
) -> None:
    await secrets.write(NAME, oauth_server.grants())
    folder = str(tmp_path / "secrets")
    both = [await refreshing(folder, NAME, oauth_server.url) for _ in range(2)]
    for one in both:
        assert one.stdout is not None
        await one.stdout.readline()
    oauth_server.slowness = 0.02
    ended = await asyncio.gather(*(one.communicate(b"go\n") for one in both))
    assert [one.returncode for one in both] == [0, 0]
    assert oauth_server.refreshes == 10
    assert all(oauth_server.allows(ANNA, out.decode().strip()) for out, _ in ended)
    assert set(oauth_server.refresh_tokens) == {secrets.read(NAME)}
