"""Copies in Anna's Sent folder, handed over as the IMAP door does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from db.mailbox_servers import MailboxServer
from db.occasion import Told
from tenuto.domain.ids import Purpose
from tenuto.domain.mail_provider import Endpoint, Provider, Servers
from tenuto.inbound.pipeline import Pipeline
from tenuto.inbound.sent_folder import take_sent
from tenuto.mail import delivered
from tests.doors import SIGNER, Addresses
from tests.factories import MAILBOX, Stage
from tests.mails import raw


@dataclass
class Copies:
    """Pat is in a sequence of Anna's."""

    stage: Stage
    enrollment: UUID
    told: list[Told] = field(default_factory=list)

    async def sent(self, mail: bytes, at: datetime | None = None) -> None:
        """Anna's server has a copy."""
        ((mailbox_id,),) = await self.stage.all(
            "SELECT id FROM mailboxes WHERE address = :address", address=MAILBOX
        )
        nowhere = Servers(Endpoint("127.0.0.1", 1), None)
        own = MailboxServer(mailbox_id, MAILBOX, Provider.SMTP, nowhere, MAILBOX, "MAILBOX_1")

        async def tell(news: Sequence[Told]) -> None:
            self.told.extend(news)

        now = datetime.now(UTC)
        envelope = delivered.envelope(mail, MAILBOX, at or now, now)
        await take_sent(Pipeline(self.stage.engine, SIGNER, tell), own, mail, envelope)

    def copy(self, message_id: str, **fields: str) -> bytes:
        token = SIGNER.token(Purpose.HEADER, Addresses(self.enrollment).ref)
        return raw(
            From=MAILBOX,
            To="pat@firm.example",
            X_Tenuto_Token=token,
            Subject="Hello Pat",
            Message_ID=message_id,
            **fields,
        )

    async def send(self) -> tuple[str, str | None, str | None]:
        """State and both Message-IDs of the first mail."""
        found = await self.stage.all(
            "SELECT state, message_id, stored_message_id FROM sends WHERE step_index = 0"
        )
        return found[0][0], found[0][1], found[0][2]

    async def holds(self) -> list[str]:
        rows = await self.stage.all("SELECT reason FROM holds WHERE held_until IS NULL")
        return [row[0] for row in rows]
