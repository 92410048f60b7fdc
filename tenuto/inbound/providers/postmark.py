"""Postmark: what it tells of bounces, complaints, suppressions and deliveries, and inbound mail.

It signs nothing: a login in the webhook's address is the proof.
https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_pascal

from tenuto.domain.arrival import Envelope
from tenuto.domain.bounce_kind import Kind
from tenuto.domain.errors import InputError
from tenuto.inbound.providers.event import (
    FORGED,
    LOGIN,
    UNREADABLE,
    EventType,
    InboundMail,
    RefusedError,
    RejectReason,
    TrackingEvent,
)
from tenuto.inbound.providers.reading import (
    Shape,
    address,
    instant,
    message_ids,
    must_be_fresh,
    read,
)

#: An inbound mail is told twice over: as it came, and in parts, with attachments in Base64.
_SIZE_MAX = 32 * 1024 * 1024
_PASSWORD_MIN = 16
#: It repeats for ten and a half hours.
_OLD, _EARLY = timedelta(hours=24), timedelta(minutes=15)
_ENVELOPE_FROM = re.compile(r"\benvelope-from=\"?<?([^\s;<>\"]{0,320})", re.IGNORECASE)

_E, _R = EventType, RejectReason
_Verdict = tuple[EventType, RejectReason | None, Kind | None]
#: https://postmarkapp.com/developer/api/bounce-api#bounce-types
_BOUNCES: dict[str, _Verdict] = {
    "HardBounce": (_E.BOUNCED, _R.BOUNCED, Kind.HARD),
    "SoftBounce": (_E.BOUNCED, _R.BOUNCED, Kind.SOFT),
    "Unknown": (_E.BOUNCED, _R.OTHER, None),
    "BadEmailAddress": (_E.REJECTED, _R.INVALID, Kind.HARD),
    # Postmark goes on trying.
    "Transient": (_E.DEFERRED, None, None),
    "DnsError": (_E.DEFERRED, None, None),
    "OpenRelayTest": (_E.DEFERRED, None, None),
    # It is our mail that was refused: the address may be good.
    "SpamNotification": (_E.BOUNCED, _R.SPAM, Kind.BLOCK),
    "VirusNotification": (_E.BOUNCED, _R.OTHER, Kind.BLOCK),
    "Blocked": (_E.BOUNCED, _R.BLOCKED, Kind.BLOCK),
    "DMARCPolicy": (_E.BOUNCED, _R.BLOCKED, Kind.BLOCK),
    "SMTPApiError": (_E.FAILED, None, Kind.BLOCK),
    "TemplateRenderingFailed": (_E.FAILED, None, Kind.BLOCK),
    # Somebody of ours did that at Postmark, or didn't finish something there.
    "ManuallyDeactivated": (_E.REJECTED, _R.BLOCKED, None),
    "Unconfirmed": (_E.REJECTED, None, None),
    "SpamComplaint": (_E.COMPLAINED, _R.SPAM, None),
    "Unsubscribe": (_E.UNSUBSCRIBED, _R.UNSUBSCRIBED, None),
    "Subscribe": (_E.SUBSCRIBED, None, None),
    "AutoResponder": (_E.AUTORESPONDED, None, None),
    "AddressChange": (_E.AUTORESPONDED, None, None),
    "ChallengeVerification": (_E.AUTORESPONDED, None, None),
    "InboundError": (_E.INBOUND_FAILED, None, None),
}
_SUPPRESSIONS: dict[str, _Verdict] = {
    "HardBounce": _BOUNCES["HardBounce"],
    "SpamComplaint": _BOUNCES["SpamComplaint"],
    # What a recipient asks for, and what is typed at Postmark.
    "ManualSuppression": _BOUNCES["Unsubscribe"],
}
_OTHERS: dict[str, _Verdict] = {
    "Delivery": (_E.DELIVERED, None, None),
    "Open": (_E.OPENED, None, None),
    "Click": (_E.CLICKED, None, None),
}
_UNKNOWN: _Verdict = (_E.UNKNOWN, None, None)


class _Part(Shape):
    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)


class _Header(_Part):
    name: str
    value: str


class _From(_Part):
    email: str = ""


class _Told(_Part):
    """Any of the webhooks."""

    #: Inbound mail has none, nor have webhooks that were set up long ago.
    record_type: str = ""
    #: Of a bounce or a complaint.
    id: int | None = Field(None, alias="ID")
    type: str = ""
    #: Of the mail, at Postmark: a UUID.
    message_id: str = Field("", alias="MessageID")
    email: str = ""
    recipient: str = ""
    details: str = ""
    #: The bounce itself, where "include bounce content" is on.
    content: str = ""
    #: What our mail named with fields `X-PM-Metadata-…`.
    metadata: Mapping[str, object] = Field({})
    bounced_at: str = ""
    delivered_at: str = ""
    received_at: str = ""
    changed_at: str = ""
    suppress_sending: bool = False
    suppression_reason: str = ""
    #: Of inbound mail.
    from_full: _From = _From()
    original_recipient: str = ""
    headers: tuple[_Header, ...] = ()
    raw_email: str | None = None


class Postmark:
    """Postmark, known by a login."""

    size_max = _SIZE_MAX
    #: At any other status but 200 it tries again.
    gives_up_at = FORGED

    def __init__(self, login: str) -> None:
        self._login = login.encode()

    def admit(self, headers: Mapping[str, str]) -> None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        try:
            login = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            login = b""
        if scheme.lower() != "basic" or not compare_digest(login, self._login):
            raise RefusedError(LOGIN, "without the login of TENUTO_WEBHOOKS__POSTMARK")

    async def news(self, body: bytes, now: datetime) -> list[TrackingEvent | InboundMail]:
        told = read(_Told, body)
        at = told.bounced_at or told.delivered_at or told.changed_at or told.received_at
        if told.record_type == "Inbound" or not (told.record_type or at):
            return [_received(told, now)]
        timestamp = instant(at)
        must_be_fresh(timestamp, now, _OLD, _EARLY)
        return [_event(told, timestamp, body)]


def provider(setting: str) -> Postmark:
    """From `TENUTO_WEBHOOKS__POSTMARK`: `user:password`, as in the webhook's address.

    :raises InputError: when there is no password, or a short one.
    """
    user, _, password = setting.partition(":")
    if not user or len(password) < _PASSWORD_MIN:
        raise InputError(
            "TENUTO_WEBHOOKS__POSTMARK: write user:password, with a password of at least "
            f"{_PASSWORD_MIN} characters; make one: openssl rand -hex 24"
        )
    return Postmark(setting)


def _event(told: _Told, timestamp: datetime, body: bytes) -> TrackingEvent:
    event_type, reason, kind = _verdict(told)
    message_id = told.message_id
    tokens = [f"X-Tenuto-Token: {value}" for value in told.metadata.values()]
    own_id = "" if told.id is None else str(told.id)
    return TrackingEvent(
        event_type=event_type,
        event_id=f"{own_id or message_id} {told.record_type} {timestamp.isoformat()}",
        timestamp=timestamp,
        raw=body,
        recipient=address(told.email or told.recipient),
        message_ids=message_ids(message_id, "mtasv.net"),
        returned="\n".join([*tokens, told.content]),
        mta_response=told.details,
        reject_reason=reason,
        kind=kind,
    )


def _verdict(told: _Told) -> _Verdict:
    if told.bounced_at:
        return _BOUNCES.get(told.type, _BOUNCES.get(told.record_type, _UNKNOWN))
    if told.record_type == "SubscriptionChange":
        if not told.suppress_sending:
            return _BOUNCES["Subscribe"]
        return _SUPPRESSIONS.get(told.suppression_reason, _BOUNCES["Unsubscribe"])
    name = told.record_type or ("Delivery" if told.delivered_at else "")
    return _OTHERS.get(name, _UNKNOWN)


def _received(told: _Told, now: datetime) -> InboundMail:
    if told.raw_email is None:
        raise RefusedError(
            UNREADABLE,
            "unreadable: inbound mail without RawEmail; switch on "
            "“Include raw email content in JSON payload” of the inbound stream",
        )
    recipients = tuple(filter(None, [address(told.original_recipient)]))
    return InboundMail(told.raw_email.encode(), Envelope(_sender(told), recipients, now))


def _sender(told: _Told) -> str:
    """MAIL FROM, which Postmark only tells in fields that it adds; else who the mail is from.

    Never empty by lack of knowledge: an empty one is the null return path, a machine's.
    """
    said = {header.name.lower(): header.value for header in told.headers}
    if "return-path" in said:
        return address(said["return-path"])
    found = _ENVELOPE_FROM.search(said.get("received-spf", ""))
    return address(found[1]) if found else address(told.from_full.email)
