"""Every webhook of Postmark's, in our words."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenuto.domain.bounce_kind import Kind
from tenuto.domain.errors import InputError
from tenuto.inbound.providers.event import EventType, InboundMail, RefusedError, TrackingEvent
from tenuto.inbound.providers.postmark import Postmark, provider
from tests.postmark_hooks import (
    LOGIN,
    MESSAGE_ID,
    Hook,
    body,
    bounce,
    clicked,
    complaint,
    delivery,
    inbound,
    opened,
    stamp,
    subscription,
)
from tests.sns_sender import notification

POSTMARK = provider(LOGIN)
HARD, SOFT, BLOCK = Kind.HARD, Kind.SOFT, Kind.BLOCK


async def event(hook: Hook) -> TrackingEvent:
    (found,) = await POSTMARK.news(body(hook), datetime.now(UTC))
    assert isinstance(found, TrackingEvent)
    return found


async def refusal(given: bytes) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        await POSTMARK.news(given, datetime.now(UTC))
    return refused.value


async def test_a_hard_bounce_comes_with_all_that_it_says() -> None:
    hook = bounce(Content="Return-Path: <>\r\n\r\nX-Tenuto-Token: abc\r\n")
    found = await event(hook)
    assert found.event_type is EventType.BOUNCED
    assert found.recipient == "pat@firm.example"
    assert found.message_ids == (f"<{MESSAGE_ID}@mtasv.net>",)
    assert found.mta_response.startswith("smtp;550 5.1.1")
    assert found.raw == body(hook)
    assert "X-Tenuto-Token: abc" in found.returned
    assert abs(found.timestamp - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("type_", "event_type", "reason", "kind"),
    [
        ("HardBounce", "bounced", "bounced", HARD),
        ("SoftBounce", "bounced", "bounced", SOFT),
        ("Unknown", "bounced", "other", None),
        ("BadEmailAddress", "rejected", "invalid", HARD),
        ("Transient", "deferred", None, None),
        ("DnsError", "deferred", None, None),
        ("OpenRelayTest", "deferred", None, None),
        ("SpamNotification", "bounced", "spam", BLOCK),
        ("VirusNotification", "bounced", "other", BLOCK),
        ("Blocked", "bounced", "blocked", BLOCK),
        ("DMARCPolicy", "bounced", "blocked", BLOCK),
        ("SMTPApiError", "failed", None, BLOCK),
        ("TemplateRenderingFailed", "failed", None, BLOCK),
        ("ManuallyDeactivated", "rejected", "blocked", None),
        ("Unconfirmed", "rejected", None, None),
        ("SpamComplaint", "complained", "spam", None),
        ("Unsubscribe", "unsubscribed", "unsubscribed", None),
        ("Subscribe", "subscribed", None, None),
        ("AutoResponder", "autoresponded", None, None),
        ("AddressChange", "autoresponded", None, None),
        ("ChallengeVerification", "autoresponded", None, None),
        ("InboundError", "inbound_failed", None, None),
        ("NotInventedYet", "unknown", None, None),
    ],
)
async def test_each_type_of_bounce(
    type_: str, event_type: str, reason: str | None, kind: Kind | None
) -> None:
    found = await event(bounce(type_))
    assert (found.event_type, found.reject_reason, found.kind) == (event_type, reason, kind)


@pytest.mark.parametrize(
    ("hook", "event_type"),
    [
        (complaint(), "complained"),
        (subscription(), "unsubscribed"),
        (subscription(reason="HardBounce"), "bounced"),
        (subscription(reason="SpamComplaint"), "complained"),
        (subscription(Origin="Customer", MessageID=None), "unsubscribed"),
        (subscription(suppress=False, reason=None, Tag=None, Metadata={}), "subscribed"),
        (delivery(), "delivered"),
        (opened(), "opened"),
        (clicked(), "clicked"),
        (delivery(RecordType="NotInventedYet"), "unknown"),
        # As webhooks were that were set up long ago.
        (bounce(RecordType=None, Metadata={"user_id": 43}), "bounced"),
        (delivery(RecordType=None), "delivered"),
        (opened(RecordType=None), "unknown"),
    ],
)
async def test_each_record_type(hook: Hook, event_type: str) -> None:
    found = await event(hook)
    assert (found.event_type, found.recipient) == (event_type, "pat@firm.example")


async def test_metadata_that_our_mail_named_is_returned() -> None:
    assert "X-Tenuto-Token: t.1.x" in (await event(delivery(Metadata={"tenuto": "t.1.x"}))).returned


async def test_the_same_event_has_the_same_id_and_another_has_another() -> None:
    once, again = bounce(), bounce()
    again["BouncedAt"] = once["BouncedAt"]
    assert (await event(once)).event_id == (await event(again)).event_id
    assert (await event(once)).event_id != (await event(bounce(ID=1))).event_id
    assert (await event(delivery())).event_id != (await event(opened())).event_id


@pytest.mark.parametrize("ago", [timedelta(hours=25), timedelta(days=2000), -timedelta(hours=1)])
@pytest.mark.parametrize(
    ("hook", "name"),
    [
        (bounce(), "BouncedAt"),
        (complaint(), "BouncedAt"),
        (subscription(), "ChangedAt"),
        (delivery(), "DeliveredAt"),
        (opened(), "ReceivedAt"),
    ],
)
async def test_what_is_old_or_of_the_future_is_refused(
    hook: Hook, name: str, ago: timedelta
) -> None:
    error = await refusal(body(hook | {name: stamp(ago)}))
    assert (error.status, str(error)[:5]) == (403, "stale")


async def test_what_postmark_repeats_after_half_a_day_is_taken() -> None:
    found = await event(bounce(BouncedAt=stamp(timedelta(hours=11))))
    assert found.event_type is EventType.BOUNCED


@pytest.mark.parametrize("changes", [{"BouncedAt": None}, {"BouncedAt": "yesterday"}, {"ID": "x"}])
async def test_a_webhook_that_lacks_what_it_needs_is_unreadable(changes: dict[str, Any]) -> None:
    assert (await refusal(body(bounce(**changes)))).status == 422


@pytest.mark.parametrize("given", [b"", b"x", b"[]", b"null", b"\xff", b"[" * 100_000])
async def test_what_is_no_webhook_is_unreadable(given: bytes) -> None:
    assert (await refusal(given)).status == 422


async def test_amazons_messages_are_none_of_postmarks() -> None:
    assert (await refusal(notification("x"))).status == 422


async def mail(hook: Hook) -> InboundMail:
    (found,) = await POSTMARK.news(body(hook), datetime.now(UTC))
    assert isinstance(found, InboundMail)
    return found


async def test_inbound_mail_is_taken_as_it_came() -> None:
    found = await mail(inbound("Subject: Grüße\r\n\r\nJa.\r\n", "Anna+x@sender.example"))
    assert found.raw == "Subject: Grüße\r\n\r\nJa.\r\n".encode()
    assert found.envelope.recipients == ("anna+x@sender.example",)
    assert found.envelope.sender == "pat@firm.example"


async def test_inbound_mail_without_its_raw_form_says_what_to_switch_on() -> None:
    error = await refusal(body(inbound(None)))
    assert (error.status, "switch on" in str(error)) == (422, True)


@pytest.mark.parametrize(
    ("name", "value", "sender"),
    [
        ("Return-Path", "<>", ""),
        ("Return-Path", "<Sam@firm.example>", "sam@firm.example"),
        ("Received-SPF", "None envelope-from=<>; receiver=x", ""),
        ("Received-SPF", 'pass envelope-from="sam@firm.example"; x', "sam@firm.example"),
        # Nobody says: it must not look like a machine's.
        ("X-Other", "", "pat@firm.example"),
    ],
)
async def test_the_envelope_sender_of_inbound_mail(name: str, value: str, sender: str) -> None:
    hook = inbound("x", Headers=[{"Name": name, "Value": value}])
    assert (await mail(hook)).envelope.sender == sender


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !", "Basic AAAA", "Bearer " + base64.b64encode(LOGIN.encode()).decode(),
     "Basic " + base64.b64encode(LOGIN[:-1].encode()).decode(),
     "Basic " + base64.b64encode(LOGIN.upper().encode()).decode()],
)  # fmt: skip
def test_only_the_login_admits(header: str) -> None:
    with pytest.raises(RefusedError) as refused:
        POSTMARK.admit({"authorization": header})
    assert refused.value.status == 401
    with pytest.raises(RefusedError):
        POSTMARK.admit({})


@pytest.mark.parametrize("login", [LOGIN, "user:pass:with:colons:and:ü"])
def test_the_login_of_the_webhooks_address_admits(login: str) -> None:
    encoded = base64.b64encode(login.encode()).decode()
    Postmark(login).admit({"authorization": f"basic {encoded}"})


@pytest.mark.parametrize(
    "setting", ["", "user", "user:", "user:short", ":a password of 16 or more"]
)
def test_a_setting_without_a_good_password_is_refused(setting: str) -> None:
    with pytest.raises(InputError, match="at least 16 characters") as refused:
        provider(setting)
    assert "short" not in str(refused.value)
