"""Every event and notification of Amazon SES's, in our words."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from tenuto.domain.bounce_kind import Kind
from tenuto.inbound.providers.event import EventType, InboundMail, RefusedError, TrackingEvent
from tenuto.inbound.providers.ses import Ses
from tests.sns_sender import (
    SES_ID,
    TOPIC,
    Amazon,
    Changes,
    bounce,
    complaint,
    mail,
    notification,
    received,
)

PAT = "pat@firm.example"


async def news(message: Any) -> list[TrackingEvent | InboundMail]:
    provider = Ses(frozenset([TOPIC]), Amazon().fetch)
    return await provider.news(notification(message), datetime.now(UTC))


async def events(message: Any) -> list[TrackingEvent]:
    found = await news(message)
    assert all(isinstance(one, TrackingEvent) for one in found)
    return [one for one in found if isinstance(one, TrackingEvent)]


async def unreadable(message: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        await news(message)
    assert refused.value.status == 422
    return str(refused.value)


@pytest.mark.parametrize("form", ["eventType", "notificationType"])
async def test_a_bounce_comes_with_all_that_it_says(form: str) -> None:
    (found,) = await events(bounce(mail(("X-Tenuto-Token", "t.1.x")), form=form))
    assert (found.event_type, found.recipient, found.kind) == ("bounced", PAT, Kind.HARD)
    assert found.mta_response == "smtp; 550 5.1.1 <pat@firm.example>... User unknown"
    assert found.returned == "X-Tenuto-Token: t.1.x"
    assert found.message_ids == (
        f"<{SES_ID}@email.amazonses.com>",
        f"<{SES_ID}@us-west-2.amazonses.com>",
    )
    assert b'"Signature"' in found.raw


@pytest.mark.parametrize(
    ("kind", "subtype", "expected"),
    [
        ("Undetermined", "Undetermined", None),
        ("Permanent", "General", Kind.HARD),
        ("Permanent", "NoEmail", Kind.HARD),
        ("Permanent", "Suppressed", Kind.HARD),
        ("Permanent", "OnAccountSuppressionList", Kind.HARD),
        ("Transient", "General", Kind.SOFT),
        ("Transient", "MailboxFull", Kind.SOFT),
        ("Transient", "MessageTooLarge", Kind.SOFT),
        ("Transient", "ContentRejected", Kind.BLOCK),
        ("Transient", "AttachmentRejected", Kind.BLOCK),
    ],
)
async def test_each_type_of_bounce(kind: str, subtype: str, expected: Kind | None) -> None:
    (found,) = await events(bounce(mail(), kind, subtype, None))
    assert found.kind is expected


async def test_each_recipient_is_an_event_of_its_own() -> None:
    message = bounce(mail())
    message["bounce"]["bouncedRecipients"] += [
        {"emailAddress": "Sam <Sam@firm.example>", "status": "5.1.1", "action": "failed"},
        {"emailAddress": "nobody", "diagnosticCode": None},
    ]
    assert [e.recipient for e in await events(message)] == [PAT, "sam@firm.example", ""]


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        ("abuse", "complained"),
        ("fraud", "complained"),
        ("virus", "complained"),
        ("other", "complained"),
        (None, "complained"),
        ("not-spam", "unknown"),
        ("auth-failure", "unknown"),
        ("opt-out", "unsubscribed"),
    ],
)
async def test_each_type_of_complaint(kind: str | None, event_type: str) -> None:
    (found,) = await events(complaint(mail(), kind))
    assert (found.event_type, found.recipient) == (event_type, PAT)


DELAY = {
    "delayType": "TransientCommunicationFailure",
    "expirationTime": "2020-06-16T00:25:40.095Z",
    "delayedRecipients": [
        {"emailAddress": PAT, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Timeout"}
    ],
    "timestamp": "2020-06-16T00:25:40.095Z",
}
DELIVERY = {
    "timestamp": "2016-10-19T23:21:04.133Z",
    "processingTimeMillis": 11893,
    "recipients": [PAT],
    "smtpResponse": "250 2.6.0 Message received",
    "reportingMTA": "mta.example.com",
}
CLICK = {
    "ipAddress": "192.0.2.1",
    "link": "http://docs.example/",
    "linkTags": {"samplekey0": ["samplevalue0"]},
    "timestamp": "2017-08-09T23:51:25.570Z",
    "userAgent": "Mozilla/5.0",
}


@pytest.mark.parametrize(
    ("message", "event_type", "kind"),
    [
        ({"eventType": "Send", "send": {}}, "sent", None),
        ({"eventType": "Delivery", "delivery": DELIVERY}, "delivered", None),
        ({"notificationType": "Delivery", "delivery": DELIVERY}, "delivered", None),
        ({"eventType": "DeliveryDelay", "deliveryDelay": DELAY}, "deferred", None),
        ({"eventType": "Open", "open": {"userAgent": "Mozilla/5.0"}}, "opened", None),
        ({"eventType": "Click", "click": CLICK}, "clicked", None),
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, "rejected", Kind.BLOCK),
        (
            {
                "eventType": "Rendering Failure",
                "failure": {"errorMessage": "Attribute 'x' is not present", "templateName": "t"},
            },
            "failed",
            Kind.BLOCK,
        ),
        ({"eventType": "NotInventedYet"}, "unknown", None),
    ],
)
async def test_each_other_event(message: Changes, event_type: str, kind: Kind | None) -> None:
    (found,) = await events(message | {"mail": mail()})
    assert (found.event_type, found.recipient, found.kind) == (event_type, PAT, kind)


@pytest.mark.parametrize(
    ("preferences", "event_type"),
    [
        ({"unsubscribeAll": True, "topicSubscriptionStatus": []}, EventType.UNSUBSCRIBED),
        (
            {
                "unsubscribeAll": False,
                "topicSubscriptionStatus": [
                    {"topicName": "ExampleTopicName", "subscriptionStatus": "OptOut"}
                ],
            },
            EventType.UNSUBSCRIBED,
        ),
        (
            {
                "unsubscribeAll": False,
                "topicSubscriptionStatus": [
                    {"topicName": "ExampleTopicName", "subscriptionStatus": "OptIn"}
                ],
            },
            EventType.SUBSCRIBED,
        ),
    ],
)
async def test_a_subscription_tells_what_somebody_wants(
    preferences: Changes, event_type: EventType
) -> None:
    subscription = {
        "contactList": "ContactListName",
        "timestamp": "2022-01-12T01:00:17.910Z",
        "source": "UnsubscribeHeader",
        "newTopicPreferences": preferences,
        "oldTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": []},
    }
    message = {"eventType": "Subscription", "mail": mail(), "subscription": subscription}
    (found,) = await events(message)
    assert (found.event_type, found.recipient) == (event_type, PAT)


@pytest.mark.parametrize(
    "message",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have …"},
    ],
)
async def test_greetings_tell_nothing(message: Any) -> None:
    assert await news(message) == []


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        "[]",
        "[" * 100_000,
        '{"eventType": "\\ud800"}',
        {"eventType": "Bounce"},
        {"eventType": "Bounce", "mail": mail()},
        {"eventType": "Complaint", "mail": mail(), "complaint": {}},
        {"eventType": "Delivery", "mail": mail(), "delivery": {"recipients": "pat"}},
    ],
)
async def test_what_lacks_its_part_is_unreadable(message: Any) -> None:
    assert "unreadable" in await unreadable(message)


@pytest.mark.parametrize("encoding", ["BASE64", "UTF-8"])
async def test_received_mail_is_taken_as_it_came(encoding: str) -> None:
    (found,) = await news(
        received("Subject: Grüße\r\n\r\nJa.\r\n", "Anna@sender.example", encoding)
    )
    assert isinstance(found, InboundMail)
    assert found.raw == "Subject: Grüße\r\n\r\nJa.\r\n".encode()
    assert found.envelope.recipients == ("anna@sender.example",)
    assert found.envelope.sender == PAT


async def test_received_mail_of_a_machine_has_no_sender() -> None:
    (found,) = await news(received("x", "anna@sender.example", source="<>"))
    assert isinstance(found, InboundMail)
    assert found.envelope.sender == ""


async def test_received_mail_without_its_content_says_what_is_needed() -> None:
    message = received("x", "anna@sender.example")
    del message["content"]
    assert "needs an SNS action" in await unreadable(message)


async def test_content_that_is_no_base64_is_unreadable() -> None:
    message = received("x", "anna@sender.example")
    message["content"] = base64.b64encode(b"xx").decode()[:-1]
    assert "Base64" in await unreadable(message)
