"""A mailbox whose answers nobody reads sends nothing: somebody may have answered."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from db import inbound_folders, mailbox_servers
from db.claims import Claim
from db.mailbox_servers import MailboxServer
from tenuto.domain.mail_folder import Mark
from tenuto.domain.mail_provider import Endpoint, Provider, Servers
from tests.factories import MAILBOX, Stage, bundle

NOWHERE = Endpoint("127.0.0.1", 1)


async def connected(stage: Stage, imap: Endpoint | None) -> UUID:
    """By a server of its own, for two hours."""
    ((mailbox_id,),) = await stage.all("SELECT id FROM mailboxes")
    servers = Servers(NOWHERE, imap)
    own = MailboxServer(mailbox_id, MAILBOX, Provider.SMTP, servers, MAILBOX, "MAILBOX_1")
    await stage.do(mailbox_servers.save, own)
    async with stage.engine.begin() as connection:
        past = "UPDATE mailbox_servers SET connected_at = tenuto_now() - interval '2 hours'"
        await connection.execute(text(past))
    return UUID(int=mailbox_id.int)


async def test_a_mailbox_that_nobody_reads_waits_until_somebody_does(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    mailbox_id = await connected(stage, NOWHERE)
    standing = await stage.claim(enrollment)
    assert not isinstance(standing, Claim)
    assert standing.reason == "deferred: answers unread"
    assert standing.due is not None
    now = (await stage.facts(enrollment)).now
    assert standing.due - now > timedelta(minutes=14)
    today = datetime.now(UTC).date()
    await stage.do(inbound_folders.begin, mailbox_id, "INBOX", Mark(1, 0), today)
    await stage.do(inbound_folders.mark_read, mailbox_id, ["INBOX"])
    await stage.due_now(enrollment)
    assert isinstance(await stage.claim(enrollment), Claim)


async def test_without_an_imap_server_answers_come_another_way(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await connected(stage, None)
    assert isinstance(await stage.claim(enrollment), Claim)
