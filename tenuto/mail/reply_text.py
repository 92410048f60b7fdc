"""What a person wrote, without what they quoted and what machines added.

A line of text is lost only to a rule that knows it for another's: unsure, it is kept.
"""

import re
from collections.abc import Iterator, Sequence

from tenuto.mail.disclaimer import without_disclaimers
from tenuto.mail.quotation import Mark, attributions, is_quoted
from tenuto.mail.quoted_header import announces, header_run, is_header, role
from tenuto.mail.signature_block import is_footer_rule, is_machines, is_mark, is_rule

_NEWLINES = re.compile(r"\r{0,9}\n|\r")
#: Behind its mark, a signature has so many lines at most, and the footer of a list so many.
_SIGNATURE_MAX, _FOOTER_MAX = 20, 8
#: A text in more lines is made to cost time.
_LINES_MAX = 5000
#: A quoted line as long as this one was probably wrapped on the way.
_WRAPPED_FROM = 70


def own_words(text: str) -> str:
    """The sender's words alone: what the rules judge, so that ours are never taken for theirs."""
    kept = [line for line in reply(text).split("\n") if not is_quoted(line)]
    return _stripped(kept)


def reply(text: str) -> str:
    """What a person is shown: the sender's words, with the quotations that stand between them."""
    lines = _rejoined(
        [line.rstrip() for line in _NEWLINES.split(text.removeprefix("\ufeff"))[:_LINES_MAX]]
    )
    if not _has_words(lines) and not any(attributions([line.lstrip("> ") for line in lines])):
        # Nothing says that the quoted lines are another's.
        return _stripped(lines)
    kept: list[str] = []
    for marked, body in _segments(lines):
        if marked and _has_words(kept):
            # Not marked line by line, all that follows may be another's.
            if not is_quoted(next(filter(None, body), "")):
                break
        elif marked:
            # Nothing above: an answer below the quotation, or a mail that is only handed on.
            kept = _below_quotation(body)
            continue
        kept += body
    return _stripped(_without_end(without_disclaimers(kept)))


def _rejoined(lines: list[str]) -> list[str]:
    """Marks pieces that a long quoted line lost its end to."""
    for at in range(1, len(lines) - 1):
        before, piece = lines[at - 1], lines[at]
        if (
            len(before) >= _WRAPPED_FROM > len(piece) > 0
            and not before.endswith((".", "!", "?", ":"))
            and is_quoted(before)
            and is_quoted(lines[at + 1])
            and not is_quoted(piece)
        ):
            lines[at] = f"> {piece}"
    return lines


def _segments(lines: Sequence[str]) -> Iterator[tuple[bool, list[str]]]:
    """The lines between marks, and whether a mark stands above them."""
    code = _code(lines)
    at, marked = 0, False
    for mark in _marks([" " if n in code else line for n, line in enumerate(lines)]):
        yield marked, _without_additions(lines[at : mark.start], code, at)
        at, marked = mark.end, True
    yield marked, _without_additions(lines[at:], code, at)


def _code(lines: Sequence[str]) -> set[int]:
    """The numbers of the lines in blocks of code that are closed again."""
    fences = [n for n, line in enumerate(lines) if line.startswith("```")]
    pairs = zip(fences[::2], fences[1::2], strict=False)
    return {n for first, last in pairs for n in range(first, last + 1)}


def _marks(lines: Sequence[str]) -> list[Mark]:
    found = list(attributions(lines))
    at, announced = 0, False
    while at < len(lines):
        end, holds = at + 1, announces(lines[at])
        if holds:
            announced = True
        elif role(lines[at]):
            end, said = header_run(lines, at)
            holds = is_header(said, announced=announced)
        elif lines[at].strip():
            announced = is_rule(lines[at])
        if holds:
            found.append(Mark(at, end))
        at = end
    return _apart(sorted(found, key=lambda mark: (mark.start, -mark.end)))


def _apart(marks: Sequence[Mark]) -> list[Mark]:
    """Those of marks in order that don't overlap the one before."""
    apart: list[Mark] = []
    for mark in marks:
        if not apart or mark.start >= apart[-1].end:
            apart.append(mark)
    return apart


def _without_additions(lines: Sequence[str], code: set[int], first: int) -> list[str]:
    """Without signatures behind their mark, and what a device adds."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if first + at in code:
            kept.append(line)
        elif (is_mark(line) or is_footer_rule(line)) and (first or any(kept)):
            longest = _FOOTER_MAX if is_footer_rule(line) else _SIGNATURE_MAX
            end = _end_of_signature(lines, at, longest)
            if end is not None:
                at = end
                continue
            kept.append(line)
        elif not is_machines(line):
            kept.append(line)
        at += 1
    return kept


def _end_of_signature(lines: Sequence[str], mark: int, longest: int) -> int | None:
    """Where the next quotation begins; None when there are more lines before it than a signature.

    No further than that is read: else a text of nothing but marks would take its square.
    """
    written = 0
    for number in range(mark + 1, len(lines)):
        if is_quoted(lines[number]):
            return number
        written += bool(lines[number])
        if written > longest:
            return None
    return len(lines)


def _has_words(lines: Sequence[str]) -> bool:
    return any(line.strip() and not is_quoted(line) and not is_rule(line) for line in lines)


def _below_quotation(body: Sequence[str]) -> list[str]:
    first = next((n for n, line in enumerate(body) if line.strip() and not is_quoted(line)), 0)
    return list(body[first:])


def _without_end(lines: Sequence[str]) -> list[str]:
    """Without the quotations and rules below the last words."""
    end = len(lines)
    while end and (
        not lines[end - 1].strip() or is_quoted(lines[end - 1]) or is_rule(lines[end - 1])
    ):
        end -= 1
    return list(lines[:end])


def _stripped(lines: Sequence[str]) -> str:
    """Without blank lines around; the first line's indentation may be code's."""
    return "\n".join(lines).strip("\n").rstrip()
