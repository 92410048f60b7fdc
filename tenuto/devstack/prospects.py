"""What prospects and their mail servers send back: a mail in, the mail that answers it out.

Pure functions. The catcher's buttons, the demo's prospects and the tests use the same ones.
"""

import email.policy
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses

from tenuto.devstack.mail_log import parse
from tenuto.domain.errors import InputError

MX = "mx.prospect.example"
#: 7-bit bodies, as every server on the way takes them (RFC 5321 section 2.4).
_WIRE = email.policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Original:
    """A mail that a prospect got, with its envelope."""

    #: MAIL FROM; bounces and vacation notices go there.
    envelope_from: str
    #: The address that it was delivered to.
    recipient: str
    #: The mail itself.
    raw: bytes


@dataclass(frozen=True)
class Answer:
    """A mail ready for SMTP."""

    #: MAIL FROM, `""` for the null return path.
    envelope_from: str
    #: RCPT TO.
    recipient: str
    raw: bytes


def reply(original: Original, now: datetime, text: str) -> Answer:
    """A person's reply, to Reply-To or From, in the mail's thread (RFC 5322 section 3.6.4)."""
    mail = parse(original.raw)
    to = _first_address(mail, "Reply-To") or _first_address(mail, "From")
    subject = re.sub(r"^(re:\s*)*", "Re: ", _header(mail, "Subject"), flags=re.IGNORECASE)
    answer = _draft(original, now, {"From": original.recipient, "To": to, "Subject": subject})
    _put_in_thread(answer, mail)
    answer.set_content(f"{text}\n\n{_quoted(mail)}")
    return Answer(original.recipient, to, answer.as_bytes())


def out_of_office(original: Original, now: datetime, back_on: date) -> Answer:
    """A vacation notice to the return path, from the null one (RFC 3834 sections 3.3 and 4)."""
    mail = parse(original.raw)
    to = _return_path(original)
    subject = f"Automatic reply: {_header(mail, 'Subject')}"
    answer = _draft(original, now, {"From": original.recipient, "To": to, "Subject": subject})
    _put_in_thread(answer, mail)
    answer["Auto-Submitted"] = "auto-replied"
    day = f"{back_on:%B} {back_on.day}, {back_on.year}"
    answer.set_content(f"Thank you for your mail. I am out of the office.\nI am back on {day}.\n")
    return Answer("", to, answer.as_bytes())


def bounce(original: Original, now: datetime) -> Answer:
    """A delivery status notification about an unknown user (RFC 3464)."""
    to = _return_path(original)
    subject = "Undelivered Mail Returned to Sender"
    report = _draft(original, now, {"From": f"MAILER-DAEMON@{MX}", "To": to, "Subject": subject})
    report["Auto-Submitted"] = "auto-replied"
    text = f"<{original.recipient}>: 550 5.1.1 No such user\n"
    status = (
        f"Reporting-MTA: dns; {MX}\n"
        f"Arrival-Date: {format_datetime(now)}\n"
        "\n"
        f"Final-Recipient: rfc822; {original.recipient}\n"
        "Action: failed\n"
        "Status: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\n"
    )
    headers = original.raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    parts = {"message/delivery-status": _lines(status), "text/rfc822-headers": headers}
    return Answer("", to, _report(report, "delivery-status", text, parts))


def complaint(original: Original, now: datetime) -> Answer:
    """A feedback report from behind a spam button, with the whole mail (RFC 5965)."""
    to = _return_path(original)
    sender = f"feedback@{MX}"
    subject = f"FW: {_header(parse(original.raw), 'Subject')}"
    report = _draft(original, now, {"From": sender, "To": to, "Subject": subject})
    feedback = (
        "Feedback-Type: abuse\n"
        "User-Agent: Prospects/1.0\n"
        "Version: 1\n"
        f"Original-Mail-From: <{original.envelope_from}>\n"
        f"Original-Rcpt-To: <{original.recipient}>\n"
        f"Arrival-Date: {format_datetime(now)}\n"
    )
    text = "This is a report of an unwanted mail.\n"
    parts = {"message/feedback-report": _lines(feedback), "message/rfc822": original.raw}
    return Answer(sender, to, _report(report, "feedback-report", text, parts))


def one_click_url(raw: bytes) -> str | None:
    """The URL that a mailbox's unsubscribe button would POST to (RFC 8058 section 3.1)."""
    mail = parse(raw)
    if _header(mail, "List-Unsubscribe-Post").strip() != "List-Unsubscribe=One-Click":
        return None
    found = re.search(r"<(https?://[^>\s]+)>", _header(mail, "List-Unsubscribe"))
    return found[1] if found else None


def _return_path(original: Original) -> str:
    if not original.envelope_from:
        raise InputError("this mail has the null return path: no server may answer it")
    return original.envelope_from


def _draft(original: Original, now: datetime, headers: Mapping[str, str]) -> EmailMessage:
    draft = EmailMessage(policy=_WIRE)
    for name, value in headers.items():
        draft[name] = value
    draft["Date"] = now
    digest = hashlib.sha256(repr((original, now, headers)).encode()).hexdigest()
    draft["Message-ID"] = f"<{digest[:24]}@{MX}>"
    return draft


def _put_in_thread(answer: EmailMessage, mail: EmailMessage) -> None:
    message_id = _header(mail, "Message-ID")
    if message_id:
        answer["In-Reply-To"] = message_id
        answer["References"] = f"{_header(mail, 'References')} {message_id}".strip()


def _report(head: EmailMessage, kind: str, text: str, parts: Mapping[str, bytes]) -> bytes:
    """A multipart/report (RFC 6522).

    Joined by hand: the returned mail stays as it was, octet for octet, where the standard library
    would write its headers anew.
    """
    all_parts = {"text/plain; charset=utf-8": _lines(text), **parts}
    encoding = "7bit" if all(content.isascii() for content in all_parts.values()) else "8bit"
    boundary = f"report-{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"
    head["MIME-Version"] = "1.0"
    head["Content-Type"] = f'multipart/report; report-type={kind}; boundary="{boundary}"'
    head["Content-Transfer-Encoding"] = encoding
    whole = b"".join(_WIRE.fold_binary(name, value) for name, value in head.items())
    for content_type, content in all_parts.items():
        fields = f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n"
        whole += _lines(f"\n--{boundary}\n{fields}\n") + content
    return whole + _lines(f"\n--{boundary}--\n")


def _lines(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _quoted(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    text = body.get_content() if body else ""
    lines = "\n".join(f"> {line}" for line in text.splitlines())
    return f"On {_header(mail, 'Date')}, {_header(mail, 'From')} wrote:\n{lines}\n"


def _header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name, ""))


def _first_address(mail: EmailMessage, name: str) -> str:
    return next((address for _, address in getaddresses([_header(mail, name)]) if address), "")
