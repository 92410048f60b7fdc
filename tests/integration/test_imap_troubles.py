"""Servers, folders and mails that are not as they should be: the others are read all the same."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from imap_tools.folder import MailBoxFolderManager
from sqlalchemy import text

from tenuto.domain.delivery import Unclear
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import DependencyError
from tenuto.domain.ids import Purpose
from tenuto.mail import imap_login
from tenuto.mail.imap_folder import Fetched, FolderReader
from tests.doors import SIGNER, Addresses
from tests.factories import MAILBOX, bundle, emails
from tests.imap_watched import Watched
from tests.mails import raw

PRIVATE = {"From": "mum@home.example"}


async def test_a_mail_that_the_server_cant_give_away_hides_no_other(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, tries = FolderReader.fetch, 0

    def fetch(reader: FolderReader, uid: int) -> Fetched | None:
        nonlocal tries
        if uid == 1 and (tries := tries + 1) < 50:
            raise ConnectionResetError
        return kept(reader, uid)

    monkeypatch.setattr(FolderReader, "fetch", fetch)
    monkeypatch.setattr("tenuto.inbound.imap_watch._GIVE_UP_S", 1.0)
    await watched.box.put(raw("damaged", **PRIVATE))
    await watched.box.put(watched.reply())
    async with watched.reading():
        await watched.until_ended()
    # On several connections, and for a while: one that breaks says nothing of the mail.
    assert 5 <= tries < 50


@pytest.mark.parametrize("odd", ["list", "status", "examine"])
async def test_a_server_that_answers_oddly_is_read(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    def unlisted(*_: object) -> Any:
        raise UnicodeDecodeError("utf-7", b"&", 0, 1, "no modified base64")

    kept = FolderReader._told
    changes: dict[str, tuple[object, str, Callable[..., Any]]] = {
        "list": (MailBoxFolderManager, "list", unlisted),
        "status": (MailBoxFolderManager, "status", lambda *_: {}),
        "examine": (
            FolderReader,
            "_told",
            lambda reader, name: 0 if name == "UIDNEXT" else kept(reader, name),
        ),
    }
    monkeypatch.setattr(*changes[odd])
    await watched.box.put(raw("Dinner?", **PRIVATE))
    await watched.box.put(watched.reply())
    async with watched.reading():
        await watched.until_ended()


async def test_a_mark_beyond_the_end_is_anothers_and_begins_anew(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another account behind the same address, or a backup: the UIDVALIDITY may be the same."""
    async with watched.reading():
        await watched.until_read(uid=0)
    async with watched.stage.engine.begin() as connection:
        beyond = "UPDATE inbound_folders SET last_uid = 1000 WHERE folder = 'INBOX'"
        await connection.execute(text(beyond))
    kept, opened = FolderReader.examine, 0

    def examine(reader: FolderReader, folder: Any) -> Any:
        nonlocal opened
        opened += 1
        return kept(reader, folder)

    monkeypatch.setattr(FolderReader, "examine", examine)
    await watched.box.put(watched.reply())
    async with watched.reading():
        await watched.until_ended()
    assert opened < 20


async def test_a_full_archive_keeps_nobody_from_the_inbox(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenuto.inbound.imap_watch._AT_ONCE", 3)
    async with watched.reading():
        await watched.until_read(uid=0)
    for number in range(12):
        await watched.box.put(raw(f"{number}", **PRIVATE, Message_ID=f"<{number}@h>"), "Archive")
    kept, order = FolderReader.fetch, list[str]()

    def fetch(reader: FolderReader, uid: int) -> Fetched | None:
        mail = kept(reader, uid)
        order.append("reply" if mail and b"talk" in mail.raw else "private")
        return mail

    monkeypatch.setattr(FolderReader, "fetch", fetch)

    async with watched.reading():
        await watched.stage.until("SELECT max(last_uid) > 2 FROM inbound_folders")
        await watched.box.put(watched.reply())
        await watched.until_ended()
        await watched.stage.until(
            "SELECT last_uid >= 12 FROM inbound_folders WHERE folder = 'Archive'"
        )
    assert order.index("reply") < len(order) - 1
    assert order.count("private") == 12


async def test_the_sent_folder_is_read_first_for_it_tells_the_names_of_mails(
    watched: Watched,
) -> None:
    version = await watched.stage.publish(bundle("renamed", emails([0, 3600])))
    enrollment = await watched.stage.enrolled(version, "kim@firm.example")
    await watched.stage.settle(await watched.stage.claimed(enrollment), Unclear("timeout"))
    token = SIGNER.token(Purpose.HEADER, Addresses(enrollment).ref)
    copy = raw(From=MAILBOX, To="kim@firm.example", X_Tenuto_Token=token,
               Message_ID="<new@outlook.example>")  # fmt: skip
    await watched.box.put(copy, "Sent", at=datetime.now(UTC) - timedelta(minutes=5))
    answer = raw("For Kim: yes.", From="lee@firm.example", In_Reply_To="<new@outlook.example>")
    await watched.box.put(answer)
    async with watched.reading():
        await watched.until_ended(enrollment)
    assert (await watched.stage.row(enrollment)).status is Status.REPLIED


async def test_a_passing_refusal_holds_nothing_and_a_login_that_works_ends_the_hold(
    watched: Watched,
) -> None:
    async with watched.reading(password="wr0ng"):
        await watched.stage.until(
            "SELECT count(*) > 0 FROM holds WHERE reason = 'login refused' AND source = 'imap'"
        )
    async with watched.reading():
        await watched.stage.until("SELECT bool_and(held_until IS NOT NULL) FROM holds")
    for said in ("[ALERT] Too many simultaneous connections.", "[SERVERBUG] Internal error",
                 "User is authenticated but not connected."):  # fmt: skip
        judged = imap_login._judged(ValueError(said), watched.server.endpoint)
        assert isinstance(judged, DependencyError), said


async def test_a_login_that_is_cancelled_leaves_no_connection(watched: Watched) -> None:
    for _ in range(15):
        async with watched.reading():
            await asyncio.sleep(0.03)
    await watched.box.put(watched.reply())
    async with watched.reading():
        await watched.until_ended()
