"""The message templates that a sequence names, read and checked."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from starter.sequence_source import read
from tenuto.domain.draft import Draft, Email
from tenuto.domain.errors import TemplateError
from tenuto.domain.problem import Problem
from tenuto.mail.template import Template, parse, required_attributes

_PLACED = re.compile(r":([0-9]+): (.*)", re.DOTALL)


@dataclass
class Templates:
    """Each template that the steps name, once."""

    #: By its name, as the sequence writes it.
    sources: dict[str, str] = field(default_factory=dict)
    #: Contact attributes that no message can do without.
    requires: set[str] = field(default_factory=set)


def templates(draft: Draft, folder: Path, problems: list[Problem]) -> Templates:
    """Read and check them; their names are relative to the folder of the sequence."""
    found = Templates()
    parsed: dict[str, Template | None] = {}
    for email in (step.does for step in draft.steps if isinstance(step.does, Email)):
        if not email.template:
            continue
        if email.template not in parsed:
            parsed[email.template] = _template(email, folder, problems, found)
        template = parsed[email.template]
        if template is not None and email.format == "html" and template.html is None:
            what = f'"{email.template}" has no HTML'
            instead = 'add it to the file after a line "--- html ---", or write format: text'
            problems.append(Problem(*email.at, what, instead))
    # Every contact has one.
    found.requires.discard("email")
    return found


def _template(
    email: Email, folder: Path, problems: list[Problem], found: Templates
) -> Template | None:
    if Path(email.template).is_absolute():
        what = f'"{email.template}" is found on this machine only'
        instead = "write a name relative to the sequence file"
        problems.append(Problem(*email.at, what, instead))
        return None
    path = folder / email.template
    source = read(path, email.at, problems)
    if source is None:
        return None
    try:
        template = parse(str(path), source)
    except TemplateError as error:
        problems.extend(_problem(str(path), line) for line in str(error).splitlines())
        return None
    # Space at the end changes no mail, so it makes no version.
    found.sources[email.template] = source.rstrip() + "\n"
    found.requires |= required_attributes(template)
    return template


def _problem(file: str, said: str) -> Problem:
    """From a line of a TemplateError: `file:line: what; instead`."""
    placed = _PLACED.fullmatch(said.removeprefix(file))
    line, text = (int(placed[1]), placed[2]) if placed else (1, said.removeprefix(f"{file}: "))
    what, _, instead = text.partition("; ")
    return Problem(file, line, 1, what, instead or "correct the template there")
