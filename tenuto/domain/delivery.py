"""What became of one attempt to hand a mail to a server."""

import re
from dataclasses import dataclass
from datetime import timedelta

#: Waits between temporary refusals of one mail; after the last, the step is skipped.
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240))

#: Reasons of a mail that wasn't sent. The first also holds a mailbox with a server of its own.
LOGIN_REFUSED, OAUTH_UNAVAILABLE = "login_refused", "oauth_unavailable"
#: Policy and security, RFC 3463 section 3.8.
_POLICY = re.compile(r"(?<![\d.])5\.7\.\d{1,3}(?![\d.]*\d)")


@dataclass(frozen=True)
class Sent:
    """The server took it."""

    reply: str
    #: The Message-ID that the server gave it, where it replaces ours.
    stored_message_id: str | None = None


@dataclass(frozen=True)
class Refused:
    """The server refused it for good."""

    reply: str
    #: Whether the address is at fault: then the contact bounced. Else we are.
    recipient: bool

    @property
    def block(self) -> bool:
        """Whether our mail was refused for policy, as spam is."""
        return not self.recipient and _POLICY.search(self.reply) is not None


@dataclass(frozen=True)
class NotSent:
    """Nothing left; it may be tried again."""

    reason: str
    reply: str = ""
    #: Whether the server blames us: the mailbox is marked.
    ours: bool = False
    #: Whether trying again is senseless: the step is skipped.
    final: bool = False


@dataclass(frozen=True)
class Unclear:
    """The server had the message and gave no answer."""

    reason: str


@dataclass(frozen=True)
class Broken:
    """No mail could be made for this contact; nothing was tried, and a person must look."""

    reason: str
    reply: str = ""


Fate = Sent | Refused | NotSent | Unclear | Broken
