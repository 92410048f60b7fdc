"""Amazon SNS as it posts, with a certificate of the tests' own, and SES's messages in it.

The shapes are those of the documentation of SNS and SES; the addresses are nobody's.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID

TOPIC = "arn:aws:sns:us-west-2:123456789012:tenuto"
CERTIFICATE_URL = "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem"
SUBSCRIBE_URL = (
    "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription"
    f"&TopicArn={TOPIC}&Token=2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92"
)
SES_ID = "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000"
Changes = dict[str, Any]


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(
    of: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None,
    until: timedelta = timedelta(days=300),
) -> bytes:
    signing = of or key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(
        name, name, signing.public_key(), x509.random_serial_number(),
        now - timedelta(days=30), now + until,
    )  # fmt: skip
    return built.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@dataclass
class Amazon:
    """What is at the addresses of SNS's; `errors` are raised once each, first come first served."""

    pem: bytes = field(default_factory=certificate)
    visited: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    async def fetch(self, url: str) -> bytes:
        self.visited.append(url)
        if self.errors:
            raise self.errors.pop(0)
        return self.pem


def notification(message: Any, **changes: Any) -> bytes:
    """A message of one of our topics, published now, and signed as a whole after the changes."""
    values = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": stamp(),
        "SignatureVersion": "1",
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe",
    } | changes
    return posted(values)


def confirmation(kind: str = "SubscriptionConfirmation", **changes: Any) -> bytes:
    values = {"Type": kind, "SubscribeURL": SUBSCRIBE_URL, "Token": "2336412f37fb687f5d51e6e2"}
    return notification("You have chosen to subscribe to the topic.", **(values | changes))


def stamp(ago: timedelta = timedelta()) -> str:
    moment = datetime.now(UTC) - ago
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def posted(values: Changes) -> bytes:
    return json.dumps({"Signature": signature(values)} | values).encode()


def signature(values: Changes, by: rsa.RSAPrivateKey | None = None) -> str:
    """Written from the documentation, not from the code that is tested."""
    names = ["Message", "MessageId"]
    names += ["Subject"] if "Subject" in values else []
    names += ["SubscribeURL"] if values["Type"] != "Notification" else []
    names += ["Timestamp"]
    names += ["Token"] if values["Type"] != "Notification" else []
    names += ["TopicArn", "Type"]
    text = "".join(f"{name}\n{values.get(name)}\n" for name in names)
    digest = hashes.SHA1() if values["SignatureVersion"] == "1" else hashes.SHA256()  # noqa: S303
    return base64.b64encode((by or key()).sign(text.encode(), PKCS1v15(), digest)).decode()


def tampered(body: bytes, change: Callable[[Changes], None]) -> bytes:
    values = json.loads(body)
    change(values)
    return json.dumps(values).encode()


def mail(*headers: tuple[str, str], to: str = "pat@firm.example") -> Changes:
    """The `mail` object; without headers when "include original headers" is off."""
    values: Changes = {
        "timestamp": "2016-01-27T14:59:38.237Z",
        "source": "anna@sender.example",
        "sourceArn": "arn:aws:ses:us-west-2:888888888888:identity/sender.example",
        "sourceIp": "127.0.3.0",
        "sendingAccountId": "123456789012",
        "callerIdentity": "IAM_user_or_role_name",
        "messageId": SES_ID,
        "destination": [to],
    }
    if headers:
        values["headersTruncated"] = False
        values["headers"] = [{"name": name, "value": value} for name, value in headers]
        values["commonHeaders"] = {"from": ["Anna <anna@sender.example>"], "to": [to]}
    return values


def bounce(
    of: Changes,
    kind: str = "Permanent",
    subtype: str = "General",
    diagnostic: str | None = "smtp; 550 5.1.1 <pat@firm.example>... User unknown",
    *,
    to: str = "pat@firm.example",
    form: str = "eventType",
) -> Changes:
    recipient: Changes = {"emailAddress": to}
    if diagnostic is not None:
        recipient |= {"action": "failed", "diagnosticCode": diagnostic}
    return {
        form: "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [recipient],
            "timestamp": "2017-08-05T00:41:02.669Z",
            "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
            "reportingMTA": "dsn; mta.example.com",
        },
        "mail": of,
    }


def complaint(of: Changes, kind: str | None = "abuse") -> Changes:
    told: Changes = {
        "complainedRecipients": [{"emailAddress": "pat@firm.example"}],
        "timestamp": "2017-08-05T00:41:02.669Z",
        "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
        "complaintSubType": None,
        "userAgent": "Amazon SES Mailbox Simulator",
        "arrivalDate": "2017-08-05T00:41:02.669Z",
    }
    if kind is not None:
        told["complaintFeedbackType"] = kind
    return {"eventType": "Complaint", "complaint": told, "mail": of}


def received(
    raw: str, to: str, encoding: str = "BASE64", source: str = "pat@firm.example"
) -> Changes:
    content = base64.b64encode(raw.encode()).decode() if encoding == "BASE64" else raw
    verdicts = ("spam", "virus", "spf", "dkim")
    return {
        "notificationType": "Received",
        "receipt": {
            "timestamp": "2015-09-11T20:32:33.936Z",
            "processingTimeMillis": 222,
            "recipients": [to],
            **{f"{name}Verdict": {"status": "PASS"} for name in verdicts},
            "action": {"type": "SNS", "topicArn": TOPIC, "encoding": encoding},
        },
        "mail": mail(("Subject", "Re: Hello"), to=to) | {"source": source},
        "content": content,
    }
