"""Delivery status notifications, the machine-readable part (RFC 3464)."""

import re
from collections.abc import Iterable

from tenuto.domain.arrival import DeliveryStatus
from tenuto.mail import mime
from tenuto.mail.mime import Mail

_ADDRESS = re.compile(r"[^\s<>;:,\"()]{1,64}@[A-Za-z0-9.-]{1,255}")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_RECIPIENTS_MAX = 50
_ACTIONS = {
    "failed": {"failed", "failure", "fail", "error", "undeliverable", "expired", "bounced"},
    "delayed": {"delayed", "delay", "deferred"},
    "delivered": {"delivered"},
    "relayed": {"relayed"},
    "expanded": {"expanded"},
}


def statuses(parts: Iterable[Mail]) -> tuple[DeliveryStatus, ...]:
    """One for each recipient of every delivery-status part."""
    found = [
        _status(block)
        for part in parts
        if part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}
        for block in mime.blocks(part)
        if _about_recipient(block)
    ]
    return tuple(found[:_RECIPIENTS_MAX])


def addresses(value: str) -> tuple[str, ...]:
    """Every address in a field's value, lower-case."""
    return tuple(found.lower() for found in _ADDRESS.findall(value))


def _action(said: str) -> str:
    """One of the five of RFC 3464; servers say `failure` and `deferred` too."""
    return next((action for action, words in _ACTIONS.items() if said in words), "")


def _about_recipient(block: Mail) -> bool:
    return any(name in block for name in ("Action", "Final-Recipient", "Status", "Diagnostic-Code"))


def _status(block: Mail) -> DeliveryStatus:
    code = _STATUS.search(mime.field(block, "Status"))
    words = mime.field(block, "Action").lower().split()
    named = [mime.field(block, f"{which}-Recipient") for which in ("Final", "Original")]
    return DeliveryStatus(
        action=_action(words[0].strip("();,")) if words else "",
        status=code[1] if code else "",
        diagnostic=mime.field(block, "Diagnostic-Code"),
        recipients=tuple(a for value in named for a in addresses(value)),
    )
