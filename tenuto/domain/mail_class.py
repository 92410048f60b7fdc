"""The classes of mail that comes in, and what decides them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenuto.domain.arrival import Arrival
from tenuto.domain.bounce_kind import Kind


class Class(StrEnum):
    """What kinds of mail come back."""

    REPLY = "reply"
    #: A person, or a machine that doesn't say so: nobody can tell by rule.
    UNSURE = "unsure"
    OUT_OF_OFFICE = "out_of_office"
    #: A machine that wants nothing of us.
    AUTO = "auto"
    BOUNCE = "bounce"
    DELAYED = "delayed"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    OTHER = "other"


@dataclass(frozen=True)
class SentMail:
    """What we know of the mail that this one is about."""

    #: None when only the person is known.
    subject: str | None = None
    #: Lower-case.
    recipient: str | None = None


@dataclass(frozen=True)
class Case:
    """What the rules look at."""

    mail: Arrival
    #: None when nothing says that the mail is about one of ours.
    about: SentMail | None
    #: It came to the address of a List-Unsubscribe, with a token that is ours.
    to_unsubscribe: bool


@dataclass(frozen=True)
class Classified:
    """The decision, with the rule that made it."""

    class_: Class
    rule: str
    #: Of a bounce.
    kind: Kind | None = None
    #: Of an out-of-office notice: until when the person is held; None when it names no day.
    until: datetime | None = None


#: What a rule says; None where it doesn't apply.
Verdict = Class | None
