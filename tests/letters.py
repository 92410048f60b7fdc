"""Orders and letters to begin a test with."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from tenuto.domain.delivery import Fate
from tenuto.domain.ids import SendRef, TokenSigner
from tenuto.mail import smtp
from tenuto.mail.connections import Connections
from tenuto.mail.letter import Capabilities, Letter, LetterOrder, MailboxIdentity, Recipient
from tenuto.mail.server import SmtpServer
from tenuto.mail.template import Rendered

SIGNER = TokenSigner([b"a key of 16 bytes or more"])
REF = SendRef(UUID("0190b6f2-7c1e-7a53-9d1c-6c1f3f0a9b11"), 2)
SENT = datetime(2026, 11, 2, 9, 7, tzinfo=UTC)
OWN_SERVER = Capabilities(verp=True, keeps_message_id=True, reply_tag=False, self_dkim=True)
MAILBOX = MailboxIdentity("maria@example.org", "Maria López", "Acme Inc\n1 Main St", OWN_SERVER)
ORDER = LetterOrder(
    ref=REF,
    mailbox=MAILBOX,
    recipient=Recipient("ann@example.com", "Ann Doe"),
    rendered=Rendered("A question", "Hi Ann,\n\nwhat do you think?\n", "<p>Hi Ann</p>"),
    format="text",
    thread=None,
    list_unsubscribe=True,
    opt_out_line=None,
    public_url="https://go.example.org",
    sent_date=SENT,
)
LETTER = Letter(
    message_id="<token.1.mac@example.org>",
    subject="s",
    envelope_from="b+token@example.org",
    envelope_to="ann+x@example.com",
    raw=b"From: maria@example.org\r\nTo: ann@example.com\r\n\r\nHi Ann\r\n",
    keeps_message_id=True,
)


async def deliver(letter: Letter, server: SmtpServer, seconds: float) -> Fate:
    """One conversation, its connection ended after it."""
    async with Connections() as connections:
        return await smtp.deliver(letter, server, seconds, connections)


def with_capabilities(order: LetterOrder, **changes: bool) -> LetterOrder:
    capabilities = replace(order.mailbox.capabilities, **changes)
    return replace(order, mailbox=replace(order.mailbox, capabilities=capabilities))
