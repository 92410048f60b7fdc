"""Rules for what answers our mail: people, and machines in their stead."""

from tenuto.domain import phrases
from tenuto.domain.arrival import Arrival
from tenuto.domain.mail_class import Case, Class, Verdict

#: How far into a text a notice of absence says so.
_START = 300


def unsubscribe_address(case: Case) -> Verdict:
    """Whoever has the token of a List-Unsubscribe asks by writing there, whatever he writes."""
    return Class.UNSUBSCRIBE if case.to_unsubscribe else None


def away_subject(case: Case) -> Verdict:
    """Words of absence in the subject, on a mail that is about ours or comes from a machine."""
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


def auto_reply(case: Case) -> Verdict:
    """A machine that says so."""
    mail = case.mail
    if not _automatic(mail):
        return None
    if not mail.answers and phrases.BOUNCED.search(mail.subject):
        return Class.BOUNCE if mail.looks_bounced else Class.AUTO
    away = mail.returns or _away_in_subject(case) or phrases.AWAY.search(mail.text)
    return Class.OUT_OF_OFFICE if away else Class.AUTO


def null_sender(case: Case) -> Verdict:
    """No person writes with a return path that can't be answered."""
    return Class.AUTO if case.mail.null_sender else None


def bulk(case: Case) -> Verdict:
    """More than half of a corpus of people's replies says `Precedence: bulk`."""
    if case.mail.answers or case.about is not None:
        return None
    signs = case.mail.signs
    bulk = signs.get("precedence") in {"bulk", "list", "junk"} or "list-id" in signs
    return Class.AUTO if bulk else None


def answer(case: Case) -> Verdict:
    """About a mail of ours, and no machine's: a person answers."""
    if case.about is None:
        return None
    mail = case.mail
    if phrases.wants_no_more(mail.text) or (
        not mail.answers and phrases.wants_no_more(mail.subject)
    ):
        return Class.UNSUBSCRIBE
    # "I'm out of office until Monday": a person's own words, or a machine's that doesn't say so.
    return Class.UNSURE if phrases.AWAY.search(mail.text[:_START]) else Class.REPLY
