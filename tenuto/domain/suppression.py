"""Why somebody gets no mail any more: our reasons, and how other products call them."""

import re
from enum import StrEnum

from tenuto.domain.enrollment import ExitReason


class Kind(StrEnum):
    """What a suppression names."""

    ADDRESS = "address"
    #: This very domain, not those below it.
    DOMAIN = "domain"


class Reason(StrEnum):
    """Why a suppression was made; the first one stays."""

    #: The person asked for it.
    OPT_OUT = "opt_out"
    #: The address is dead.
    HARD_BOUNCE = "hard_bounce"
    #: The mailbox couldn't take mail, again; it ends by itself.
    SOFT_BOUNCES = "soft_bounces"
    #: The person reported our mail as spam.
    COMPLAINT = "complaint"
    #: An operator or a service said so, or the person was erased.
    MANUAL = "manual"

    @property
    def exit_reason(self) -> ExitReason:
        """How a live enrollment ends that it forbids."""
        return _EXITS[self]

    @property
    def persons_own(self) -> bool:
        """Whether only the person can take it back."""
        return self in {Reason.OPT_OUT, Reason.COMPLAINT}


_EXITS = {
    Reason.OPT_OUT: ExitReason.OPT_OUT,
    Reason.HARD_BOUNCE: ExitReason.HARD_BOUNCE,
    Reason.SOFT_BOUNCES: ExitReason.SOFT_BOUNCES,
    Reason.COMPLAINT: ExitReason.COMPLAINT,
    Reason.MANUAL: ExitReason.MANUAL,
}
#: As in the exports of Mailchimp, HubSpot, SendGrid, Postmark, Amazon SES and Mailgun; in small
#: letters and without what stands between them.
_WORDS = {
    Reason.OPT_OUT: {
        "optout", "optedout", "unsubscribe", "unsubscribed", "unsubscribes", "unsub",
        "globalunsubscribe", "groupunsubscribe", "listunsubscribe",
    },
    Reason.HARD_BOUNCE: {
        "bounce", "bounced", "bounces", "hardbounce", "hardbounced", "permanent", "invalid",
        "invalidemail", "undeliverable", "cleaned",
    },
    Reason.SOFT_BOUNCES: {"softbounces"},
    Reason.COMPLAINT: {
        "complaint", "complaints", "complained", "spam", "spamcomplaint", "spamreport",
        "spamreports", "abuse",
    },
    Reason.MANUAL: {"manual", "manualsuppression"},
}  # fmt: skip
_BY_WORD = {word: reason for reason, words in _WORDS.items() for word in words}
#: What the other server said, as SendGrid and Mailgun keep it.
_REFUSAL = re.compile(r"5[0-9]{2}[ -]|5\.[0-9]\.[0-9]")


def reason_in(written: str) -> Reason | None:
    """The reason that a word or a server's refusal means; None when it isn't known."""
    if _REFUSAL.match(written.strip()):
        return Reason.HARD_BOUNCE
    return _BY_WORD.get("".join(c for c in written.lower() if c.isalnum()))
