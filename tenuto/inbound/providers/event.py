"""What mail providers tell of mail, in one vocabulary: django-anymail's names.

A provider is one module beside this one: it knows its own requests and gives back these values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tenuto.domain.arrival import Envelope
from tenuto.domain.bounce_kind import Kind
from tenuto.domain.errors import ForbiddenError

#: The request needs a login, or another one.
LOGIN = 401
#: Forged, or of another time.
FORGED = 403
TOO_LARGE = 413
#: It is the provider's, and yet nothing that we know how to read.
UNREADABLE = 422


class EventType(StrEnum):
    """What became of a mail."""

    #: The provider has taken it, and will try.
    QUEUED = "queued"
    #: The provider has handed it over; it may still come back.
    SENT = "sent"
    #: The provider won't send it.
    REJECTED = "rejected"
    #: The provider couldn't send it.
    FAILED = "failed"
    #: The recipient's server won't have it.
    BOUNCED = "bounced"
    #: The recipient's server says later; the provider goes on trying.
    DEFERRED = "deferred"
    #: The recipient's server has taken it.
    DELIVERED = "delivered"
    #: A machine answered.
    AUTORESPONDED = "autoresponded"
    OPENED = "opened"
    CLICKED = "clicked"
    #: The recipient called it spam.
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    SUBSCRIBED = "subscribed"
    #: Mail came in.
    INBOUND = "inbound"
    #: Mail came in, and the provider couldn't pass it on.
    INBOUND_FAILED = "inbound_failed"
    UNKNOWN = "unknown"


class RejectReason(StrEnum):
    """Why a mail was rejected or came back."""

    #: No address at all.
    INVALID = "invalid"
    BOUNCED = "bounced"
    TIMED_OUT = "timed_out"
    #: By somebody's policy.
    BLOCKED = "blocked"
    SPAM = "spam"
    UNSUBSCRIBED = "unsubscribed"
    OTHER = "other"


@dataclass(frozen=True)
class TrackingEvent:
    """One thing that became of one mail to one recipient."""

    event_type: EventType
    #: The provider's own id of the event: the same when it is told again.
    event_id: str
    timestamp: datetime
    #: The request's body, as it came.
    raw: bytes = field(repr=False)
    #: Lower-case; empty when none can be read.
    recipient: str = ""
    #: Forms in which the provider may have written our mail's Message-ID: `<id@host>`.
    message_ids: tuple[str, ...] = ()
    #: What it gives back of our mail, header lines first of all: our token is looked for in it.
    returned: str = field(default="", repr=False)
    #: What the recipient's server answered; empty when that isn't told.
    mta_response: str = field(default="", repr=False)
    #: An enhanced status code such as 5.1.1, where it is told apart from the answer.
    status: str = ""
    reject_reason: RejectReason | None = None
    #: What the provider says of a bounce; None: the answer's words decide.
    kind: Kind | None = None


@dataclass(frozen=True)
class InboundMail:
    """A mail that came in to the provider, for us."""

    raw: bytes = field(repr=False)
    envelope: Envelope


class Provider(Protocol):
    """What the door asks of a provider; each is made from one setting."""

    @property
    def size_max(self) -> int:
        """Bytes of a body; more aren't read."""

    @property
    def gives_up_at(self) -> int | None:
        """The one status at which it stops repeating a request; None: at any 4xx."""

    def admit(self, headers: Mapping[str, str]) -> None:
        """Refuse what can be refused before the body is read.

        :raises RefusedError: without the login that the setting names.
        """

    async def news(self, body: bytes, now: datetime) -> list[TrackingEvent | InboundMail]:
        """What a request says, after its proof.

        :raises RefusedError: forged, of another time, or unreadable.
        :raises DependencyError: it can't be proved or answered now: the provider tries again.
        """


class RefusedError(ForbiddenError):
    """A request that no repetition makes better. Its text holds nothing that was in it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
