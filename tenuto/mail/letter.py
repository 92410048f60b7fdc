"""What goes into a letter and what comes out: plain values."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tenuto.domain.errors import InputError
from tenuto.domain.ids import SendRef
from tenuto.mail.template import Rendered


@dataclass(frozen=True)
class Capabilities:
    """What a mailbox's server leaves as we wrote it."""

    #: It takes an envelope sender of ours (VERP), and mail to such addresses reaches us.
    verp: bool
    #: Microsoft 365 doesn't: it gives each mail a Message-ID of its own.
    keeps_message_id: bool
    #: Whether Reply-To is to carry a tag. It looks like bulk mail: off for outreach.
    reply_tag: bool
    #: We sign, not the server.
    self_dkim: bool


@dataclass(frozen=True)
class MailboxIdentity:
    """Who a letter is from."""

    address: str
    name: str
    #: Lines of a street address, which the law asks for in every commercial mail.
    postal_address: str
    capabilities: Capabilities


@dataclass(frozen=True)
class Recipient:
    """Whom a letter is for."""

    address: str
    name: str | None = None


@dataclass(frozen=True)
class ThreadParent:
    """The conversation that a letter goes on with."""

    #: Oldest first, as their servers stored them.
    message_ids: tuple[str, ...]
    subject: str


@dataclass(frozen=True)
class LetterOrder:
    """All that decides a letter's bytes: the same order makes the same letter."""

    ref: SendRef
    mailbox: MailboxIdentity
    recipient: Recipient
    rendered: Rendered
    format: Literal["text", "html"]
    thread: ThreadParent | None
    #: Whether mail programs may show their own button (RFC 2369, RFC 8058).
    list_unsubscribe: bool
    #: The visible line on how to get no more mail.
    opt_out_line: str | None
    #: Where our web door is, such as `https://mail.example.com`.
    public_url: str
    #: With a zone.
    sent_date: datetime

    def __post_init__(self) -> None:
        if not self.list_unsubscribe and not (self.opt_out_line or "").strip():
            raise InputError(
                "a mail must say how to get no more: set `list_unsubscribe` or an opt-out line"
            )
        if not self.mailbox.postal_address.strip():
            raise InputError("a mail must bear a postal address: give the mailbox one")


@dataclass(frozen=True)
class Letter:
    """A message ready to be handed to a server. Only ids show in its repr."""

    message_id: str
    #: As it was sent; follow-ups answer it.
    subject: str = field(repr=False)
    envelope_from: str = field(repr=False)
    envelope_to: str = field(repr=False)
    #: RFC 5322, lines ended by CRLF, not dot-stuffed.
    raw: bytes = field(repr=False)
    #: Whether the server leaves the Message-ID as it is.
    keeps_message_id: bool
