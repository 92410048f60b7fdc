"""Rules for what machines tell of our mail: bounces, delays, complaints, receipts."""

import re

from tenuto.domain import phrases
from tenuto.domain.mail_class import Case, Class, Verdict

_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]?daemon|mmdf|mdaemon|mailadmin|bounces?"
    r"|mail-?delivery[\w.-]{0,30}|microsoftexchange\w{0,64})(?:[+=@].{0,300})?",
    re.IGNORECASE,
)
_ABUSE = {"", "abuse", "fraud", "virus", "other", "complaint"}


def feedback(case: Case) -> Verdict:
    """A provider tells of a press on the spam button (RFC 5965), or of something else."""
    kind = case.mail.feedback_type
    if kind is None:
        # Hotmail's reports have no such part.
        told = case.mail.from_address == "staff@hotmail.com"
        return Class.COMPLAINT if told and "complaint" in case.mail.subject else None
    if kind in _ABUSE:
        return Class.COMPLAINT
    return Class.UNSUBSCRIBE if kind.startswith("opt-out") else Class.OTHER


def status(case: Case) -> Verdict:
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
    named = {r for s in case.mail.statuses for r in s.recipients} | {*case.mail.named_recipients}
    sent_to = case.about.recipient if case.about else None
    # Exchange rewrites the domain of its own users, so that local parts are compared.
    return bool(named and sent_to) and _local(sent_to) not in map(_local, named)


def _local(address: str | None) -> str:
    return (address or "").partition("@")[0]


def failed_recipients(case: Case) -> Verdict:
    """Exim's and Google's own field for a failure."""
    if "x-failed-recipients" not in case.mail.signs:
        return None
    if phrases.DELAYED.search(case.mail.subject):
        return Class.DELAYED
    return Class.AUTO if _faked(case) else Class.BOUNCE


def receipt(case: Case) -> Verdict:
    """Read, or not: no concern of ours, unless it was thrown away for lack of space."""
    said = case.mail.disposition
    if said is None:
        return None
    return Class.BOUNCE if "deleted" in said and "quota" in case.mail.text.lower() else Class.OTHER


def daemon(case: Case) -> Verdict:
    """A mail server writes, without a part for machines."""
    mail = case.mail
    nobody = not mail.from_address and mail.null_sender
    if not nobody and not _DAEMON.match(mail.from_address):
        return None
    if not (mail.null_sender or phrases.BOUNCED.search(mail.subject)):
        return None
    if phrases.DELAYED.search(f"{mail.subject}\n{mail.text}"):
        return Class.DELAYED
    return Class.AUTO if phrases.CHALLENGE.search(mail.text) else Class.BOUNCE


def looks_bounced(case: Case) -> Verdict:
    """The last resort: flufl.bounce, or a bounce's subject above a returned mail."""
    mail = case.mail
    if mail.answers or phrases.ANSWERS.match(mail.subject):
        return None
    says = phrases.BOUNCED.search(mail.subject) is not None
    if (says or mail.looks_bounced) and phrases.DELAYED.search(f"{mail.subject}\n{mail.text}"):
        return Class.DELAYED
    returned = says and mail.original.message_ids
    return Class.BOUNCE if mail.looks_bounced or returned else None
