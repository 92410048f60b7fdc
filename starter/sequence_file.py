"""From a sequence file and its templates to the bundle that is published."""

import re
from collections.abc import Iterator
from pathlib import Path

from starter.sequence_fields import Fields, quoted
from starter.sequence_reactions import reactions
from starter.sequence_rules import rules
from starter.sequence_source import read
from starter.sequence_steps import steps
from starter.sequence_templates import templates
from starter.sequence_yaml import parse
from tenuto.domain.calendar import Hours
from tenuto.domain.compile import compiled
from tenuto.domain.draft import Draft, Email
from tenuto.domain.problem import Place, Problem, SequenceError
from tenuto.domain.sequence import Bundle, Message, SequenceClass
from tenuto.domain.sequence_check import check

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SLUG_HINT = "write a name of lower-case letters, digits and dashes, such as founders-outreach"


def load(path: Path) -> Bundle:
    """Read a sequence in YAML 1.2 or JSON, with the templates that it names.

    :raises SequenceError: with everything that is wrong, in all of these files.
    """
    problems: list[Problem] = []
    text = read(path, Place(str(path), 1, 1), problems)
    if text is None:
        raise SequenceError(problems)
    tree = parse(text, str(path), problems)
    file = Fields(tree, problems, "sequence: my-first, and the rest", ("tracking",))
    bundle = _bundle(file, path.parent)
    file.finish()
    if problems or bundle is None:
        raise SequenceError(problems)
    return bundle


def _bundle(file: Fields, folder: Path) -> Bundle | None:
    slug = _slug(file)
    class_: SequenceClass = file.choice("class", ("outreach", "nurture"), "outreach")
    reacts = reactions(file, class_)
    rules_ = rules(file, class_, reacts, folder)
    draft = steps(file)
    file.problems += check(draft)
    file.problems += _closed_at(draft, rules_.window.hours)
    found = templates(draft, folder, file.problems)
    if file.problems:
        return None
    return Bundle(
        slug=slug,
        plan=compiled(draft, reacts.on_unknown),
        rules=rules_,
        messages=_messages(draft),
        templates=found.sources,
        requires=tuple(sorted(found.requires)),
    )


def _closed_at(draft: Draft, hours: tuple[Hours, ...]) -> Iterator[Problem]:
    """A mail that waits for a time at which no mail may leave would wait for ever."""
    for step in draft.steps:
        minute = step.does.minute if isinstance(step.does, Email) else None
        if minute is None or any(h.start <= minute < h.end for h in hours):
            continue
        what = f"no hours are open at {minute // 60:02}:{minute % 60:02}"
        yield Problem(*step.at, what, 'write "at" inside the hours of the calendar, or remove it')


def _slug(file: Fields) -> str:
    value = file.text("sequence", _SLUG_HINT, required=True)
    if value is None:
        return ""
    if not _SLUG.fullmatch(value.text):
        file.note(value.at, f"{quoted(value.text)} can't name a sequence", _SLUG_HINT)
    return value.text


def _messages(draft: Draft) -> dict[str, Message]:
    emails = {step.id: step.does for step in draft.steps if isinstance(step.does, Email)}
    return {
        id_: Message(template=email.template, format=email.format, thread=_root(emails, email))
        for id_, email in emails.items()
    }


def _root(emails: dict[str, Email], email: Email) -> str | None:
    """The step that began the conversation, however far up the chain of answers."""
    root = None
    while email.thread is not None:
        root = email.thread.id
        email = emails[root]
    return root
