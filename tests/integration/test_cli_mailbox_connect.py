"""`tenuto mailbox connect` and `check` as commands, with a test for a browser."""

import asyncio
import os
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from activities.mail_servers import hold_refused
from db import mailbox_servers, mailboxes
from db.engine import connected
from db.mailbox_servers import MailboxServer
from db.mailboxes import MailboxSettings
from tenuto.cli import mailbox_connect
from tenuto.domain.limits import Cap
from tenuto.domain.mail_provider import Endpoint, Servers
from tenuto.mail.secrets import Secrets, name_for
from tests import command
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.factories import MAILBOX, Stage
from tests.oauth_server import ANNA, CLIENT_ID, OAuthServer
from tests.oauth_smtp import OAuthSmtp
from tests.password_smtp import password_smtp

ROOT = Path(__file__).parents[2]
NAME = name_for(ANNA)
NOWHERE = Endpoint("127.0.0.1", 1)


@dataclass
class Desk:
    """Where somebody types commands."""

    stage: Stage
    oauth: OAuthServer
    smtp: OAuthSmtp
    imap: Dovecot
    folder: Path

    @property
    def secret(self) -> str | None:
        return Secrets(self.folder / "secrets", {}).read(NAME)

    async def begin(self, *words: str) -> Process:
        """Start a command; without a terminal, so that it asks on stdin."""
        pipe = subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tenuto.cli", "mailbox", *words),
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )

    async def microsoft(self, *words: str, imap: Endpoint | None = None) -> Process:
        doors = ["--smtp", str(self.smtp.endpoint), "--imap", str(imap or self.imap.endpoint)]
        return await self.begin("connect", "microsoft", ANNA, *doors, *words)

    async def ended(self, process: Process, typed: str = "") -> tuple[int | None, str]:
        """Its exit code and all that it said, which holds no secret."""
        async with asyncio.timeout(30):
            out, err = await process.communicate(typed.encode() if typed else None)
        said = out.decode() + err.decode()
        assert not any(secret in said for secret in {*self.oauth.secrets, PASSWORD})
        return process.returncode, said

    async def check(self) -> tuple[int, str]:
        """`tenuto mailbox check`, as `ended`."""
        result = await command.run("mailbox", "check", ANNA)
        assert not any(secret in result.output for secret in {*self.oauth.secrets, PASSWORD})
        return result.exit_code, result.output

    async def own(self) -> MailboxServer | None:
        async with connected(self.stage.engine) as connection:
            mailbox_id = await mailboxes.get(connection, ANNA)
            return await mailbox_servers.of(connection, mailbox_id)


