"""Amazon SES over SNS: notifications, published events, and mail received by an SNS action."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

import structlog

from tenuto.domain.arrival import Envelope
from tenuto.domain.bounce_kind import Kind
from tenuto.domain.errors import InputError
from tenuto.inbound.providers import sns
from tenuto.inbound.providers.event import (
    UNREADABLE,
    EventType,
    InboundMail,
    RefusedError,
    RejectReason,
    TrackingEvent,
)
from tenuto.inbound.providers.reading import address, instant, message_ids, read
from tenuto.inbound.providers.ses_shapes import Bounce, Preferences, Recipient, Told

#: What SNS carries is of 256 KB at most; its envelope escapes some of that.
_SIZE_MAX = 1024 * 1024
#: What SES says to a topic when it is chosen for notifications, and for published events.
_CHOSEN = "AmazonSnsSubscriptionSucceeded"
_GREETING = "Successfully validated SNS topic for Amazon SES event publishing."

T = TypeVar("T")

log = structlog.get_logger()


class Ses:
    """SES, heard through topics of SNS."""

    size_max = _SIZE_MAX
    gives_up_at = None

    def __init__(self, topics: frozenset[str], fetch: sns.Fetch = sns.fetch) -> None:
        self._topics = sns.Topics(topics, fetch)

    def admit(self, headers: Mapping[str, str]) -> None:
        """Anybody may ask; the signature is in the body."""

    async def news(self, body: bytes, now: datetime) -> list[TrackingEvent | InboundMail]:
        message = await self._topics.proved(body, now)
        if message.type == "SubscriptionConfirmation":
            await self._topics.confirm(message)
        elif message.type == "UnsubscribeConfirmation":
            log.warning("sns_unsubscribed", topic=message.topic_arn)
        elif message.message.strip() != _GREETING:
            told = read(Told, message.message)
            if told.notification_type == "Received":
                return [_received(told, now)]
            return list(_events(told, message, body))
        return []


def provider(setting: str) -> Ses:
    """From `TENUTO_WEBHOOKS__SES`: the ARNs of the topics, separated by commas.

    :raises InputError: when one isn't the ARN of a topic.
    """
    topics = frozenset(filter(None, map(str.strip, setting.split(","))))
    if not topics or not all(map(sns.TOPIC.fullmatch, topics)):
        raise InputError(
            "TENUTO_WEBHOOKS__SES: write the ARNs of your SNS topics, separated by commas, "
            "like arn:aws:sns:eu-west-1:123456789012:tenuto"
        )
    return Ses(topics)


def _events(told: Told, message: sns.Message, body: bytes) -> Iterator[TrackingEvent]:
    mail, region = told.mail, message.topic_arn.split(":")[3]
    if mail is None and told.notification_type == _CHOSEN:
        return
    mail = _there(mail)
    # Where SES writes a Message-ID of its own: us-east-1 has the first host.
    hosts = ("email.amazonses.com", f"{region}.amazonses.com")
    for event_type, recipient, reason, kind in _each(told):
        yield TrackingEvent(
            event_type=event_type,
            event_id=message.message_id,
            timestamp=instant(message.timestamp),
            raw=body,
            recipient=address(recipient.email_address),
            message_ids=message_ids(mail.message_id, *hosts),
            returned="\n".join(f"{h.name}: {h.value}" for h in mail.headers),
            mta_response=recipient.diagnostic_code,
            status=recipient.status,
            reject_reason=reason,
            kind=kind,
        )


_Each = tuple[EventType, Recipient, RejectReason | None, Kind | None]


def _each(told: Told) -> list[_Each]:
    name = told.event_type or told.notification_type
    if name in _READERS:
        return _READERS[name](told)
    event_type, kind = _SIMPLE.get(name, (EventType.UNKNOWN, None))
    return _all(told, event_type, RejectReason.BLOCKED if kind else None, kind)


def _all(
    told: Told, event_type: EventType, reason: RejectReason | None, kind: Kind | None = None
) -> list[_Each]:
    said = told.reject.reason or told.failure.error_message
    return [
        (event_type, Recipient(email_address=name, diagnostic_code=said), reason, kind)
        for name in _there(told.mail).destination
    ]


def _bounced(told: Told) -> list[_Each]:
    bounce = _there(told.bounce)
    found = (EventType.BOUNCED, RejectReason.BOUNCED, _kind(bounce))
    return [(found[0], one, *found[1:]) for one in bounce.bounced_recipients]


def _complained(told: Told) -> list[_Each]:
    complaint = _there(told.complaint)
    kind = complaint.complaint_feedback_type.lower()
    event_type = _COMPLAINTS.get(kind, EventType.COMPLAINED)
    return [(event_type, one, RejectReason.SPAM, None) for one in complaint.complained_recipients]


def _delivered(told: Told) -> list[_Each]:
    names = _there(told.delivery).recipients
    return [(EventType.DELIVERED, Recipient(email_address=name), None, None) for name in names]


def _delayed(told: Told) -> list[_Each]:
    delay = _there(told.delivery_delay)
    return [(EventType.DEFERRED, one, None, None) for one in delay.delayed_recipients]


def _subscribed(told: Told) -> list[_Each]:
    if _unsubscribed(_there(told.subscription).new_topic_preferences):
        return _all(told, EventType.UNSUBSCRIBED, RejectReason.UNSUBSCRIBED)
    return _all(told, EventType.SUBSCRIBED, None)


_READERS: dict[str, Callable[[Told], list[_Each]]] = {
    "Bounce": _bounced,
    "Complaint": _complained,
    "Delivery": _delivered,
    "DeliveryDelay": _delayed,
    "Subscription": _subscribed,
}
#: A virus in our mail, a template that doesn't work: our fault, not the address's.
_SIMPLE = {
    "Send": (EventType.SENT, None),
    "Open": (EventType.OPENED, None),
    "Click": (EventType.CLICKED, None),
    "Reject": (EventType.REJECTED, Kind.BLOCK),
    "Rendering Failure": (EventType.FAILED, Kind.BLOCK),
}
#: Reports that complain of nothing; any other does (RFC 5965 section 7.3).
_COMPLAINTS = {
    "not-spam": EventType.UNKNOWN,
    "auth-failure": EventType.UNKNOWN,
    "opt-out": EventType.UNSUBSCRIBED,
}
_SUBTYPES = {
    "NoEmail": Kind.HARD,
    # SES sends nothing to these any more: they bounced before, or complained.
    "Suppressed": Kind.HARD,
    "OnAccountSuppressionList": Kind.HARD,
    "MailboxFull": Kind.SOFT,
    "MessageTooLarge": Kind.SOFT,
    "ContentRejected": Kind.BLOCK,
    "AttachmentRejected": Kind.BLOCK,
}
_TYPES = {"Permanent": Kind.HARD, "Transient": Kind.SOFT}


def _kind(bounce: Bounce) -> Kind | None:
    return _SUBTYPES.get(bounce.bounce_sub_type) or _TYPES.get(bounce.bounce_type)


def _unsubscribed(now: Preferences) -> bool:
    return now.unsubscribe_all or any(
        topic.subscription_status == "OptOut" for topic in now.topic_subscription_status
    )


def _there(part: T | None) -> T:
    if part is None:
        raise RefusedError(UNREADABLE, "unreadable: an event without the part that it is about")
    return part


def _received(told: Told, now: datetime) -> InboundMail:
    if told.receipt is None or told.mail is None or told.content is None:
        raise RefusedError(
            UNREADABLE,
            "unreadable: mail received without its content; its receipt rule needs an SNS action",
        )
    recipients = tuple(filter(None, map(address, told.receipt.recipients)))
    raw = _content(told.content, told.receipt.action.encoding)
    return InboundMail(raw, Envelope(address(told.mail.source), recipients, now))


def _content(content: str, encoding: str) -> bytes:
    if encoding.upper() != "BASE64":
        return content.encode()
    try:
        return base64.b64decode(content)
    except (binascii.Error, ValueError):
        raise RefusedError(UNREADABLE, "unreadable: content that isn't Base64") from None
