"""Where a mail holds another whole: the line that announces it, and its header fields as text."""

from collections.abc import Sequence

from tenuto.mail.quotation import visible
from tenuto.mail.quoting_phrases import ABOVE, ANNOUNCES, BEGINS, COLONS, ROLES

_LABEL_MAX, _ANNOUNCED_MAX = 30, 120
#: A header field is folded over so many lines at most, and blank ones may part the fields.
_BETWEEN = 3


def announces(line: str) -> bool:
    """Whether the line says that a whole mail follows."""
    plain = visible(line)
    if not 0 < len(plain) <= _ANNOUNCED_MAX:
        return False
    bare = plain.strip("*_ ")
    ruled = bare.startswith(("--", "==")) and ANNOUNCES.search(bare)
    begins = BEGINS.match(bare.lstrip("- ")) and len(bare) <= _ANNOUNCED_MAX // 2
    return bool(ruled or begins or ABOVE.match(bare))


def role(line: str) -> str:
    """What a line says that looks like a header field: sender, date, to …; else empty."""
    label, colon, _ = visible(line[:80]).replace(COLONS[1], ":").partition(":")
    if not colon or len(label) > _LABEL_MAX:
        return ""
    return ROLES.get(label.strip("*_> \u00a0").lower(), "")


def header_run(lines: Sequence[str], start: int) -> tuple[int, frozenset[str]]:
    """The line behind what looks like header fields from `start` on, and what they say."""
    seen = {role(lines[start])}
    at, end = start + 1, start + 1
    while at < len(lines) and at - end < _BETWEEN:
        if said := role(lines[at]):
            seen.add(said)
            end = at + 1
        at += 1
    return end, frozenset(seen)


def is_header(said: frozenset[str], *, announced: bool) -> bool:
    """Two fields below an announcement or a rule, else three; a person writes "To:" as well."""
    return len(said) >= (2 if announced else 3) and not said.isdisjoint({"sender", "date"})