@pytest.fixture
async def desk(
    stage: Stage,
    database_url: str,
    oauth_server: OAuthServer,
    tmp_path: Path,
    require: Callable[[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Desk]:
    assert MAILBOX == ANNA
    command.without_temporal(database_url, monkeypatch)
    monkeypatch.setenv("TENUTO_SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("TENUTO_MICROSOFT_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("TENUTO_MICROSOFT_LOGIN_URL", oauth_server.url)
    program = require("dovecot", "dovecot-imapd")
    async with (
        dovecot(program, oauth_server) as imap,
        OAuthSmtp(oauth_server).listening() as smtp,
    ):
        yield Desk(stage, oauth_server, smtp, imap, tmp_path)


async def shown(process: Process) -> str:
    """The address that it prints."""
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return (await process.stdout.readline()).decode().strip()


async def browse(url: str, *, back: bool = True) -> str:
    """What a person's browser does; with `back`, it comes back. Where it was led."""
    async with httpx.AsyncClient(follow_redirects=back) as browser:
        answer = await browser.get(url)
    return str(answer.url) if back else answer.headers["Location"]


async def test_a_mailbox_is_connected_proved_kept_and_goes_on(desk: Desk) -> None:
    capped = MailboxSettings(ANNA, "Anna", "Street 1", Cap(count=7, seconds=60), reply_tag=True)
    await desk.stage.do(mailboxes.save, capped)
    process = await desk.microsoft("--no-browser")
    await browse(await shown(process))
    code, said = await desk.ended(process)
    assert (code, f"{ANNA}: connected to microsoft" in said) == (0, True)
    assert set(desk.oauth.refresh_tokens) == {desk.secret}
    assert desk.smtp.logins == [(ANNA, True)]
    assert "method=XOAUTH2" in desk.imap.log
    own = await desk.own()
    assert own is not None
    assert (own.secret, own.tenant, own.username) == (NAME, "organizations", ANNA)
    (row,) = await desk.stage.all("SELECT * FROM mailboxes")
    assert (row.name, row.cap_count, row.reply_tag) == ("Anna", 7, True)
    assert (row.verp, row.keeps_message_id, row.self_dkim, row.sent_folder) == (
        *(False, False, False),
        True,
    )


async def test_the_hold_of_a_refused_login_ends_with_a_new_one(desk: Desk) -> None:
    process = await desk.microsoft("--no-browser")
    await browse(await shown(process))
    await desk.ended(process)
    own = await desk.own()
    assert own is not None
    await hold_refused(desk.stage.engine, own)
    process = await desk.microsoft("--no-browser")
    await browse(await shown(process))
    assert (await desk.ended(process))[0] == 0
    held = "SELECT count(*) AS n FROM holds WHERE held_until IS NULL"
    assert (await desk.stage.all(held))[0].n == 0


async def test_the_address_can_be_pasted_where_the_browser_is_elsewhere(desk: Desk) -> None:
    process = await desk.microsoft("--no-browser")
    address = await browse(await shown(process), back=False)
    code, said = await desk.ended(process, f"what?\n{address}\n")
    assert (code, "isn't the address" in said) == (0, True)
    assert desk.secret in desk.oauth.refresh_tokens


async def test_a_browser_on_this_machine_is_opened(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.folder / "browser.py"
    program.write_text(
        "import sys, httpx\nhttpx.get(sys.argv[1], follow_redirects=True).raise_for_status()\n"
    )
    monkeypatch.setenv("BROWSER", f"{sys.executable} {program} %s")
    assert (await desk.ended(await desk.microsoft()))[0] == 0
    assert desk.secret in desk.oauth.refresh_tokens


async def test_a_login_that_is_refused_changes_nothing(desk: Desk) -> None:
    desk.oauth.lame = True
    process = await desk.microsoft("--no-browser")
    await browse(await shown(process))
    code, said = await desk.ended(process)
    assert (code, "refuses the login" in said) == (1, True)
    assert (desk.secret, await desk.own()) == (None, None)


async def test_who_says_no_is_heard(desk: Desk) -> None:
    desk.oauth.denies = "access_denied"
    process = await desk.microsoft("--no-browser")
    await browse(await shown(process))
    code, said = await desk.ended(process)
    assert (code, "access_denied" in said) == (1, True)


async def test_what_cant_be_reached_is_stored_untried_and_checked_later(desk: Desk) -> None:
    process = await desk.microsoft("--no-browser", imap=NOWHERE)
    await browse(await shown(process))
    code, said = await desk.ended(process)
    assert (code, f"tenuto mailbox check {ANNA}" in said) == (69, True)
    assert desk.secret in desk.oauth.refresh_tokens
    code, said = await desk.check()
    assert (code, "works" in said, "127.0.0.1:1 can't be reached" in said) == (69, True, True)


async def test_a_check_says_what_works(desk: Desk) -> None:
    process = await desk.microsoft("--no-browser")
    await browse(await shown(process))
    await desk.ended(process)
    code, said = await desk.check()
    assert (code, said.count("works")) == (0, 2)
    desk.oauth.revoke()
    code, said = await desk.check()
    assert (code, said.count(f"tenuto mailbox connect microsoft {ANNA}")) == (1, 2)


async def test_a_new_mailbox_needs_a_name_before_anybody_signs_in(desk: Desk) -> None:
    words = ["connect", "microsoft", "new@sender.example", "--no-browser"]
    code, said = await desk.ended(await desk.begin(*words))
    assert (code, "add --name and --postal-address" in said, "http" in said) == (1, True, False)


@pytest.mark.parametrize("how", ["prompt", "file", "environment"])
async def test_a_password_is_typed_or_read_and_never_an_option(
    desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "password").write_text(f"{PASSWORD}\n")
    words = ["--password-file", "password"] if how == "file" else []
    if how == "environment":
        monkeypatch.setenv(f"TENUTO_SECRET_{NAME}", PASSWORD)
    async with password_smtp(PASSWORD) as smtp:
        doors = ["--smtp", str(smtp), "--imap", str(desk.imap.endpoint)]
        process = await desk.begin("connect", "smtp", ANNA, *doors, *words)
        code, _ = await desk.ended(process, f"{PASSWORD}\n" if how == "prompt" else "")
        assert code == 0
        assert desk.secret == (None if how == "environment" else PASSWORD)
        code, said = await desk.check()
        assert (code, said.count("works")) == (0, 2)
    (row,) = await desk.stage.all("SELECT s::text AS whole FROM mailbox_servers s")
    assert PASSWORD not in row.whole


async def test_a_wrong_password_changes_nothing(desk: Desk) -> None:
    async with password_smtp(PASSWORD) as smtp:
        process = await desk.begin("connect", "smtp", ANNA, "--smtp", str(smtp))
        code, said = await desk.ended(process, "wr0ng\n")
    assert (code, "refuses the login" in said, "wr0ng" in said) == (1, True, False)
    assert (desk.secret, await desk.own()) == (None, None)


async def test_google_is_connected_in_the_same_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def google(client_id: str, client_secret: str | None, address: str) -> object:
        assert (client_id, client_secret, address) == ("id-at-google", "s3", "new@sender.example")
        desk.oauth.user = address
        return desk.oauth.client()

    monkeypatch.setenv("TENUTO_GOOGLE_CLIENT_ID", "id-at-google")
    monkeypatch.setenv("TENUTO_GOOGLE_CLIENT_SECRET", "s3")
    monkeypatch.setenv("BROWSER", "a test")
    monkeypatch.setattr("tenuto.mail.oauth_providers.google", google)
    servers = Servers(desk.smtp.endpoint, desk.imap.endpoint)
    monkeypatch.setattr(mailbox_connect, "GOOGLE", servers)
    monkeypatch.setattr("webbrowser.open", lambda url: httpx.get(url, follow_redirects=True))
    result = await command.run(
        *("mailbox", "connect", "google", "New@Sender.example"),
        *("--name", "New", "--postal-address", "Street 2"),
    )
    assert result.exit_code == 0
    (row,) = await desk.stage.all("SELECT * FROM mailboxes WHERE address LIKE 'new@%'")
    assert (row.verp, row.keeps_message_id, row.sent_folder) == (False, True, True)
    async with connected(desk.stage.engine) as connection:
        own = await mailbox_servers.of(connection, UUID(int=row.id.int))
    assert own is not None
    assert (own.servers, own.tenant) == (servers, None)
