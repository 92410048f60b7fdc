"""Pat got a mail from Anna's mailbox, which lies on a Dovecot, and is watched."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from db import mailbox_servers
from db.mailbox_servers import MailboxServer
from db.occasion import Told
from tenuto.domain.enrollment import Status
from tenuto.domain.mail_provider import Endpoint, Provider, Servers
from tenuto.inbound.imap_door import ImapPace, imap_door
from tenuto.inbound.pipeline import Pipeline
from tenuto.mail.login import Given, Login
from tests.doors import SIGNER, Addresses
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.imap_box import ImapBox
from tests.mails import raw
from tests.oauth_server import OAuthServer

PACE = ImapPace(look_every=0.1, again=0.1, patience=1.0)


@dataclass
class Watched:
    """The mailbox, and what workflows would have been told."""

    stage: Stage
    server: Dovecot
    box: ImapBox
    enrollment: UUID
    told: list[Told] = field(default_factory=list)

    @asynccontextmanager
    async def reading(
        self, login: Login | None = None, password: str = PASSWORD
    ) -> AsyncIterator[None]:
        """Its folders are read inside the block."""
        entered = login or Given(password, oauth=False)

        async def tell(news: Sequence[Told]) -> None:
            self.told.extend(news)

        pipeline = Pipeline(self.stage.engine, SIGNER, tell)
        async with imap_door(pipeline, lambda _: entered, PACE):
            yield

    async def until_read(self, folder: str = "INBOX", uid: int = 1) -> None:
        await self.stage.until(
            "SELECT coalesce(max(last_uid), -1) >= :uid FROM inbound_folders WHERE folder = :name",
            uid=uid,
            name=folder,
        )

    async def until_ended(self, enrollment: UUID | None = None) -> None:
        query = "SELECT ended_at IS NOT NULL FROM enrollments WHERE id = :id"
        await self.stage.until(query, id=enrollment or self.enrollment)

    async def status(self) -> Status:
        return (await self.stage.row(self.enrollment)).status

    async def count(self, table: str) -> int:
        return int((await self.stage.all(f"SELECT count(*) FROM {table}"))[0][0])

    def reply(self, body: str = "Yes, let’s talk.", **fields: str) -> bytes:
        return raw(body, In_Reply_To=Addresses(self.enrollment).message_id, **fields)


@asynccontextmanager
async def watched_mailbox(
    stage: Stage, require: Callable[[str, str], str], oauth: OAuthServer
) -> AsyncIterator[Watched]:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([0, 3600]))))
    await stage.settle(await stage.claimed(enrollment))
    async with dovecot(require("dovecot", "dovecot-imapd"), oauth) as server:
        ((mailbox_id,),) = await stage.all("SELECT id FROM mailboxes")
        servers = Servers(Endpoint("127.0.0.1", 1), server.endpoint)
        own = MailboxServer(mailbox_id, MAILBOX, Provider.SMTP, servers, MAILBOX, "MAILBOX_1")
        await stage.do(mailbox_servers.save, own)
        yield Watched(stage, server, ImapBox(server, MAILBOX), enrollment)
