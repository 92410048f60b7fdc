"""What a company's server adds to every mail: warnings above it, and legal text below."""

from collections.abc import Sequence

from tenuto.mail.addition_phrases import FOOTNOTE, LEGAL, OUTSIDE, WARNING

_PARAGRAPH_MAX = 4000
_ENOUGH = 2
_FOOTNOTE_MAX = 400
_WARNING_MAX = 600


def without_disclaimers(lines: Sequence[str]) -> list[str]:
    """The lines up to the legal text at their end, and from behind a warning at their start."""
    start, end = 0, len(lines)
    while (first := _paragraph_at_end(lines, start, end)) is not None and first > start:
        if not _is_disclaimer(lines[first:end]):
            break
        end = first
        while end > start and not lines[end - 1].strip():
            end -= 1
    below = _warned(lines[:end])
    return list(lines[below:end])


def _paragraph_at_end(lines: Sequence[str], start: int, end: int) -> int | None:
    """Where the last paragraph begins; None when there is none."""
    while end > start and not lines[end - 1].strip():
        end -= 1
    if end == start:
        return None
    while end > start and lines[end - 1].strip():
        end -= 1
    return end


def _is_disclaimer(paragraph: Sequence[str]) -> bool:
    text = " ".join(map(str.strip, paragraph)).strip()
    if len(text) > _PARAGRAPH_MAX:
        return False
    if len(text) <= _FOOTNOTE_MAX and FOOTNOTE.search(text):
        return True
    return len({match[0].lower() for match in LEGAL.finditer(text)}) >= _ENOUGH


def _warned(lines: Sequence[str]) -> int:
    """The line behind a warning against mail from outside; 0 when there is none."""
    start = next((n for n, line in enumerate(lines) if line.strip()), 0)
    end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    text = " ".join(lines[start:end])
    if end == len(lines) or len(text) > _WARNING_MAX:
        return 0
    return end if WARNING.match(text) and OUTSIDE.search(text) else 0
