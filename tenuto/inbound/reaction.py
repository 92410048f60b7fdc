"""What follows for a person from a mail that came in.

What bears a token of ours, or an id that only its reader can know, is believed. An address in
From or in a bounce anybody can write, so that by an address alone

- nobody is suppressed or ended: an opt-out, a complaint or any bounce holds the person, and asks;
- a notice of absence holds for the usual week, whatever day it names;
- a reply ends the one enrollment that it can mean; where there are several, all of the person's
  are held, and somebody is asked; where there are none, it is no concern of ours.

A hold sends no mail, so that nobody who asked for silence is written to while it is looked at.
"""

from dataclasses import dataclass

from db import reviews
from db.inbound import Match
from tenuto.domain.bounce_kind import Kind
from tenuto.domain.mail_class import Class, Classified
from tenuto.domain.notice import (
    Bounced,
    Held,
    Notice,
    OutOfOffice,
    Removed,
    Signal,
    Unsubscribed,
)

#: In the column `effect`: nothing follows.
STORED = "stored"
#: Somebody must look at it.
REVIEW = "review"
#: In somebody's mailbox, and about nobody whom we know: it isn't kept.
NOT_OURS = "not_ours"
#: The mailbox is marked: we were refused, not the address.
MAILBOX = "mailbox_trouble"


@dataclass(frozen=True)
class Reaction:
    """What to commit, and what to write down of it."""

    effect: str
    signal: Signal | None = None
    notice: Notice | None = None
    #: All of the person's enrollments are meant.
    whole_person: bool = False


#: No person's own answer, which would end everything anyway.
_UNATTENDED = frozenset({Class.AUTO, Class.OUT_OF_OFFICE, Class.UNSURE})
_NOTHING = frozenset({Class.AUTO, Class.DELAYED, Class.OTHER})
_SIGNALS: dict[tuple[Class, Kind | None], tuple[Signal, Notice]] = {
    (Class.REPLY, None): (Signal.REPLY_RECEIVED, Notice()),
    (Class.UNSUBSCRIBE, None): (Signal.UNSUBSCRIBED, Unsubscribed(by="reply")),
    (Class.COMPLAINT, None): (Signal.COMPLAINED, Notice()),
    (Class.BOUNCE, Kind.HARD): (Signal.BOUNCED, Bounced(kind="hard")),
    (Class.BOUNCE, Kind.SOFT): (Signal.BOUNCED, Bounced(kind="soft")),
}
_ASK = Reaction(REVIEW, Signal.HELD, Held(reason=reviews.REASON), whole_person=True)


def react(
    classified: Classified,
    match: Match | None,
    *,
    to_unsubscribe: bool = False,
    left_company: bool = False,
    stranger: bool = False,
    sender_blocked: bool = False,
) -> Reaction:
    """The reaction to a mail of a class, about this match.

    `to_unsubscribe`: it came to the address of a List-Unsubscribe, with a token of ours.
    `left_company`: it says that the person works there no longer.
    `stranger`: it is from none of the person's addresses.
    `sender_blocked`: it says that we are refused as senders.
    """
    if match is None:
        return Reaction(REVIEW)
    if left_company and classified.class_ in _UNATTENDED and not match.idle:
        return (
            _of(Signal.REMOVED, Removed(reason="left_company"), match) if match.by.proven else _ASK
        )
    if classified.class_ in _NOTHING or (match.idle and not _accuses(classified)):
        return Reaction(STORED)
    if classified.class_ is Class.OUT_OF_OFFICE:
        until = classified.until if match.by.proven else None
        away = OutOfOffice(until=until, sure=match.by.proven)
        return _of(Signal.OUT_OF_OFFICE, away, match)
    if match.enrollment_id is None or classified.class_ is Class.UNSURE:
        return _ASK
    if not match.by.proven and _accuses(classified):
        return _ASK
    if classified.class_ is Class.UNSUBSCRIBE and stranger and not to_unsubscribe:
        # A colleague can't opt out for them.
        return _ASK
    if classified.class_ is Class.UNSUBSCRIBE and to_unsubscribe:
        return _of(Signal.UNSUBSCRIBED, Unsubscribed(by="mail"), match)
    return _known(classified, match, sender_blocked=sender_blocked)


def _accuses(classified: Classified) -> bool:
    return classified.class_ in {Class.UNSUBSCRIBE, Class.COMPLAINT, Class.BOUNCE}


def _known(classified: Classified, match: Match, *, sender_blocked: bool) -> Reaction:
    if classified.kind is Kind.BLOCK:
        blocked = Bounced(kind="block", step=match.step, sender=sender_blocked)
        return Reaction(MAILBOX, Signal.BOUNCED, blocked)
    signal, notice = _SIGNALS[classified.class_, classified.kind]
    if isinstance(notice, Bounced):
        notice = notice.model_copy(update={"step": match.step})
    return _of(signal, notice, match)


def _of(signal: Signal, notice: Notice, match: Match) -> Reaction:
    return Reaction(signal.value, signal, notice, whole_person=match.enrollment_id is None)
