"""What a bounce, a complaint or a reply says of the mail that it is about."""

import re

from tenuto.domain.arrival import Original
from tenuto.mail.mime import READ_MAX

#: In a returned header wherever it stands: in a part of its own, or in the text (82 % of real
#: bounces hold our Message-ID somewhere, 56 % in a part).
_MESSAGE_ID = re.compile(
    rb"^[> \t|]{0,8}(?:X-Microsoft-Original-)?Message-ID:[ \t\r\n]{0,8}(<[!-;=?-~]{3,300}>)",
    re.IGNORECASE | re.MULTILINE,
)
_TOKEN = re.compile(
    rb"^[> \t|]{0,8}(?:X-Tenuto-Token|Feedback-ID):[ \t\r\n]{0,8}([a-z2-7.0-9]{40,80})",
    re.IGNORECASE | re.MULTILINE,
)
_MANY = 20


def original(raw: bytes, texts: str) -> Original:
    """The ids in what follows the mail's own header, and in its decoded text."""
    body = _body(raw[:READ_MAX]) + b"\n" + texts.encode("utf-8", "replace")
    return Original(message_ids=_found(_MESSAGE_ID, body), tokens=_found(_TOKEN, body))


def _found(pattern: re.Pattern[bytes], body: bytes) -> tuple[str, ...]:
    values = dict.fromkeys(match[1].decode("ascii") for match in pattern.finditer(body))
    return tuple(values)[:_MANY]


def _body(raw: bytes) -> bytes:
    ends = [at for mark in (b"\n\n", b"\n\r\n") if (at := raw.find(mark)) >= 0]
    return raw[min(ends) :] if ends else b""
