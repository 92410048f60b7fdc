"""Where a mail quotes another: its quoted lines, and the lines that say who wrote them when."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tenuto.mail.quoting_phrases import BEFORE_NAME, COLONS, OWN, SAID, WROTE, WROTE_UNSPACED

#: A longer line is a paragraph, not an attribution.
_LINE_MAX, _ATTRIBUTION_MAX = 400, 500
#: Over how many lines an attribution is wrapped at most.
_WRAPPED = 6
#: Nobody quotes so many mails: beyond it the text is made to cost time.
_TRIES_MAX = 200
_NEAR_END, _NAME_MAX, _CLOSING_MAX = 3, 8, 40

#: "Richard> …" is how some news readers quote; a `|` that closes the line too is a table's row.
_QUOTED = re.compile(r"\s{0,20}(?:>|\|(?=\s|$)(?!.{0,400}\|\s{0,9}$)|[A-Z][\w.]{0,9}>(?:\s|$))")
_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
)

_DATE = re.compile(
    r"""\d{4}\s?[-/.年년]\s?\d{1,2}\s?[-/.月월]\s?\d{1,2}
    |\b\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}\b
    |\b\d{1,2}(?:st|nd|rd|th|º|er|\.)?\s(?:de\s|of\s|di\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s|del\s)?\d{4}\b
    |\b[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th|\.)?,?\s\d{4}\b
    |\b\d{1,2}[:.h]\d{2}\b""",
    re.VERBOSE,
)
#: With the bracket that opens it, or, wrapped behind that, at the start with the one that closes.
_ADDRESS = re.compile(
    r"[<(\[]\s?(?:mailto:)?[^\s<>()\[\]]{1,64}@[^\s<>()\[\]]{1,255}"
    r"|\A[^\s<>]{1,64}@[^\s<>]{1,255}>"
)
#: What may stand before the date at the start of an attribution: "On Tuesday, ", "Dnia ", "вт, ".
_STARTS = re.compile(
    r"""(?:[^\W\d_]{1,12}[,.]{0,2}[ ]){0,2}(?:[^\W\d_]{1,12}[ ]|[^\W\d_]{0,3}[-־])?
    \(?\d{1,4}(?:[-/.:,年년]|\s|st|nd|rd|th|º|er)""",
    re.VERBOSE,
)
_MONTH_FIRST = re.compile(r"(?:[^\W\d_]{1,12}[,.]{0,2}\s){1,3}[^\W\d_]{3,12}\.?\s\d{1,2}\b")
#: Gmail without a verb: "2016-03-03 17:21 GMT+01:00 Some One".
_ISO = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d{2} GMT[+-]\d{1,2}:\d{2}|\s.{1,120}>$)"
)
_EDGE = " \t\u00a0<>*_-—"


@dataclass(frozen=True)
class Mark:
    """Lines from `start` up to `end` that say whose words follow; no line of them is shown."""

    start: int
    end: int


def is_quoted(line: str) -> bool:
    """Whether the line is marked as another's words."""
    return _QUOTED.match(line) is not None


def visible(line: str) -> str:
    """The line without the marks that steer the direction of writing, and without its edges."""
    return line.translate(_INVISIBLE).strip()


def attributions(lines: Sequence[str]) -> Iterator[Mark]:
    """Every attribution among lines that aren't quoted themselves, in order."""
    free, tries = 0, 0
    for last, line in enumerate(lines):
        if tries == _TRIES_MAX:
            return
        if not _may_end(line) or (is_quoted(line) and not _closes(lines, free, last)):
            continue
        tries += 1
        start = _start(lines, free, last)
        if start is not None:
            free = last + 1
            yield Mark(start, free)


def _may_end(line: str) -> bool:
    if len(line) > _LINE_MAX:
        return False
    plain = visible(line).rstrip("*_ ")
    return plain.endswith((*COLONS, ">", "-")) or bool(_wrote_at(plain)) or bool(_ISO.match(plain))


def _closes(lines: Sequence[str], free: int, last: int) -> bool:
    """Whether the `>` of a short line ends an address that an earlier line began."""
    if len(lines[last]) > _CLOSING_MAX:
        return False
    above = "".join(lines[max(free, last - _WRAPPED // 2) : last])
    return above.count("<") > above.count(">")


def _start(lines: Sequence[str], free: int, last: int) -> int | None:
    """The nearest line above with which it becomes one, preferring one that gives a date."""
    nearest, joined, blanks = None, "", 0
    for start in range(last, max(free, last - _WRAPPED + 1) - 1, -1):
        line = visible(lines[start])
        blanks += not line
        joined = f"{line} {joined}".strip()
        # One blank line at most: some programs set the address apart.
        if blanks > 1 or len(joined) > _ATTRIBUTION_MAX:
            break
        dated = _DATE.search(joined) is not None
        if nearest is not None and (line.endswith((".", "!", "?")) or not _opens(line)):
            continue
        if line and (start == last or _opens(line)) and _attributes(joined, lines, last):
            if dated:
                return _with_name(lines, free, start)
            nearest = start if nearest is None else nearest
    return nearest if nearest is None else _with_name(lines, free, nearest)


def _with_name(lines: Sequence[str], free: int, start: int) -> int:
    """One line up where a name was wrapped away from its address."""
    if start > free and visible(lines[start - 1]).endswith("<"):
        return start - 1
    name = lines[start - 1].split() if start > free else []
    alone = start - 1 == free or (start > free and not lines[start - 2].strip())
    named = 0 < len(name) <= _NAME_MAX // 2 and name[-1][-1:].isalnum()
    return start - 1 if alone and named and visible(lines[start]).startswith("<") else start


def _opens(line: str) -> bool:
    plain = line.strip(_EDGE)
    return bool(_STARTS.match(plain) or _MONTH_FIRST.match(plain) or "<" in line)


def _attributes(joined: str, lines: Sequence[str], last: int) -> bool:
    plain = html.unescape(joined).strip(_EDGE)
    given = html.unescape(joined).rstrip("*_- ")
    dated, addressed = _DATE.search(plain) is not None, _ADDRESS.search(plain) is not None
    if _wrote_at(plain) and (addressed or (dated and _opens(plain) and not _is_own(plain))):
        return True
    if given.endswith(COLONS) and dated and given[:-1].rstrip().endswith((">", ")", "]")):
        return addressed
    if given.endswith(COLONS) and _quote_follows(lines, last):
        # In a language that the tables don't know, too.
        said = SAID & set(_words(plain)[-_NEAR_END:]) or _wrote_at(plain)
        return bool(said) or addressed
    return _ISO.match(given) is not None


def _is_own(line: str) -> bool:
    """Whether somebody says it of himself: "As I wrote on 3 March 2026:"."""
    return not OWN.isdisjoint(_words(line))


def _quote_follows(lines: Sequence[str], last: int) -> bool:
    following = (line for line in lines[last + 1 : last + 3] if line.strip())
    return is_quoted(next(following, ""))


def _words(line: str) -> list[str]:
    return [word.strip(".,:;\"'()<>*-—") for word in line.lower().replace("(a)", "").split()]


def _wrote_at(line: str) -> bool:
    """Whether "wrote" stands where an attribution has it: at the end, or before the name."""
    words = _words(line)
    colon = line.rstrip("*_- ").endswith(COLONS)
    # Without the colon it is the last word: a person goes on after it.
    if any(word in WROTE for word in words[-_NEAR_END if colon else -1 :]):
        return True
    if any(word in line[-20:] for word in WROTE_UNSPACED):
        return True
    if not colon:
        return False
    if any(word in BEFORE_NAME for word in words[-2 * _NAME_MAX :]):
        return True
    return any(pair == ("wrote", "on") for pair in pairwise(words))
