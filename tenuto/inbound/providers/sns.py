"""Amazon SNS, which carries what SES tells: who signed a message, when, and for whom.

Nothing is asked of an address that the message names before its shape is known: the only hosts
are `sns.<region>.amazonaws.com`, over https, without redirects.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal

import httpx
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate, load_pem_x509_certificate
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_pascal

from tenuto.domain.errors import DependencyError
from tenuto.inbound.providers.event import FORGED, RefusedError
from tenuto.inbound.providers.reading import Shape, instant, must_be_fresh, read

#: A topic's name everywhere.
TOPIC = re.compile(r"arn:aws[a-z-]{0,10}:sns:[a-z0-9-]{5,32}:\d{12}:[\w-]{1,256}(?:\.fifo)?")

#: SNS repeats a delivery for an hour at most, with the timestamp of the first one.
_OLD, _EARLY = timedelta(minutes=75), timedelta(minutes=5)
_HOST = r"https://sns\.[a-z0-9-]{5,32}\.amazonaws\.com(?:\.cn)?/"
_CERTIFICATE_URL = re.compile(_HOST + r"[A-Za-z0-9_-]{1,100}\.pem", re.ASCII)
_SUBSCRIBE_URL = re.compile(
    _HOST + r"\?Action=ConfirmSubscription&[A-Za-z0-9=&%:._~-]{1,2000}", re.ASCII
)
_ANSWER_MAX, _PATIENCE_S = 64 * 1024, 8.0
_KEPT = 16
_OK, _CLIENT_ERRORS = 200, range(300, 500)
#: Request timeout, too early, too many requests: it comes again.
_LATER = {408, 425, 429}
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]

#: From an address to what is there; errors as in `fetch`.
Fetch = Callable[[str], Awaitable[bytes]]

log = structlog.get_logger()


class Message(Shape):
    """A message as SNS posts it."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)

    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    message_id: str = Field(min_length=1, max_length=100)
    topic_arn: str
    message: str
    timestamp: str
    signature: str
    signature_version: Literal["1", "2"]
    signing_cert_url: str = Field(alias="SigningCertURL")
    subject: str | None = None
    subscribe_url: str | None = Field(None, alias="SubscribeURL")
    token: str | None = None


class Topics:
    """The topics that we listen to."""

    def __init__(self, topics: frozenset[str], fetch: Fetch) -> None:
        self._topics = topics
        self._fetch = fetch
        self._certificates: dict[str, Certificate] = {}
        self._fetching = asyncio.Lock()

    async def proved(self, body: bytes, now: datetime) -> Message:
        """The message, if SNS signed it for one of our topics just now.

        :raises RefusedError: if not.
        :raises DependencyError: when SNS's certificate can't be had now.
        """
        message = read(Message, body)
        if message.topic_arn not in self._topics:
            raise RefusedError(FORGED, "of a topic that isn't in TENUTO_WEBHOOKS__SES")
        must_be_fresh(instant(message.timestamp), now, _OLD, _EARLY)
        certificate = await self._certificate(message.signing_cert_url)
        _verify(message, certificate, now)
        return message

    async def confirm(self, message: Message) -> None:
        """Answer SNS's question whether we want this topic, which is one of ours: yes.

        :raises RefusedError: when what it asks us to visit isn't SNS's.
        :raises DependencyError: when SNS can't be reached now.
        """
        if not _SUBSCRIBE_URL.fullmatch(message.subscribe_url or ""):
            raise RefusedError(FORGED, "its SubscribeURL isn't Amazon's")
        await self._fetch(message.subscribe_url or "")
        log.info("sns_subscribed", topic=message.topic_arn)

    async def _certificate(self, url: str) -> Certificate:
        if not _CERTIFICATE_URL.fullmatch(url):
            raise RefusedError(FORGED, "its SigningCertURL isn't Amazon's")
        if url not in self._certificates:
            # One at a time: a flood of forgeries is no flood at Amazon's.
            async with self._fetching:
                if url not in self._certificates:
                    found = _certificate(await self._fetch(url))
                    if len(self._certificates) >= _KEPT:
                        self._certificates.clear()
                    self._certificates[url] = found
        return self._certificates[url]


def _certificate(pem: bytes) -> Certificate:
    try:
        return load_pem_x509_certificate(pem)
    except ValueError:
        raise RefusedError(FORGED, "its SigningCertURL has no certificate") from None


def _verify(message: Message, certificate: Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise RefusedError(FORGED, "its certificate isn't valid now")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise RefusedError(FORGED, "its certificate isn't one of Amazon's")
    # SHA-1 is what SNS signs with until a topic's SignatureVersion is set to 2.
    digest = hashes.SHA1() if message.signature_version == "1" else hashes.SHA256()  # noqa: S303
    try:
        signature = base64.b64decode(message.signature, validate=True)
        key.verify(signature, canonical(message).encode(), PKCS1v15(), digest)
    except (InvalidSignature, binascii.Error, ValueError):
        raise RefusedError(FORGED, "its signature isn't Amazon's") from None


def canonical(message: Message) -> str:
    """What is signed: the fields of its type that it has, in order, each name and value a line."""
    values = message.model_dump(by_alias=True)
    named = [(name, values[name]) for name in _SIGNED[message.type]]
    return "".join(f"{name}\n{value}\n" for name, value in named if value is not None)


async def fetch(url: str) -> bytes:
    """What is at an address of SNS's, whose shape the caller has checked.

    :raises RefusedError: when SNS says that there is no such thing.
    :raises DependencyError: when SNS can't be reached, or has troubles of its own.
    """
    found = b""
    try:
        async with (
            asyncio.timeout(_PATIENCE_S),
            httpx.AsyncClient(follow_redirects=False, timeout=_PATIENCE_S) as http,
            http.stream("GET", url) as answer,
        ):
            status = answer.status_code
            async for chunk in answer.aiter_bytes():
                found += chunk
                if len(found) > _ANSWER_MAX:
                    break
    except (httpx.HTTPError, TimeoutError, OSError) as error:
        msg = f"Amazon SNS can't be reached ({type(error).__name__}); the message comes again"
        raise DependencyError(msg) from None
    if (status in _CLIENT_ERRORS and status not in _LATER) or len(found) > _ANSWER_MAX:
        raise RefusedError(FORGED, f"Amazon SNS answered {status} at the address that it names")
    if status != _OK:
        raise DependencyError(f"Amazon SNS answered {status}; the message comes again")
    return found
