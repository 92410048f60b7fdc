"""The envelope of a mail that lies in a folder, as its own server wrote it into the header."""

from datetime import UTC, datetime
from email import policy
from email.parser import BytesHeaderParser

from tenuto.domain.arrival import Envelope
from tenuto.mail import mime
from tenuto.mail.delivery_status import addresses
from tenuto.mail.mime import Mail

#: Whom it was for. To and Cc as well: a tagged Reply-To comes back there, and a token that stands
#: in a header can't be forged.
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To",
               "To", "Cc")  # fmt: skip
_HEADER_MAX = 128 * 1024
_RECIPIENTS_MAX = 50


def header(raw: bytes) -> Mail:
    """The header alone, of a mail that may be anything."""
    return BytesHeaderParser(policy=policy.compat32).parsebytes(raw[:_HEADER_MAX].lstrip(b"\r\n"))


def envelope(raw: bytes, mailbox: str, arrived_at: datetime, now: datetime) -> Envelope:
    """Who sent it to whom; `mailbox` is the address whose folder it lies in.

    The topmost Return-Path is the one that the mailbox's own server wrote. Where there is none,
    or it can't be read, nobody can say that it was null: the sender is whoever stands in From.
    """
    head = header(raw)
    null = "Return-Path" in head and mime.field(head, "Return-Path").strip("<> ") == ""
    known = addresses(mime.field(head, "Return-Path")) or addresses(mime.field(head, "From"))
    sender = () if null else known or (mailbox,)
    named = [a for name in _RECIPIENTS for a in addresses(mime.field(head, name))]
    recipients = tuple(dict.fromkeys([*named, mailbox]))[-_RECIPIENTS_MAX:]
    # What waited here while nobody read came when it came; a clock ahead of ours isn't believed.
    received = min(arrived_at.astimezone(UTC), now)
    return Envelope(sender[0] if sender else "", recipients, received)
