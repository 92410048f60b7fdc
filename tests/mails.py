"""Mails as they come in, written here: a test says only what it is about."""

from datetime import UTC, datetime

from tenuto.domain.arrival import Arrival, Envelope
from tenuto.mail.parse import parse

#: A Wednesday.
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
OURS = "<m1@sender.example>"


def envelope(sender: str = "pat@firm.example", *recipients: str) -> Envelope:
    return Envelope(sender, recipients or ("anna@sender.example",), NOW)


def raw(body: str = "Yes, let’s talk.", charset: str = "utf-8", **fields: str) -> bytes:
    """A mail from Pat; a field's underscores are dashes, and an empty one is left out."""
    values = {
        "From": "Pat <pat@firm.example>",
        "To": "anna@sender.example",
        "Subject": "Re: Hello Pat",
        "Message-ID": "<p1@firm.example>",
        "Content-Type": f"text/plain; charset={charset}",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\n" for name, value in values.items() if value)
    return f"{head}\n{body}\n".replace("\n", "\r\n").encode()


def report(kind: str, fields: str, *, text: str = "", returned: str = "", **head: str) -> bytes:
    """A multipart/report with a machine-readable part, and the header of what it is about."""
    parts = [("text/plain", text), (f"message/{kind}", fields), ("text/rfc822-headers", returned)]
    body = "".join(f"--edge\nContent-Type: {of}\n\n{content}\n" for of, content in parts)
    return raw(
        f"{body}--edge--",
        **{
            "From": "MAILER-DAEMON@mx.example",
            "Subject": "Undelivered Mail Returned to Sender",
            "Content_Type": "",
            **head,
        },
    ).replace(
        b"\r\n\r\n",
        f'\r\nContent-Type: multipart/report; report-type={kind}; boundary="edge"\r\n\r\n'.encode(),
        1,
    )


def dsn(
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 No such user",
    *,
    action: str = "failed",
    recipient: str = "pat@firm.example",
    text: str = "",
    returned: str = f"Message-ID: {OURS}",
    **head: str,
) -> bytes:
    fields = f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {recipient}\n"
    fields += f"Action: {action}\nStatus: {status}\nDiagnostic-Code: {diagnostic}\n"
    return report("delivery-status", fields, text=text, returned=returned, **head)


def arrival(mail: bytes, sender: str = "pat@firm.example", *recipients: str) -> Arrival:
    return parse(mail, envelope(sender, *recipients))
