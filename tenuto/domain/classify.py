"""What a mail that came in is: an ordered table of rules, of which the first that applies decides.

Bounces come before auto-replies: a third of them also say `Auto-Submitted: auto-replied`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from tenuto.domain import phrases
from tenuto.domain.arrival import Arrival
from tenuto.domain.bounce_kind import Kind, kind_of


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


Verdict = Class | None


@dataclass(frozen=True)
class Rule:
    """One row of the table; `decide` gives None where the rule doesn't apply."""

    name: str
    decide: Callable[[Case], Verdict]


def classify(
    mail: Arrival, about: SentMail | None = None, *, to_unsubscribe: bool = False
) -> Classified:
    """The class of a mail, by the first rule that applies."""
    case = Case(mail, about, to_unsubscribe)
    for rule in RULES:
        class_ = rule.decide(case)
        if class_ is not None:
            return Classified(
                class_,
                rule.name,
                kind=kind_of(mail) if class_ is Class.BOUNCE else None,
                until=_until(mail.returns) if class_ is Class.OUT_OF_OFFICE else None,
            )
    return Classified(Class.OTHER, "no rule applies")


def _until(returns: tuple[date, ...]) -> datetime | None:
    """One business day after the return: the first day back belongs to what has piled up."""
    if not returns:
        return None
    day = max(returns) + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


_SATURDAY = 5
_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]?daemon|mmdf|mdaemon|mailadmin|bounces?"
    r"|mail-?delivery[\w.-]{0,30}|microsoftexchange\w{0,64})(?:[+=@].{0,300})?",
    re.IGNORECASE,
)
_ABUSE = {"", "abuse", "fraud", "virus", "other", "complaint"}


def _feedback(case: Case) -> Verdict:
    kind = case.mail.feedback_type
    if kind is None:
        # Hotmail's reports have no such part.
        told = case.mail.from_address == "staff@hotmail.com"
        return Class.COMPLAINT if told and "complaint" in case.mail.subject else None
    if kind in _ABUSE:
        return Class.COMPLAINT
    return Class.UNSUBSCRIBE if kind.startswith("opt-out") else Class.OTHER


def _status(case: Case) -> Verdict:
    """A DSN decides by its worst recipient; Status speaks where Action is missing."""
    actions = {s.action or _by_status(s.status) for s in case.mail.statuses}
    if "failed" in actions:
        return Class.AUTO if _faked(case) else Class.BOUNCE
    if "delayed" in actions:
        return Class.DELAYED
    return Class.OTHER if actions & {"delivered", "relayed", "expanded"} else None


def _by_status(status: str) -> str:
    return {"5": "failed", "4": "failed", "2": "delivered"}.get(status[:1], "")


def _faked(case: Case) -> bool:
    """A challenge-response system that dresses as a DSN: a link to confirm, another recipient."""
    if phrases.CHALLENGE.search(case.mail.text):
        return True
    named = {r for s in case.mail.statuses for r in s.recipients}
    sent_to = case.about.recipient if case.about else None
    # Exchange rewrites the domain of its own users, so that local parts are compared.
    return bool(named and sent_to) and _local(sent_to) not in map(_local, named)


def _local(address: str | None) -> str:
    return (address or "").partition("@")[0]


def _failed_recipients(case: Case) -> Verdict:
    if "x-failed-recipients" not in case.mail.signs:
        return None
    return Class.DELAYED if phrases.DELAYED.search(case.mail.subject) else Class.BOUNCE


def _receipt(case: Case) -> Verdict:
    said = case.mail.disposition
    if said is None:
        return None
    return Class.BOUNCE if "deleted" in said and "quota" in case.mail.text.lower() else Class.OTHER


def _unsubscribe_address(case: Case) -> Verdict:
    return Class.UNSUBSCRIBE if case.to_unsubscribe else None


