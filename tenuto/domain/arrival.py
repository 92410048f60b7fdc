"""A mail that came in, as facts: what `tenuto.mail.parse` read, and the rules judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Envelope:
    """What the mail's own text can't change."""

    #: MAIL FROM, lower-case; empty for the null return path.
    sender: str
    #: RCPT TO, lower-case.
    recipients: tuple[str, ...]
    #: UTC.
    received_at: datetime


@dataclass(frozen=True)
class DeliveryStatus:
    """One recipient's block of a DSN (RFC 3464 section 2.3)."""

    #: failed, delayed, delivered, relayed or expanded; empty when it isn't said.
    action: str
    #: An enhanced status code such as 5.1.1; empty when it isn't said.
    status: str
    diagnostic: str
    #: Final-Recipient and Original-Recipient, those of them that are addresses, lower-case.
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Original:
    """What came back of the mail that this one is about."""

    #: In the order in which they stand there.
    message_ids: tuple[str, ...] = ()
    #: Candidates for a token of ours: `X-Tenuto-Token`, `Feedback-ID`.
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """One mail. Nothing in it is believed: each rule says what it needs."""

    envelope: Envelope
    #: The same for each delivery of the same mail, whatever was added on the way.
    natural_key: str
    #: Lower-case; empty when there is none to be read.
    from_address: str = ""
    subject: str = ""
    in_reply_to: tuple[str, ...] = ()
    #: Oldest first.
    references: tuple[str, ...] = ()
    #: The fields that tell a machine's mail from a person's: lower-case names and values.
    signs: Mapping[str, str] = field(default_factory=dict)
    statuses: tuple[DeliveryStatus, ...] = ()
    #: Of a feedback report (RFC 5965); empty when the report has no type.
    feedback_type: str | None = None
    #: Addresses that a bounce or a feedback report names outside a DSN part.
    named_recipients: tuple[str, ...] = ()
    #: The Disposition of a receipt (RFC 8098), lower-case.
    disposition: str | None = None
    original: Original = Original()
    #: What the sender wrote: no quotes, no signature; capped.
    text: str = ""
    #: The same as a person reads it: what is quoted between two answers stays.
    reply: str = ""
    #: All of the text, quotes and returned headers included; capped.
    whole_text: str = ""
    #: Days that an until, back or return phrase may mean.
    returns: tuple[date, ...] = ()
    #: flufl.bounce found addresses that failed for good.
    looks_bounced: bool = False

    @property
    def null_sender(self) -> bool:
        """Whether it came with the return path of what must not be answered (RFC 5321, 4.5.5)."""
        return not self.envelope.sender

    @property
    def answers(self) -> bool:
        """Whether it says which mail it answers."""
        return bool(self.in_reply_to or self.references)
