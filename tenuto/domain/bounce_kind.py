"""Hard, soft or block: what a bounce says of the address.

"5.x means hard" is right one time in three: of the unknown users of real Exims many come with
5.0.0, and some servers say 5.1.1 of a mailbox that is full. So the words are asked first, those
about this recipient (Diagnostic-Code) before those of the whole notice, and the code says which of
them can be true; without words the code decides. In doubt it is soft.
"""

import re
from enum import StrEnum

from tenuto.domain.arrival import Arrival, DeliveryStatus
from tenuto.domain.kind_phrases import DEAD, FULL, LATER, NAMES, OURS
from tenuto.domain.notice_text import told


class Kind(StrEnum):
    """What follows for the address."""

    #: It is dead.
    HARD = "hard"
    #: It can't take mail now.
    SOFT = "soft"
    #: We were refused; the address may be good.
    BLOCK = "block"


_HARD = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4", "5.4.310"}
#: Hard only with the words for it; 5.1.0 and the like are every server's own.
_NOT_HARD = re.compile(r"4\.(?!1\.1$)|5\.2\.[023]$|5\.3\.[1-9]|5\.4\.[67]$|5\.1\.[78]$")

_CODE = re.compile(r"(?<![\d.])([45]\.\d\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.:-])([45][0-5]\d)(?=[\s-])")
_WORDS_MAX = 4000


def kind_of(arrival: Arrival) -> Kind:
    """The kind of a bounce, by the first recipient that failed."""
    failed = _failed(arrival.statuses)
    diagnostic = _plain(failed.diagnostic) if failed else ""
    notice = _plain(told(arrival.whole_text))
    code = _code(failed, diagnostic, notice)
    said = _by_words(code, diagnostic)
    if said is None and not (failed and code in _HARD):
        said = _by_words(code, notice)
    return said or _by_code(code)


def _failed(statuses: tuple[DeliveryStatus, ...]) -> DeliveryStatus | None:
    """The first that says so, or else that doesn't say what became of the mail."""
    said = [one for action in ("failed", "") for one in statuses if one.action == action]
    return said[0] if said else None


def _plain(text: str) -> str:
    """On one line: mail servers wrap theirs in mid-phrase."""
    return NAMES.sub(" <> ", " ".join(text[: 2 * _WORDS_MAX].split()))[:_WORDS_MAX]


def _by_words(code: str, words: str) -> Kind | None:
    dead, ours = DEAD.search(words), OURS.search(words)
    if FULL.search(words):
        return Kind.BLOCK if ours and _spam(code) else Kind.SOFT
    if code in _HARD and dead:
        return Kind.HARD
    if ours:
        return Kind.SOFT if code.startswith("4") else Kind.BLOCK
    if code not in _HARD and LATER.search(words):
        return Kind.SOFT
    return Kind.HARD if dead and not _NOT_HARD.match(code) else None


def _spam(code: str) -> bool:
    return code.startswith("5.7.")


def _by_code(code: str) -> Kind:
    if code in _HARD:
        return Kind.HARD
    return Kind.BLOCK if code.startswith("5.7.") or code in {"5.1.7", "5.1.8"} else Kind.SOFT


def _code(failed: DeliveryStatus | None, diagnostic: str, notice: str) -> str:
    """An enhanced status code: the diagnostic's, the notice's, or Status unless it says nothing."""
    status = failed.status if failed and not failed.status.endswith(".0.0") else ""
    found = _CODE.search(diagnostic)
    if found or status:
        return found[1] if found else status
    reply = _REPLY.search(diagnostic)
    if reply:
        return f"{reply[1][0]}.0.0"
    found = _CODE.search(notice)
    reply = _REPLY.search(notice)
    return found[1] if found else f"{reply[1][0]}.0.0" if reply else ""
