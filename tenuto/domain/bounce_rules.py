"""Rules for what machines tell of our mail: bounces, delays, complaints, receipts."""

import re

from tenuto.domain import phrases
from tenuto.domain.arrival import Arrival
from tenuto.domain.kind_phrases import DEAD
from tenuto.domain.mail_class import Case, Class, Verdict
from tenuto.domain.notice_text import told

#: Nobody but a mail server writes under such a name.
_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]?daemon|smtp-?daemon|mmdf|mdaemon|bounces?"
    r"|mail-?delivery[\w.-]{0,30}|microsoftexchange\w{0,64}|symantec_\w{0,60})(?:[+=@].{0,300})?",
    re.IGNORECASE,
)
#: Who sends complaints without a part for machines: Hotmail, and AOL in its early years.
_COMPLAINERS = ("staff@hotmail.com", "scomp@aol.", "abuse@aol.", "feedbackloop@", "fbl@", "fbl-")
_COMPLAINT = phrases.any_of(r"""
    ^complaint about message from
    ^(?:e-?mail )?feedback report for ip
    ^\W{0,3}abuse (?:report|complaint)
    ^(?:spam|junk)[ -](?:report|complaint)
    ^client tos notification
""")
_OPINIONS = {"not-spam", "auth-failure", "dmarc", "miscategorized"}
#: How much of a notice says what it is.
_START = 1500
_FIRST_WORDS = 300
_CODE = re.compile(r"\b[45]\d\d[ -]|\b[45]\.\d\.\d")


def feedback(case: Case) -> Verdict:
    """A provider tells of a press on the spam button (RFC 5965), or of something else.

    Who opts out by way of the provider has reported us there too, so that counts as a complaint.
    """
    mail = case.mail
    kind = mail.feedback_type
    if kind is None:
        return Class.COMPLAINT if _complains(mail) else None
    return Class.OTHER if kind in _OPINIONS else Class.COMPLAINT


def _complains(mail: Arrival) -> bool:
    """Without the part for machines, or with one that can't be read."""
    if "feedback-report" in mail.signs.get("content-type", "") or _returned_by_hotmail(mail):
        return True
    return mail.from_address.startswith(_COMPLAINERS) and bool(_COMPLAINT.search(mail.subject))


def _returned_by_hotmail(mail: Arrival) -> bool:
    """Hotmail hands back the very mail, under fields that only its own mailboxes add."""
    return "x-hmxmroriginalrecipient" in mail.signs


def status(case: Case) -> Verdict:
    """A DSN decides by its worst recipient; Status speaks where Action is missing."""
    if _by_a_person(case.mail):
        return None
    actions = {s.action or _by_status(s.status) for s in case.mail.statuses}
    if "failed" in actions:
        return Class.AUTO if _faked(case) else Class.BOUNCE
    if "delayed" in actions:
        return Class.DELAYED
    return Class.OTHER if actions & {"delivered", "relayed", "expanded"} else None


def _by_status(status: str) -> str:
    return {"5": "failed", "4": "failed", "2": "delivered"}.get(status[:1], "")


def _by_a_person(mail: Arrival) -> bool:
    """Somebody answers a bounce, or hands it on with all its parts."""
    answers = mail.answers or phrases.ANSWERS.match(mail.subject) is not None
    report = "report" in mail.signs.get("content-type", "")
    return answers and not (report or mail.null_sender or _DAEMON.match(mail.from_address))


def _faked(case: Case) -> bool:
    """A challenge-response system that dresses as a DSN: a link to confirm, another recipient."""
    notice = told(case.mail.whole_text)
    if phrases.challenges(notice):
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
    notice = told(mail.whole_text)
    says = phrases.BOUNCED.search(mail.subject) or phrases.FAILED.search(notice[:_START])
    by_hand = mail.answers and phrases.ANSWERS.match(mail.subject)
    if not (mail.null_sender or (says and not by_hand)):
        return None
    if phrases.challenges(notice):
        return Class.AUTO
    return Class.DELAYED if _only_delayed(mail.subject, notice) else Class.BOUNCE


def _only_delayed(subject: str, notice: str) -> bool:
    if phrases.DELAYED.search(subject):
        return True
    return bool(phrases.DELAYED.search(notice)) and not phrases.GIVEN_UP.search(notice)


def looks_bounced(case: Case) -> Verdict:
    """The last resort: flufl.bounce, or a notice's words in subject and text, from anybody."""
    mail = case.mail
    notice = told(mail.whole_text)
    in_subject = phrases.BOUNCED.search(mail.subject) is not None
    re_ = phrases.ANSWERS.match(mail.subject) is not None
    if mail.answers or re_:
        # Our own subject may be in it, and somebody may hand on a notice: it must begin as one.
        first = phrases.FAILED.search(mail.text[:_FIRST_WORDS]) is not None
        bounced, delayed = in_subject and first and not (mail.answers and re_), False
    else:
        delayed = _only_delayed(mail.subject, notice)
        in_text = phrases.FAILED.search(mail.text[:_START]) is not None
        returned = bool(mail.original.message_ids)
        start = notice[:_START]
        why = _CODE.search(start) is not None and DEAD.search(start) is not None
        bounced = (
            mail.looks_bounced
            or phrases.NOTICE.match(mail.subject) is not None
            or (in_subject and (in_text or delayed or returned or why))
            or (in_text and (returned or why))
        )
    if not bounced:
        return None
    return Class.DELAYED if delayed else Class.BOUNCE
