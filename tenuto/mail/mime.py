"""The parts of a mail that may be hostile: bounded in size, depth and number, never an error."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser

#: What is read of a mail for its facts; the raw mail is kept whole.
READ_MAX = 1024 * 1024
TEXT_MAX = 64 * 1024
#: Outlook's pages begin with tens of thousands of octets of style.
PAGE_MAX = 256 * 1024
FIELD_MAX = 4096
_HEADER_MAX = 128 * 1024
_BOUNDARIES_MAX = 40
_PARTS_MAX = 200

Mail = Message


def read(raw: bytes) -> Mail:
    """The mail; of one nested too deep to be anything but an attack, its header only.

    The old policy: the newer ones raise on header fields that real mail has.
    """
    start = raw[:READ_MAX].lstrip(b"\r\n")
    folded = start.lower()
    nested = folded.count(b"boundary=") + folded.count(b"message/rfc822")
    if nested <= _BOUNDARIES_MAX:
        try:
            return message_from_bytes(start, policy=policy.compat32)
        except (MessageError, LookupError, RecursionError, ValueError, TypeError):
            pass
    return header(start)


def header(raw: bytes) -> Mail:
    """A mail's header alone."""
    return BytesHeaderParser(policy=policy.compat32).parsebytes(raw.lstrip(b"\r\n")[:_HEADER_MAX])


def parts(mail: Mail) -> Iterator[Mail]:
    """The mail's own parts, not those of a message that it returns or forwards."""
    waiting, seen = [mail], 0
    while waiting and seen < _PARTS_MAX:
        part, seen = waiting.pop(), seen + 1
        yield part
        if part.get_content_maintype() == "multipart":
            waiting += reversed(_children(part))


def _children(part: Mail) -> list[Mail]:
    inner = part.get_payload()
    return (
        [child for child in inner if isinstance(child, Message)] if isinstance(inner, list) else []
    )


def blocks(part: Mail) -> list[Mail]:
    """The groups of fields of a report part, however it is encoded."""
    inner = _children(part)
    if part.get_content_type() == "message/delivery-status" and len(inner) > 1:
        return inner
    parse = BytesHeaderParser(policy=policy.compat32).parsebytes
    source = text(part) if not inner else "".join(_source(child) for child in inner)
    groups = source.replace("\r\n", "\n").lstrip("\n").split("\n\n")
    return [parse(group.encode("utf-8", "replace")) for group in groups[:_PARTS_MAX] if group]


def _source(child: Mail) -> str:
    fields = "".join(f"{name}: {value}\n" for name, value in child.items())
    return f"{fields}\n{text(child)}"


def field(mail: Mail, name: str) -> str:
    """A header field, decoded, on one line; empty when it isn't there."""
    for given, value in mail.raw_items():
        if given.lower() == name.lower():
            # Bytes beyond ASCII, which RFC 6532 allows, come as surrogates.
            plain = str(value)[:FIELD_MAX].encode("utf-8", "surrogateescape")
            return decoded(_unmarked(plain, mail))
    return ""


def _unmarked(value: bytes, mail: Mail) -> str:
    """Of bytes that say no charset: UTF-8, or what the mail's body is in."""
    try:
        return value.decode().replace("\0", "")
    except UnicodeDecodeError:
        return _decoded(value, mail.get_content_charset("utf-8"))


def decoded(value: str) -> str:
    """Encoded words (RFC 2047) as text, whatever charset they claim."""
    try:
        words = decode_header(value)
    except (MessageError, LookupError, ValueError):
        words = [(value, None)]
    told = "".join(w if isinstance(w, str) else _decoded(w, charset) for w, charset in words)
    return " ".join(told.encode("utf-8", "replace").decode().split())


def text(part: Mail, most: int = TEXT_MAX) -> str:
    """A part's text, capped at so many octets; bytes that its charset can't mean are replaced."""
    try:
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            return ""
        return _decoded(payload[:most], part.get_content_charset())
    except (MessageError, LookupError, ValueError, TypeError):
        return ""


def _decoded(data: bytes, charset: str | None) -> str:
    try:
        plain = data.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        # A charset that nobody knows.
        plain = data.decode("latin-1")
    # PostgreSQL's text holds no NUL, and a lone surrogate can't be written anywhere.
    return plain.replace("\0", "").encode("utf-8", "replace").decode()
