"""The file that a person writes a message in.

    Subject: A question about {{ contact.company }}

    Hi {{ contact.first_name | default("there") }},
    …
    --- html ---
    <p>Hi {{ contact.first_name | default("there") }}, …</p>

The subject, an empty line, the text; after a line `--- html ---`, if there is one, the same
message as HTML.
"""

from typing import NamedTuple

from tenuto.domain.errors import TemplateError

#: Longest template, in characters: mails are cut off at 102 KB by Gmail.
SOURCE_MAX = 100_000

_SUBJECT = "subject:"
_HTML = "--- html ---"


class Part(NamedTuple):
    """A piece of the file, with the line that it begins on (counted from 1)."""

    source: str
    line: int


class TemplateFile(NamedTuple):
    """A template file in its pieces, each still to be filled in."""

    subject: Part
    text: Part
    html: Part | None


def split(name: str, source: str) -> TemplateFile:
    """The pieces of a file; `TemplateError` names the line that is out of order."""
    if len(source) > SOURCE_MAX:
        raise TemplateError(f"{name}: {len(source)} characters; keep it under {SOURCE_MAX}")
    lines = source.removeprefix("\N{BYTE ORDER MARK}").splitlines()
    subject = lines[0] if lines else ""
    if not subject.lower().startswith(_SUBJECT) or not subject[len(_SUBJECT) :].strip():
        raise TemplateError(f"{name}:1: begin the file with a line `Subject: …`")
    if len(lines) < 2 or lines[1].strip():  # noqa: PLR2004  the line after the first
        raise TemplateError(f"{name}:2: leave this line empty; the text begins after it")
    marks = [at for at, line in enumerate(lines) if line.strip().lower() == _HTML]
    if len(marks) > 1:
        raise TemplateError(f"{name}:{marks[1] + 1}: a second `{_HTML}`; remove it")
    end = marks[0] if marks else len(lines)
    text = _part(name, lines, 2, end, "the text")
    html = _part(name, lines, end + 1, len(lines), "the HTML") if marks else None
    return TemplateFile(Part(subject[len(_SUBJECT) :].strip(), 1), text, html)


def _part(name: str, lines: list[str], start: int, end: int, what: str) -> Part:
    source = "\n".join(lines[start:end])
    if not source.strip():
        raise TemplateError(f"{name}:{start + 1}: {what} is missing; write it here")
    return Part(source, start + 1)
