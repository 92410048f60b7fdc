"""What a mail that came in is: an ordered table of rules, of which the first that applies decides.

Bounces come before auto-replies: a third of them also say `Auto-Submitted: auto-replied`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tenuto.domain import answer_rules, bounce_rules
from tenuto.domain.arrival import Arrival
from tenuto.domain.bounce_kind import kind_of
from tenuto.domain.mail_class import Case, Class, Classified, SentMail, Verdict

_SATURDAY = 5


@dataclass(frozen=True)
class Rule:
    """One row of the table; `decide` gives None where the rule doesn't apply."""

    name: str
    decide: Callable[[Case], Verdict]


RULES = (
    Rule("feedback report", bounce_rules.feedback),
    Rule("delivery status", bounce_rules.status),
    Rule("failed recipients", bounce_rules.failed_recipients),
    Rule("receipt", bounce_rules.receipt),
    Rule("unsubscribe address", answer_rules.unsubscribe_address),
    Rule("away by its subject", answer_rules.away_subject),
    Rule("from a mailer-daemon", bounce_rules.daemon),
    Rule("auto-reply fields", answer_rules.auto_reply),
    Rule("looks bounced", bounce_rules.looks_bounced),
    Rule("challenge", answer_rules.challenge),
    Rule("null return path", answer_rules.null_sender),
    Rule("bulk mail", answer_rules.bulk),
    Rule("an answer to us", answer_rules.answer),
)


def classify(
    mail: Arrival, about: SentMail | None = None, *, to_unsubscribe: bool = False
) -> Classified:
    """The class of a mail, by the first rule that applies.

    `about` is the mail of ours that it answers; None when nothing ties it to one.
    `to_unsubscribe`: it came to the address of a List-Unsubscribe, with a token of ours.
    """
    case = Case(mail, about, to_unsubscribe)
    for rule in RULES:
        class_ = rule.decide(case)
        if class_ is not None:
            return _classified(mail, class_, rule)
    return Classified(Class.OTHER, "no rule applies")


def _classified(mail: Arrival, class_: Class, rule: Rule) -> Classified:
    return Classified(
        class_,
        rule.name,
        kind=kind_of(mail) if class_ is Class.BOUNCE else None,
        until=_until(mail.returns) if class_ is Class.OUT_OF_OFFICE else None,
    )


def _until(returns: tuple[date, ...]) -> datetime | None:
    """One business day after the return: the first day back belongs to what has piled up."""
    if not returns:
        return None
    day = max(returns) + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
