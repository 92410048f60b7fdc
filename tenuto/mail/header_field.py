"""One header field: whatever is in its value, it stays one field."""

import re
import unicodedata
from collections.abc import Iterable
from email.header import Header

from tenuto.domain.errors import InputError

#: A line of a header is best kept this short (RFC 5322 section 2.1.1).
LINE = 76
CRLF = "\r\n"

_ENDS_LINES = {"Cc", "Zl", "Zp"}
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(r'[^\s<>@"(),:;\\\[\]]{1,64}@[^\s<>@"(),:;\\\[\]]{1,255}')
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")


def one_line(text: str) -> str:
    """The text without line ends and other control characters, its blanks single."""
    plain = "".join(" " if unicodedata.category(c) in _ENDS_LINES else c for c in text)
    return " ".join(plain.split())


def checked_address(address: str, whose: str) -> str:
    """An address that can stand in a header and in an SMTP command as it is."""
    if one_line(address) != address or not _ADDRESS.fullmatch(address):
        # Not quoted: the message may be logged.
        raise InputError(f"{whose} address isn't one that mail can be sent to; correct it")
    return address


def unstructured(name: str, text: str) -> str:
    """A field of free text, such as Subject; encoded words where needed (RFC 2047)."""
    plain = one_line(text)
    value = Header(plain, _charset(plain), header_name=name)
    return f"{name}: " + value.encode(linesep=CRLF)


def mailbox(name: str, display_name: str | None, address: str) -> str:
    """A field of one address with a name, such as From."""
    phrase = _phrase(name, one_line(display_name or ""))
    if not phrase:
        return f"{name}: {address}"
    line = f"{name}: {phrase}"
    last = line.rpartition("\n")[2]
    blank = " " if len(last) + len(address) + 3 <= LINE else f"{CRLF} "
    return f"{line}{blank}<{address}>"


def tokens(name: str, values: Iterable[str]) -> str:
    """A field of words that mustn't be encoded or split: Message-IDs, URLs."""
    return f"{name}: " + f"{CRLF} ".join(values)


def message_ids(candidates: Iterable[str]) -> list[str]:
    """Those that are Message-IDs indeed: a server's answer may hold anything."""
    return [given for given in candidates if _MESSAGE_ID.fullmatch(given)]


def _phrase(name: str, text: str) -> str:
    if _charset(text) == "us-ascii" and len(text) < LINE - len(name):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return text if not text or _ATOMS.fullmatch(text) else f'"{escaped}"'
    return Header(text, "utf-8", header_name=name).encode(linesep=CRLF)


def _charset(text: str) -> str:
    """Plain ASCII as it is, unless it looks encoded or has a word too long for a line."""
    plain = text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) < LINE
    return "us-ascii" if plain else "utf-8"
