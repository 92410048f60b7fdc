"""What becomes of an event that a provider tells: as with mail, in one transaction, and once.

The core is that of mail: the same clues, the same kinds of bounces, the same reactions. Only what
bears our token, or an id of our mail, is believed; an address alone holds the person, and asks.
"""

import hashlib
from dataclasses import replace

import structlog

from db import inbound, send_states
from db.connection import Connection
from db.engine import transaction
from db.inbound import Match
from tenuto.domain.arrival import Arrival, DeliveryStatus, Envelope, Original
from tenuto.domain.bounce_kind import Kind, kind_of
from tenuto.domain.correlate import Clues, clues
from tenuto.domain.enrollment import SendState
from tenuto.domain.errors import DependencyError
from tenuto.domain.mail_class import Class, Classified
from tenuto.domain.notice import SendResolved, Signal
from tenuto.domain.sender_block import refuses_sender
from tenuto.inbound.keeping import Judged, Receipt, keep
from tenuto.inbound.pipeline import Pipeline
from tenuto.inbound.providers.event import EventType, TrackingEvent
from tenuto.inbound.reaction import STORED, Reaction, react
from tenuto.mail.returned_original import original

#: In the column `effect` of no row: it is about nobody of ours, and not kept.
NOBODY = "nobody"

_CLASSES = {
    EventType.BOUNCED: Class.BOUNCE,
    EventType.REJECTED: Class.BOUNCE,
    EventType.FAILED: Class.BOUNCE,
    EventType.COMPLAINED: Class.COMPLAINT,
    EventType.UNSUBSCRIBED: Class.UNSUBSCRIBE,
    # An absence, for all that the provider knows.
    EventType.AUTORESPONDED: Class.OUT_OF_OFFICE,
    EventType.DEFERRED: Class.DELAYED,
}
#: As many as there are mails. They are kept only where they settle one that was unknown.
_LEFT = {
    EventType.QUEUED, EventType.SENT, EventType.DELIVERED, EventType.OPENED, EventType.CLICKED,
}  # fmt: skip
#: These come within seconds: perhaps before we have written down what we did ourselves.
_SOON = {EventType.SENT, EventType.DELIVERED}

log = structlog.get_logger()


async def take_event(pipeline: Pipeline, event: TrackingEvent, door: str) -> Receipt:
    """Take an event in, once.

    :raises: one of `CANT_STORE`, and then nothing has happened.
    """
    facts = facts_of(event, door)
    hints = clues(facts, pipeline.signer)

    async def work(connection: Connection) -> Receipt:
        return await _commit(connection, event, facts, hints, door)

    receipt = await transaction(pipeline.engine, work)
    log.info("event_received", door=door, event_type=event.event_type.value,
             reject_reason=event.reject_reason and event.reject_reason.value,
             class_=receipt.class_.value, effect=receipt.effect, new=receipt.new)  # fmt: skip
    await pipeline.tell(receipt.told)
    return receipt


def facts_of(event: TrackingEvent, door: str) -> Arrival:
    """The event as a bounce would have told it by mail."""
    action = "failed" if event.event_type in _CLASSES else ""
    named = (event.recipient,) if event.recipient else ()
    found = original(b"", event.returned)
    return Arrival(
        envelope=Envelope("", (), event.timestamp),
        natural_key=_natural_key(event, door),
        statuses=(DeliveryStatus(action, event.status, event.mta_response, named),),
        original=Original((*found.message_ids, *event.message_ids), found.tokens),
    )


def _natural_key(event: TrackingEvent, door: str) -> str:
    parts = (door, event.event_id, event.event_type.value, event.recipient)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


async def _commit(
    connection: Connection, event: TrackingEvent, facts: Arrival, hints: Clues, door: str
) -> Receipt:
    rule = f"{door}: {event.event_type}"
    match = await inbound.match(connection, hints, event.timestamp)
    if match is None:
        return Receipt(Class.OTHER, rule, NOBODY, new=False)
    classified = _classified(event, facts, match, rule)
    if event.event_type in _LEFT:
        if _about_another(event, match):
            return Receipt(classified.class_, classified.rule, STORED, new=False)
        reaction = await _settled(connection, event, match)
        if reaction is None:
            return Receipt(classified.class_, rule, STORED, new=False)
    else:
        # Whoever unsubscribes at the provider's uses what we offer, and complains of nothing.
        reaction = react(
            classified, match, to_unsubscribe=True, sender_blocked=refuses_sender(facts)
        )
    return await keep(connection, Judged(facts, classified, reaction, match, door), event.raw)


def _classified(event: TrackingEvent, facts: Arrival, match: Match, rule: str) -> Classified:
    class_ = _CLASSES.get(event.event_type, Class.OTHER)
    if _about_another(event, match):
        return Classified(Class.OTHER, f"{rule}, to another recipient")
    if class_ is not Class.BOUNCE:
        return Classified(class_, rule)
    if event.event_type is EventType.REJECTED and event.kind is None:
        # Somebody of ours decided that at the provider's.
        return Classified(Class.UNSURE, rule)
    return Classified(class_, rule, kind=_kind(event, facts))


def _about_another(event: TrackingEvent, match: Match) -> bool:
    ours = match.mail.recipient
    return bool(ours and event.recipient) and _local(ours) != _local(event.recipient)


def _local(address: str | None) -> str:
    return (address or "").partition("@")[0]


def _kind(event: TrackingEvent, facts: Arrival) -> Kind:
    """The provider has seen more of it than its answer says; but a refusal of ours is one."""
    by_words = kind_of(facts)
    if event.kind is None or by_words is Kind.BLOCK:
        return by_words
    if event.kind is Kind.HARD and by_words is Kind.SOFT:
        # The provider's word stands where the answer has none; a full mailbox stays one.
        return kind_of(replace(facts, whole_text="user unknown"))
    return event.kind


async def _settled(connection: Connection, event: TrackingEvent, match: Match) -> Reaction | None:
    """What left is no longer unknown; None when there is nothing to settle.

    :raises DependencyError: when it isn't known yet whether it is unknown.
    """
    if match.enrollment_id is None or match.step is None:
        # An address alone names no mail.
        return None
    state = await send_states.of(connection, match.enrollment_id, match.step)
    if state is SendState.SENDING and event.event_type in _SOON:
        raise DependencyError("the mail isn't written down as sent yet; tell it again")
    if state is not SendState.UNKNOWN:
        return None
    notice = SendResolved(step=match.step, outcome="sent")
    return Reaction(Signal.SEND_RESOLVED.value, Signal.SEND_RESOLVED, notice)
