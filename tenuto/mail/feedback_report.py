"""Feedback reports, which tell of complaints (RFC 5965), and receipts (RFC 8098)."""

from collections.abc import Iterable

from tenuto.mail import mime
from tenuto.mail.delivery_status import addresses
from tenuto.mail.mime import Mail

_RECIPIENTS = ("Original-Rcpt-To", "Removal-Recipient")


def feedback(parts: Iterable[Mail]) -> tuple[str | None, tuple[str, ...]]:
    """The report's type and the recipients that it names; (None, ()) when there is no report."""
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            blocks = mime.blocks(part)
            kinds = [mime.field(block, "Feedback-Type").lower() for block in blocks]
            named = [mime.field(block, name) for block in blocks for name in _RECIPIENTS]
            return next(filter(None, kinds), ""), tuple(a for n in named for a in addresses(n))
    return None, ()


def disposition(parts: Iterable[Mail]) -> str | None:
    """What a receipt says became of our mail; None when this isn't one."""
    for part in parts:
        if part.get_content_type() == "message/disposition-notification":
            said = [mime.field(block, "Disposition").lower() for block in mime.blocks(part)]
            return next(filter(None, said), "")
    return None
