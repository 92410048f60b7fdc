"""Mail that is fetched from a real Dovecot: what is read, what is left alone, what is lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenuto.domain.enrollment import Status
from tenuto.inbound.pipeline import Pipeline
from tenuto.mail.login import Given
from tenuto.mail.secrets import Secrets
from tenuto.mail.tokens import AccessTokens
from tests.doors import Addresses
from tests.factories import bundle, emails
from tests.imap_watched import Watched
from tests.mails import raw
from tests.oauth_server import OAuthServer


async def test_a_reply_is_told_of_while_the_server_is_waited_for(watched: Watched) -> None:
    async with watched.reading():
        await watched.until_read(uid=0)
        await watched.box.put(watched.reply())
        await watched.until_ended()
    assert await watched.status() is Status.REPLIED
    assert [t.enrollment_id for t in watched.told] == [watched.enrollment]
    assert await watched.box.flags() == [()]


async def test_what_the_owner_has_read_or_put_away_counts_too(watched: Watched) -> None:
    for folder in ("INBOX", "Archive", "Junk"):
        email = f"pat-{folder.lower()}@firm.example"
        version = await watched.stage.publish(bundle(f"in-{folder.lower()}", emails([0, 3600])))
        enrollment = await watched.stage.enrolled(version, email)
        await watched.stage.settle(await watched.stage.claimed(enrollment))
        answer = raw(In_Reply_To=Addresses(enrollment).message_id, From=email)
        await watched.box.put(answer, folder, seen=True)
        async with watched.reading():
            await watched.until_ended(enrollment)
        assert await watched.box.flags(folder) == [("\\Seen",)]


async def test_what_is_about_nobody_we_know_is_not_kept(watched: Watched) -> None:
    private = raw("Dinner at eight?", From="mum@home.example", Subject="Tonight")
    async with watched.reading():
        await watched.box.put(private)
        await watched.until_read()
    assert await watched.count("inbound_messages") == 0
    assert await watched.status() is Status.ACTIVE


async def test_a_mail_that_is_moved_or_read_again_changes_nothing_more(watched: Watched) -> None:
    async with watched.reading():
        await watched.box.put(watched.reply())
        await watched.until_ended()
        await watched.box.move_all("Archive")
        await watched.until_read("Archive")
    assert await watched.count("inbound_messages") == 1
    assert len(await watched.stage.log(watched.enrollment)) == 3


async def test_other_uids_for_the_same_mails_are_read_again_and_known(watched: Watched) -> None:
    async with watched.reading():
        await watched.box.put(watched.reply())
        await watched.until_ended()
    await watched.server.server.stop()
    for index in watched.server.folder.glob("mail/*/dovecot*"):
        index.unlink()
    await watched.server.server.start()
    await watched.box.put(watched.reply("And one thing more."))
    async with watched.reading():
        await watched.stage.until("SELECT count(*) = 2 FROM inbound_messages")
    ((last_uid, validity),) = await watched.stage.all(
        "SELECT last_uid, uid_validity FROM inbound_folders WHERE folder = 'INBOX'"
    )
    assert last_uid == 2
    assert validity > 0


async def test_a_server_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    watched: Watched,
) -> None:
    version = await watched.stage.publish(bundle("many", emails([0, 3600])))
    enrollments = []
    for number in range(30):
        enrollment = await watched.stage.enrolled(version, f"pat-{number}@firm.example")
        await watched.stage.settle(await watched.stage.claimed(enrollment))
        enrollments.append(enrollment)
        answer = raw(f"Yes, {number}", In_Reply_To=Addresses(enrollment).message_id)
        await watched.box.put(answer)
    async with watched.reading():
        for share in (3, 9):
            await watched.stage.until("SELECT count(*) >= :n FROM inbound_messages", n=share)
            await watched.server.server.kill()
            await watched.server.server.start()
        for enrollment in enrollments:
            await watched.until_ended(enrollment)
    assert await watched.count("inbound_messages") == 30
    for enrollment in enrollments:
        assert (await watched.stage.log(enrollment))[-1:] == ["replied"]


async def test_the_mark_moves_only_after_the_commit(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, tries = Pipeline.receive, 0

    async def failing(*arguments: object, **named: object) -> object:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise TimeoutError
        return await kept(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Pipeline, "receive", failing)
    await watched.box.put(watched.reply())
    async with watched.reading():
        await watched.until_ended()
    assert tries == 3
    assert await watched.count("inbound_messages") == 1


async def test_a_refused_login_holds_the_mailbox_whose_answers_nobody_reads(
    watched: Watched,
) -> None:
    async with watched.reading(Given("wr0ng", oauth=False)):
        held = "SELECT count(*) > 0 FROM holds WHERE reason = 'login refused'"
        await watched.stage.until(held)
    claim = await watched.stage.facts(watched.enrollment)
    assert [hold.reason for hold in claim.scene.holds] == ["login refused"]


async def test_by_oauth_a_token_that_has_ended_is_replaced(
    watched: Watched, oauth_server: OAuthServer, tmp_path: Path
) -> None:
    secrets = Secrets(tmp_path / "secrets", {})
    await secrets.write("MAILBOX_1", oauth_server.grants())
    tokens = AccessTokens(oauth_server.client(), secrets, "MAILBOX_1", "")
    async with watched.reading(tokens):
        await watched.until_read(uid=0)
        oauth_server.expire()
        await watched.server.server.kill()
        await watched.server.server.start()
        await watched.box.put(watched.reply())
        await watched.until_ended()
    assert "method=XOAUTH2" in watched.server.log
    assert oauth_server.refreshes == 2
    assert await watched.count("holds") == 0


async def test_without_idle_the_folders_are_looked_at_in_turns(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenuto.mail.imap_folder.FolderReader.begin_idle", _never)
    monkeypatch.setattr("tenuto.mail.imap_folder._IDLE", b"X-NONE")
    async with watched.reading():
        await watched.until_read(uid=0)
        await watched.box.put(watched.reply())
        await watched.until_ended()


def _never(*_: object) -> bool:
    raise AssertionError


async def test_a_contact_who_is_in_no_sequence_may_write_what_they_like(watched: Watched) -> None:
    """Neither do mails that came before they were in one."""
    await watched.box.put(raw("About last year"), at=datetime.now(UTC) - timedelta(days=1))
    async with watched.reading():
        await watched.until_read()
        assert await watched.status() is Status.ACTIVE
        await watched.box.put(watched.reply())
        await watched.until_ended()
        await watched.box.put(raw("And the invoice?", Message_ID="<p2@firm.example>"))
        await watched.until_read(uid=3)
    assert await watched.count("inbound_messages") == 1
    assert await watched.count("holds") == 0
