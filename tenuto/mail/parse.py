"""From the bytes of a mail to the facts that the rules judge. Nothing that comes in raises."""

import hashlib
import logging
import re
from collections.abc import Sequence
from email.utils import parseaddr

from flufl.bounce import scan_message

from tenuto.domain.arrival import Arrival, Envelope
from tenuto.mail import mime
from tenuto.mail.delivery_status import addresses, statuses
from tenuto.mail.feedback_report import disposition, feedback
from tenuto.mail.html_text import text_of
from tenuto.mail.mime import Mail
from tenuto.mail.reply_text import own_words
from tenuto.mail.return_date import returns
from tenuto.mail.returned_original import original

#: The fields by which a machine gives itself away (RFC 3834, and what is older than it).
SIGNS = (
    "auto-submitted", "x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-response-suppress",
    "x-ms-exchange-inbox-rules-loop", "precedence", "x-precedence", "list-id", "x-mailer",
    "x-loop", "delivered-to", "x-failed-recipients", "content-type",
)  # fmt: skip
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_REFERENCES_MAX = 50
#: What identifies a mail; fields that servers add on the way are left out.
_IDENTITY = ("Message-ID", "Date", "From", "To", "Subject")
#: Its detectors take time by the line, and a bounce begins with what it says.
_SCANNED_MAX, _SCANNED_LINES = 64 * 1024, 1000

# It logs what it stumbles on, people's addresses included.
logging.getLogger("flufl.bounce").disabled = True


def parse(raw: bytes, envelope: Envelope) -> Arrival:
    """The facts of a mail that may be anything at all."""
    try:
        return _facts(raw, envelope)
    except Exception:  # noqa: BLE001 - a mail that the parser fails on must reach a person, not bounce
        return unreadable(raw, envelope)


def unreadable(raw: bytes, envelope: Envelope) -> Arrival:
    """A mail of which nothing is known but its bytes."""
    key = hashlib.sha256(raw).hexdigest()
    return Arrival(envelope, natural_key=key, whole_text="unreadable")


def _facts(raw: bytes, envelope: Envelope) -> Arrival:
    mail = mime.read(raw)
    parts = list(mime.parts(mail))
    subject, whole = mime.field(mail, "Subject"), _text(parts)
    text = own_words(whole)
    kind, complained = feedback(parts)
    replied_to = _message_ids(mail, "In-Reply-To")
    references = _message_ids(mail, "References")
    found = statuses(parts)
    sender = parseaddr(mime.field(mail, "From"))[1].lower()[:320]
    return Arrival(
        envelope=envelope,
        natural_key=natural_key(raw, mail),
        from_address=sender,
        subject=subject,
        in_reply_to=replied_to,
        references=references,
        signs={name: value for name in SIGNS if (value := mime.field(mail, name).lower())},
        statuses=found,
        feedback_type=kind,
        named_recipients=(*addresses(mime.field(mail, "X-Failed-Recipients")), *complained),
        disposition=disposition(parts),
        original=original(raw, whole),
        text=text,
        whole_text=whole,
        returns=returns(f"{subject}\n{text}", envelope.received_at),
        looks_bounced=not (found or replied_to or references) and _looks_bounced(raw, sender),
    )


def natural_key(raw: bytes, mail: Mail) -> str:
    """Hex SHA-256 over what stays the same when a mail is delivered again.

    The body as well: Message-IDs of machines repeat, and a sender can write any that he likes.
    """
    digest = hashlib.sha256()
    for name in _IDENTITY:
        digest.update(mime.field(mail, name).encode() + b"\0")
    body = raw.lstrip(b"\r\n").replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    digest.update(body.rstrip())
    return digest.hexdigest()


def _message_ids(mail: Mail, name: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(mime.field(mail, name)))[-_REFERENCES_MAX:]


def _text(parts: Sequence[Mail]) -> str:
    shown = [p for p in parts if p.get_content_disposition() != "attachment"]
    plain = [mime.text(p) for p in shown if p.get_content_type() == "text/plain"]
    if not any(map(str.strip, plain)):
        plain = [text_of(mime.text(p)) for p in shown if p.get_content_type() == "text/html"]
    return "\n".join(plain)[: mime.TEXT_MAX]


def _looks_bounced(raw: bytes, sender: str) -> bool:
    try:
        start = raw[:_SCANNED_MAX].splitlines(keepends=True)[:_SCANNED_LINES]
        mail = mime.read(b"".join(start))
        # Its detectors stumble on a From without an address, and then none of the rest is asked.
        del mail["From"]
        mail["From"] = sender or "nobody@localhost"
        return bool(scan_message(mail))
    except Exception:  # noqa: BLE001 - its detectors raise whatever real mail makes them stumble on
        return False
