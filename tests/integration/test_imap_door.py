"""Mail that is fetched from a real Dovecot: what is read, what is left alone, what is lost."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from db import mailbox_servers
from db.mailbox_servers import MailboxServer
from db.occasion import Told
from tenuto.domain.enrollment import Status
from tenuto.domain.mail_provider import Endpoint, Provider, Servers
from tenuto.inbound.imap_door import ImapPace, imap_door
from tenuto.inbound.pipeline import Pipeline
from tenuto.mail.login import Given, Login
from tenuto.mail.secrets import Secrets
from tenuto.mail.tokens import AccessTokens
from tests.doors import SIGNER, Addresses
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.imap_box import ImapBox
from tests.mails import raw
from tests.oauth_server import OAuthServer

RIGHT = Given(PASSWORD, oauth=False)
PACE = ImapPace(look_every=0.1, again=0.1, patience=1.0)


@dataclass
class Scene:
    """Pat got a mail from Anna's mailbox, which lies on a server of hers."""

    stage: Stage
    server: Dovecot
    box: ImapBox
    enrollment: UUID
    told: list[Told] = field(default_factory=list)

    @asynccontextmanager
    async def watched(self, login: Login = RIGHT) -> AsyncIterator[None]:
        async def tell(news: Sequence[Told]) -> None:
            self.told.extend(news)

        pipeline = Pipeline(self.stage.engine, SIGNER, tell)
        async with imap_door(pipeline, lambda _: login, PACE):
            yield

    async def until_read(self, folder: str = "INBOX", times: int = 1) -> None:
        await self.stage.until(
            "SELECT coalesce(max(last_uid), -1) >= :uid FROM inbound_folders WHERE folder = :name",
            uid=times, name=folder,
        )  # fmt: skip

    async def until_ended(self, enrollment: UUID | None = None) -> None:
        await self.stage.until(
            "SELECT ended_at IS NOT NULL FROM enrollments WHERE id = :id",
            id=enrollment or self.enrollment,
        )

    async def status(self) -> Status:
        return (await self.stage.row(self.enrollment)).status

    async def count(self, table: str) -> int:
        return int((await self.stage.all(f"SELECT count(*) FROM {table}"))[0][0])

    def reply(self, body: str = "Yes, let’s talk.", **fields: str) -> bytes:
        return raw(body, In_Reply_To=Addresses(self.enrollment).message_id, **fields)


@pytest.fixture
async def scene(
    stage: Stage, require: Callable[[str, str], str], oauth_server: OAuthServer
) -> AsyncIterator[Scene]:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([0, 3600]))))
    await stage.settle(await stage.claimed(enrollment))
    async with dovecot(require("dovecot", "dovecot-imapd"), oauth_server) as server:
        ((mailbox_id,),) = await stage.all("SELECT id FROM mailboxes")
        servers = Servers(Endpoint("127.0.0.1", 1), server.endpoint)
        own = MailboxServer(mailbox_id, MAILBOX, Provider.SMTP, servers, MAILBOX, "MAILBOX_1")
        await stage.do(mailbox_servers.save, own)
        yield Scene(stage, server, ImapBox(server, MAILBOX), enrollment)


async def test_a_reply_is_told_of_while_the_server_is_waited_for(scene: Scene) -> None:
    async with scene.watched():
        await scene.until_read(times=0)
        await scene.box.put(scene.reply())
        await scene.until_ended()
    assert await scene.status() is Status.REPLIED
    assert [t.enrollment_id for t in scene.told] == [scene.enrollment]
    assert await scene.box.flags() == [()]


async def test_what_the_owner_has_read_or_put_away_counts_too(scene: Scene) -> None:
    for folder in ("INBOX", "Archive", "Junk"):
        email = f"pat-{folder.lower()}@firm.example"
        version = await scene.stage.publish(bundle(f"in-{folder.lower()}", emails([0, 3600])))
        enrollment = await scene.stage.enrolled(version, email)
        await scene.stage.settle(await scene.stage.claimed(enrollment))
        answer = raw(In_Reply_To=Addresses(enrollment).message_id, From=email)
        await scene.box.put(answer, folder, seen=True)
        async with scene.watched():
            await scene.until_ended(enrollment)
        assert await scene.box.flags(folder) == [("\\Seen",)]


async def test_what_is_about_nobody_we_know_is_not_kept(scene: Scene) -> None:
    private = raw("Dinner at eight?", From="mum@home.example", Subject="Tonight")
    async with scene.watched():
        await scene.box.put(private)
        await scene.until_read()
    assert await scene.count("inbound_messages") == 0
    assert await scene.status() is Status.ACTIVE


