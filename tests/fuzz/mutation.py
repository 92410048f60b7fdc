"""One mutated mail for each number: the same number, the same mail, on every machine."""

import re
from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz.seeds import HOSTILE, ordinary

_ONE_HOSTILE_IN = 500
_MUTATIONS_MAX = 8
_LONGEST = 2 * 1024 * 1024

_PIECES = (
    b"", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b"\0", b"\xff", b"\x80", b"\x1b$B", b"\x1b", b"=",
    b"=?", b"=?utf-8?b?/////?=", b"=?x?q?=FF=00?=", b'"', b"<", b">", b"<<>>", b"@", b":", b";",
    b";;=", b"--edge\n", b"--edge--\n", b"boundary=", b"charset=utf-7", b"Content-Type: ", b"(((",
    b")", b"\\", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"> > > ", b"<div>",
    b"<!--", b"&#0;", b"\t ", b"9" * 400, b" " * 400, b"a@b.c", b"until ", b"5.1.1",
    b"Final-Recipient: rfc822;", b"On 1/1/2026 ",
)  # fmt: skip
_CHARSETS = (
    b"utf-7", b"utf-16", b"iso-2022-jp", b"hz", b"idna", b"punycode", b"rot13", b"zlib", b"hex",
    b"unicode_escape", b"undefined", b"mbcs", b"cp65001", b"x" * 300, b"\xff", b"",
)  # fmt: skip
_ENCODINGS = (
    b"base64", b"quoted-printable", b"x-uuencode", b"uuencode", b"8bit", b"binary", b"x", b"",
)  # fmt: skip
_KINDS = (
    b"text/html", b"text/plain", b"message/rfc822", b"message/delivery-status",
    b"multipart/mixed", b"multipart/report; boundary=edge", b"message/feedback-report",
    b"message/external-body", b"message/partial", b"application/ms-tnef",
    b"text/rfc822-headers", b"/", b"text", b"",
)  # fmt: skip
_CHARSET = re.compile(rb"charset=[^\s;]{0,40}")
_ENCODING = re.compile(rb"Content-Transfer-Encoding: [^\r\n]{0,40}")
_KIND = re.compile(rb"Content-Type: [^\r\n]{0,80}")


class Mutator:
    """Makes the mails of one run; `more` are real ones to mutate besides."""

    def __init__(self, seed: int, more: Sequence[bytes] = ()) -> None:
        self._seed = seed
        self._originals = [*ordinary(), *more]

    def mail(self, number: int) -> bytes:
        chance = Random(f"{self._seed}:{number}")  # noqa: S311 - the same each time
        if number % _ONE_HOSTILE_IN == 0:
            hostile = HOSTILE[number // _ONE_HOSTILE_IN % len(HOSTILE)](chance)
            return _byte(hostile, chance) if chance.random() < 1 / 2 else hostile
        mail = chance.choice(self._originals)
        for _ in range(chance.randrange(_MUTATIONS_MAX)):
            mail = chance.choice(_WAYS)(mail, chance)
        if chance.random() < 1 / 20:
            mail = _spliced(mail, chance.choice(self._originals), chance)
        return mail[:_LONGEST]


def _cut(mail: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(mail) + 1)
    return start, min(len(mail), start + chance.choice((0, 1, 4, 40, 400)))


def _insert(mail: bytes, chance: Random) -> bytes:
    start, end = _cut(mail, chance)
    return mail[:start] + chance.choice(_PIECES) + mail[end:]


def _byte(mail: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(mail) + 1)
    return mail[:start] + bytes([chance.randrange(256)]) + mail[start + 1 :]


def _repeat(mail: bytes, chance: Random) -> bytes:
    start, end = _cut(mail, chance)
    return mail[:end] + mail[start:end] * chance.choice((1, 3, 30, 300)) + mail[end:]


def _truncate(mail: bytes, chance: Random) -> bytes:
    return mail[: chance.randrange(len(mail) + 1)]


def _shuffle(mail: bytes, chance: Random) -> bytes:
    lines = mail.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def _swap_lines(mail: bytes, chance: Random) -> bytes:
    lines = mail.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _endings(mail: bytes, chance: Random) -> bytes:
    return mail.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\r\r\n", b"\n\r")))


def _lie(pattern: re.Pattern[bytes], start: bytes, lies: Sequence[bytes]) -> Callable[..., bytes]:
    def way(mail: bytes, chance: Random) -> bytes:
        return pattern.sub(lambda _: start + chance.choice(lies), mail)

    return way


def _enclose(mail: bytes, chance: Random) -> bytes:
    kind = chance.choice(_KINDS)
    return b"From: a@b.c\nContent-Type: " + kind + b"\n\n--edge\n\n" + mail + b"\n--edge--"


def _spliced(mail: bytes, other: bytes, chance: Random) -> bytes:
    return mail[: chance.randrange(len(mail) + 1)] + other[chance.randrange(len(other) + 1) :]


_WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _insert,
    _insert,
    _byte,
    _repeat,
    _truncate,
    _shuffle,
    _swap_lines,
    _endings,
    _enclose,
    _lie(_CHARSET, b"charset=", _CHARSETS),
    _lie(_ENCODING, b"Content-Transfer-Encoding: ", _ENCODINGS),
    _lie(_KIND, b"Content-Type: ", _KINDS),
)
