"""Who may speak for Amazon SNS: a signature, a topic of ours, and a time that is about now."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tenuto.domain.errors import DependencyError, InputError
from tenuto.inbound.providers import ses, sns
from tenuto.inbound.providers.event import RefusedError
from tenuto.inbound.providers.sns import Message, Topics
from tests.sns_sender import (
    CERTIFICATE_URL,
    SUBSCRIBE_URL,
    TOPIC,
    Amazon,
    certificate,
    confirmation,
    notification,
    posted,
    signature,
    stamp,
    tampered,
)


async def proved(body: bytes, amazon: Amazon | None = None) -> Message:
    topics = Topics(frozenset([TOPIC]), (amazon or Amazon()).fetch)
    return await topics.proved(body, datetime.now(UTC))


async def refusal(body: bytes, amazon: Amazon | None = None) -> tuple[int, str]:
    with pytest.raises(RefusedError) as refused:
        await proved(body, amazon)
    return refused.value.status, str(refused.value)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [{}, {"Subject": "Amazon SES Email Event Notification"}])
async def test_a_signature_of_either_version_proves_a_notification(
    version: str, subject: dict[str, str]
) -> None:
    message = await proved(notification("hello\n", SignatureVersion=version, **subject))
    assert message.message == "hello\n"


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
async def test_a_signature_proves_a_confirmation(kind: str) -> None:
    assert (await proved(confirmation(kind))).subscribe_url == SUBSCRIBE_URL


async def test_the_certificate_is_fetched_once() -> None:
    amazon = Amazon()
    topics = Topics(frozenset([TOPIC]), amazon.fetch)
    for number in range(3):
        await topics.proved(notification("x", MessageId=str(number)), datetime.now(UTC))
    assert amazon.visited == [CERTIFICATE_URL]


@pytest.mark.parametrize(
    "name", ["Message", "MessageId", "Subject", "Timestamp", "Type", "Signature"]
)
async def test_a_message_that_was_changed_is_forged(name: str) -> None:
    changes = {"Type": "UnsubscribeConfirmation", "Timestamp": stamp(timedelta(seconds=9))}

    def change(values: dict[str, Any]) -> None:
        values[name] = changes.get(name, values[name][:-1] + "x")

    body = notification("hello", Subject="hello")
    assert await refusal(tampered(body, change)) == (403, "its signature isn't Amazon's")


@pytest.mark.parametrize("name", ["SubscribeURL", "Token"])
async def test_a_confirmation_that_was_changed_is_forged(name: str) -> None:
    body = tampered(confirmation(), lambda values: values.update({name: values[name] + "1"}))
    assert (await refusal(body))[1] == "its signature isn't Amazon's"


async def test_another_keys_signature_is_forged() -> None:
    values = json.loads(notification("hello"))
    values["Signature"] = signature(values, rsa.generate_private_key(65537, 2048))
    assert (await refusal(posted(values)))[0] == 403


async def test_a_signature_by_the_other_versions_digest_is_forged() -> None:
    body = tampered(notification("hello"), lambda values: values.update(SignatureVersion="2"))
    assert (await refusal(body))[0] == 403


@pytest.mark.parametrize("text", ["", "!", "AAAA", "ü"])
async def test_a_signature_that_is_none_is_forged(text: str) -> None:
    body = tampered(notification("hello"), lambda values: values.update(Signature=text))
    assert (await refusal(body))[0] == 403


HOSTILE = [
    "http://sns.us-west-2.amazonaws.com/x.pem",
    "https://sns.us-west-2.amazonaws.com.evil.example/x.pem",
    "https://sns.us-west-2.amazonaws.com@evil.example/x.pem",
    "https://evil.example/x.pem?https://sns.us-west-2.amazonaws.com/x.pem",
    "https://evil.example\\@sns.us-west-2.amazonaws.com/x.pem",
    "https://sns.us-west-2.amazonaws.com:8443/x.pem",
    "https://user:pw@sns.us-west-2.amazonaws.com/x.pem",
    "https://sns.us-west-2.evil.amazonaws.com/x.pem",
    "https://sns.us-west-2xamazonaws.com/x.pem",
    "https://sns.us-west-2.amazonaws-com.evil.example/x.pem",
    "https://sns.us-west-2.amazonawsxcom/x.pem",
    "https://xsns.us-west-2.amazonaws.com/x.pem",
    "https://s3.us-west-2.amazonaws.com/bucket/x.pem",
    "https://sns.us-west-2.amazonaws.com/../x.pem",
    "https://sns.us-west-2.amazonaws.com/x.pem?y",
    "https://sns.us-west-2.amazonaws.com/x.pem#y",
    "https://sns.us-west-2.amazonaws.com/x.pem\n",
    "https://sns.us-west-2.amazonaws.com/x.exe",
    "https://sns.\N{CYRILLIC SMALL LETTER DZE}a-west-2.amazonaws.com/x.pem",
    "https://127.0.0.1/x.pem",
    "file:///etc/x.pem",
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_no_certificate_is_fetched_from_anywhere_else(url: str) -> None:
    amazon = Amazon()
    body = notification("hello", SigningCertURL=url)
    assert await refusal(body, amazon) == (403, "its SigningCertURL isn't Amazon's")
    assert amazon.visited == []


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE_URL,
        CERTIFICATE_URL.replace("us-west-2", "cn-north-1").replace(".com", ".com.cn"),
    ],
)
async def test_amazons_own_addresses_are_asked(url: str) -> None:
    assert (await proved(notification("hello", SigningCertURL=url))).message == "hello"


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        certificate(ec.generate_private_key(ec.SECP256R1())),
        certificate(until=timedelta(days=-1)),
    ],
    ids=["nothing", "broken", "no RSA", "expired"],
)
async def test_a_certificate_that_proves_nothing_is_refused(pem: bytes) -> None:
    assert (await refusal(notification("hello"), Amazon(pem)))[0] == 403


async def test_a_certificate_that_cant_be_had_now_is_asked_for_again() -> None:
    amazon = Amazon(errors=[DependencyError("down")])
    topics = Topics(frozenset([TOPIC]), amazon.fetch)
    with pytest.raises(DependencyError):
        await topics.proved(notification("hello"), datetime.now(UTC))
    assert (await topics.proved(notification("hello"), datetime.now(UTC))).message == "hello"


@pytest.mark.parametrize("ago", [timedelta(minutes=76), timedelta(days=400), -timedelta(minutes=6)])
async def test_what_is_old_or_of_the_future_is_refused_though_it_is_signed(ago: timedelta) -> None:
    status, why = await refusal(notification("hello", Timestamp=stamp(ago)))
    assert (status, why[:5]) == (403, "stale")


@pytest.mark.parametrize("ago", [timedelta(minutes=70), -timedelta(minutes=4)])
async def test_what_sns_repeats_within_its_hour_is_taken(ago: timedelta) -> None:
    assert (await proved(notification("hello", Timestamp=stamp(ago)))).message == "hello"


@pytest.mark.parametrize("text", ["", "now", "2026-03-04T09:30:00", "-1", "1772616600"])
async def test_an_instant_that_is_none_is_unreadable(text: str) -> None:
    assert (await refusal(notification("hello", Timestamp=text)))[0] == 422


async def test_another_topic_is_refused_before_anything_is_fetched() -> None:
    amazon = Amazon()
    body = notification("hello", TopicArn=f"{TOPIC}s")
    assert (await refusal(body, amazon))[0] == 403
    assert amazon.visited == []


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000])
async def test_what_is_no_message_is_unreadable_and_named_by_its_shape(body: bytes) -> None:
    status, why = await refusal(body)
    assert (status, why[:11]) == (422, "unreadable:")


async def test_a_refusal_repeats_nothing_of_the_message() -> None:
    _, why = await refusal(b'{"Type": "pat@firm.example", "pat@firm.example": 1}')
    assert "pat" not in why


async def test_a_subscription_to_our_topic_is_confirmed_by_a_visit() -> None:
    amazon = Amazon()
    assert (
        await ses.Ses(frozenset([TOPIC]), amazon.fetch).news(confirmation(), datetime.now(UTC))
        == []
    )
    assert amazon.visited == [CERTIFICATE_URL, SUBSCRIBE_URL]


@pytest.mark.parametrize(
    "url", [*HOSTILE, CERTIFICATE_URL, SUBSCRIBE_URL + "\n", SUBSCRIBE_URL + "@x"]
)
async def test_no_other_address_is_visited_even_when_it_is_signed(url: str) -> None:
    amazon = Amazon()
    provider = ses.Ses(frozenset([TOPIC]), amazon.fetch)
    with pytest.raises(RefusedError):
        await provider.news(confirmation(SubscribeURL=url), datetime.now(UTC))
    assert amazon.visited == [CERTIFICATE_URL]


async def test_an_unsubscription_is_only_logged() -> None:
    amazon = Amazon()
    provider = ses.Ses(frozenset([TOPIC]), amazon.fetch)
    body = confirmation("UnsubscribeConfirmation")
    assert await provider.news(body, datetime.now(UTC)) == []
    assert amazon.visited == [CERTIFICATE_URL]


@pytest.mark.parametrize(
    "setting", ["", ",", "tenuto", f"{TOPIC}, tenuto", f"{TOPIC}:sub", TOPIC[:-7]]
)
def test_a_setting_that_names_no_topic_is_refused(setting: str) -> None:
    with pytest.raises(InputError, match="TENUTO_WEBHOOKS__SES: write the ARNs"):
        ses.provider(setting)


async def test_topics_are_listed_with_commas() -> None:
    made = ses.provider(f"{TOPIC}.fifo, {TOPIC}")
    for topic, why in (
        (TOPIC, "SigningCertURL"),
        (f"{TOPIC}.fifo", "SigningCertURL"),
        ("x", "topic"),
    ):
        with pytest.raises(RefusedError, match=why):
            await made.news(notification("x", TopicArn=topic, SigningCertURL=""), datetime.now(UTC))


def test_the_signed_text_is_that_of_the_documentation() -> None:
    body = tampered(
        notification("My Test Message"), lambda values: values.update(Subject="My subject")
    )
    values = json.loads(body)
    assert sns.canonical(Message.model_validate_json(body)) == (
        "Message\nMy Test Message\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\n"
        f"Subject\nMy subject\nTimestamp\n{values['Timestamp']}\n"
        f"TopicArn\n{TOPIC}\nType\nNotification\n"
    )