async def test_a_mail_that_is_moved_or_read_again_changes_nothing_more(scene: Scene) -> None:
    async with scene.watched():
        await scene.box.put(scene.reply())
        await scene.until_ended()
        await scene.box.move_all("Archive")
        await scene.until_read("Archive")
    assert await scene.count("inbound_messages") == 1
    assert len(await scene.stage.log(scene.enrollment)) == 3


async def test_other_uids_for_the_same_mails_are_read_again_and_known(scene: Scene) -> None:
    async with scene.watched():
        await scene.box.put(scene.reply())
        await scene.until_ended()
    await scene.server.server.stop()
    for index in scene.server.folder.glob("mail/*/dovecot*"):
        index.unlink()
    await scene.server.server.start()
    await scene.box.put(scene.reply("And one thing more."))
    async with scene.watched():
        await scene.stage.until("SELECT count(*) = 2 FROM inbound_messages")
    ((last_uid, validity),) = await scene.stage.all(
        "SELECT last_uid, uid_validity FROM inbound_folders WHERE folder = 'INBOX'"
    )
    assert last_uid == 2
    assert validity > 0


async def test_a_server_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    scene: Scene,
) -> None:
    version = await scene.stage.publish(bundle("many", emails([0, 3600])))
    enrollments = []
    for number in range(30):
        enrollment = await scene.stage.enrolled(version, f"pat-{number}@firm.example")
        await scene.stage.settle(await scene.stage.claimed(enrollment))
        enrollments.append(enrollment)
        answer = raw(f"Yes, {number}", In_Reply_To=Addresses(enrollment).message_id)
        await scene.box.put(answer)
    async with scene.watched():
        for share in (3, 9):
            await scene.stage.until("SELECT count(*) >= :n FROM inbound_messages", n=share)
            await scene.server.server.kill()
            await scene.server.server.start()
        for enrollment in enrollments:
            await scene.until_ended(enrollment)
    assert await scene.count("inbound_messages") == 30
    for enrollment in enrollments:
        assert (await scene.stage.log(enrollment))[-1:] == ["replied"]


async def test_the_mark_moves_only_after_the_commit(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, tries = Pipeline.receive, 0

    async def failing(*arguments: object, **named: object) -> object:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise TimeoutError
        return await kept(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Pipeline, "receive", failing)
    await scene.box.put(scene.reply())
    async with scene.watched():
        await scene.until_ended()
    assert tries == 3
    assert await scene.count("inbound_messages") == 1


async def test_a_refused_login_holds_the_mailbox_whose_answers_nobody_reads(scene: Scene) -> None:
    async with scene.watched(Given("wr0ng", oauth=False)):
        await scene.stage.until("SELECT count(*) > 0 FROM holds WHERE reason = 'login refused'")
    claim = await scene.stage.facts(scene.enrollment)
    assert [hold.reason for hold in claim.scene.holds] == ["login refused"]


async def test_by_oauth_a_token_that_has_ended_is_replaced(
    scene: Scene, oauth_server: OAuthServer, tmp_path: Path
) -> None:
    secrets = Secrets(tmp_path / "secrets", {})
    await secrets.write("MAILBOX_1", oauth_server.grants())
    tokens = AccessTokens(oauth_server.client(), secrets, "MAILBOX_1", "")
    async with scene.watched(tokens):
        await scene.until_read(times=0)
        oauth_server.expire()
        await scene.server.server.kill()
        await scene.server.server.start()
        await scene.box.put(scene.reply())
        await scene.until_ended()
    assert "method=XOAUTH2" in scene.server.log
    assert oauth_server.refreshes == 2
    assert await scene.count("holds") == 0


async def test_without_idle_the_folders_are_looked_at_in_turns(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenuto.mail.imap_folder.FolderReader.begin_idle", _never)
    monkeypatch.setattr("tenuto.mail.imap_folder._IDLE", b"X-NONE")
    async with scene.watched():
        await scene.until_read(times=0)
        await scene.box.put(scene.reply())
        await scene.until_ended()


def _never(*_: object) -> bool:
    raise AssertionError


async def test_a_contact_who_is_in_no_sequence_may_write_what_they_like(scene: Scene) -> None:
    """Neither do mails that came before they were in one."""
    await scene.box.put(raw("About last year"), at=datetime.now(UTC) - timedelta(days=1))
    async with scene.watched():
        await scene.until_read()
        assert await scene.status() is Status.ACTIVE
        await scene.box.put(scene.reply())
        await scene.until_ended()
        await scene.box.put(raw("And the invoice?", Message_ID="<p2@firm.example>"))
        await scene.until_read(times=3)
    assert await scene.count("inbound_messages") == 1
    assert await scene.count("holds") == 0