def _away_subject(case: Case) -> Verdict:
    mail = case.mail
    if not _away_in_subject(case) or phrases.BOUNCED.search(mail.subject):
        return None
    related = mail.null_sender or mail.answers or case.about or "precedence" in mail.signs
    return Class.OUT_OF_OFFICE if _automatic(mail) or related else None


def _away_in_subject(case: Case) -> bool:
    """Whether words of the subject that aren't our own say so."""
    ours = case.about.subject if case.about and case.about.subject else ""
    own = case.mail.subject.lower().replace(ours.lower(), " ") if ours else case.mail.subject
    return phrases.AWAY.search(own) is not None


def _daemon(case: Case) -> Verdict:
    mail = case.mail
    nobody = not mail.from_address and mail.null_sender
    if not nobody and not _DAEMON.match(mail.from_address):
        return None
    if not (mail.null_sender or phrases.BOUNCED.search(mail.subject)):
        return None
    if phrases.DELAYED.search(f"{mail.subject}\n{mail.text}"):
        return Class.DELAYED
    return Class.AUTO if phrases.CHALLENGE.search(mail.text) else Class.BOUNCE


def _automatic(mail: Arrival) -> bool:
    """RFC 3834, and the fields that are older than it."""
    signs = mail.signs
    submitted = signs.get("auto-submitted", "no")
    return (
        not submitted.startswith("no")
        or any(name in signs for name in ("x-autoreply", "x-autorespond", "x-autoresponse"))
        or "auto_reply" in (signs.get("precedence"), signs.get("x-precedence"))
        or ("all" in signs.get("x-auto-response-suppress", "")
            and "x-ms-exchange-inbox-rules-loop" in signs)
    )  # fmt: skip


def _auto_reply(case: Case) -> Verdict:
    mail = case.mail
    if not _automatic(mail):
        return None
    if not mail.answers and phrases.BOUNCED.search(mail.subject):
        return Class.BOUNCE if mail.looks_bounced else Class.AUTO
    away = mail.returns or _away_in_subject(case) or phrases.AWAY.search(mail.text)
    return Class.OUT_OF_OFFICE if away else Class.AUTO


def _looks_bounced(case: Case) -> Verdict:
    mail = case.mail
    if mail.answers or phrases.ANSWERS.match(mail.subject):
        return None
    says = phrases.BOUNCED.search(mail.subject) is not None
    if (says or mail.looks_bounced) and phrases.DELAYED.search(f"{mail.subject}\n{mail.text}"):
        return Class.DELAYED
    returned = says and mail.original.message_ids
    return Class.BOUNCE if mail.looks_bounced or returned else None


def _null_sender(case: Case) -> Verdict:
    return Class.AUTO if case.mail.null_sender else None


def _bulk(case: Case) -> Verdict:
    """More than half of a corpus of people's replies says `Precedence: bulk`."""
    if case.mail.answers or case.about is not None:
        return None
    signs = case.mail.signs
    bulk = signs.get("precedence") in {"bulk", "list", "junk"} or "list-id" in signs
    return Class.AUTO if bulk else None


def _answer(case: Case) -> Verdict:
    if case.about is None:
        return None
    mail = case.mail
    if phrases.wants_no_more(mail.text) or (
        not mail.answers and phrases.wants_no_more(mail.subject)
    ):
        return Class.UNSUBSCRIBE
    if phrases.AWAY.search(mail.text):
        return Class.UNSURE
    return Class.REPLY


RULES: tuple[Rule, ...] = (
    Rule("feedback report", _feedback),
    Rule("delivery status", _status),
    Rule("failed recipients", _failed_recipients),
    Rule("receipt", _receipt),
    Rule("unsubscribe address", _unsubscribe_address),
    Rule("away by its subject", _away_subject),
    Rule("from a mailer-daemon", _daemon),
    Rule("auto-reply fields", _auto_reply),
    Rule("looks bounced", _looks_bounced),
    Rule("null return path", _null_sender),
    Rule("bulk mail", _bulk),
    Rule("an answer to us", _answer),
)
