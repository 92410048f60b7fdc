"""The `steps` of a sequence file."""

import re
from typing import Literal

from starter.sequence_conditions import condition
from starter.sequence_fields import Fields, items, quoted, read_time
from starter.sequence_yaml import Node, Section
from tenuto.domain.draft import Choice, Draft, DraftStep, Email, End, Link, Pause, Way
from tenuto.domain.problem import Problem
from tenuto.domain.waiting import Wait, parse_wait

_MOST = 200
_KINDS = ("email", "branch", "exit")
_LATER = ("gate", "metric", "split", "task", "then")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_STEP_HINT = "write email: FILE, wait: 3d, branch: [...] or exit: completed"
_LINK_HINT = "write the id of a step"
_ARM_HINT = "{if: {event: meeting_booked}, goto: STEP}"


def steps(file: Fields) -> Draft:
    """Read every step; what can't be read stands as a pause, so that others can name it."""
    node = file.node("steps")
    if node is None:
        file.note(file.at, '"steps" is missing', "write steps: and a list of them")
        return Draft(())
    found = items(node, '"steps"', "write a list, each step after a dash", file.problems)
    if len(found) > _MOST:
        file.note(node.at, f"these are {len(found)} steps", f"write at most {_MOST}")
    draft = Draft(tuple(_step(item, n, file.problems) for n, item in enumerate(found, start=1)))
    if found and not any(isinstance(step.does, Email) for step in draft.steps):
        file.note(node.at, "no step sends a mail", "write a step such as email: hello.md")
    return draft


def _step(node: Node, number: int, problems: list[Problem]) -> DraftStep:
    fields = Fields(node, problems, "email: hello.md, with its id above it", _LATER)
    fields.knows("id", "wait", *_KINDS)
    step = DraftStep(
        id=_id(fields) or f"step-{number}",
        at=node.at,
        wait=_wait(fields),
        does=_does(fields),
        goto=_link(fields, "goto"),
    )
    _misplaced(fields, step)
    strange = fields.finish()
    idle = not any(kind in fields for kind in (*_KINDS, "wait"))
    if idle and not strange and isinstance(node, Section):
        fields.note(node.at, "this step does nothing", _STEP_HINT)
    return step


def _id(fields: Fields) -> str | None:
    value = fields.text("id", "write a short name, such as hello")
    if value is None:
        return None
    if not _ID.fullmatch(value.text):
        instead = "write at most 40 lower-case letters, digits, - and _"
        fields.note(value.at, f"{quoted(value.text)} can't be an id", instead)
    return value.text


def _wait(fields: Fields) -> Wait:
    value = fields.text("wait", "write it like 3d, 2 business days or next tuesday morning")
    if value is None:
        return Wait()
    wait = read_time(value, '"wait"', fields.problems, parse_wait)
    if wait is not None and not wait:
        fields.note(value.at, '"wait" is too short', "write at least 1s, or remove it")
    return wait or Wait()


def _minute(fields: Fields) -> int | None:
    value = fields.text("at", 'write a time of day such as "09:30"')
    if value is None:
        return None
    match = _TIME.fullmatch(value.text.strip())
    if match is None:
        what = f"{quoted(value.text)} is no time of day"
        fields.note(value.at, what, 'write it like "09:30"')
        return None
    return int(match[1]) * 60 + int(match[2])


def _does(fields: Fields) -> Email | Pause | Choice | End:
    found = [kind for kind in _KINDS if kind in fields]
    if len(found) > 1:
        what = f"a step does one thing, not {' and '.join(found)}"
        fields.note(fields.at, what, "write a step for each")
    match found[:1]:
        case ["email"]:
            return _email(fields)
        case ["branch"]:
            return _choice(fields)
        case ["exit"]:
            return End(fields.choice("exit", ("completed", "goal_met", "removed"), "completed"))
        case _:
            return Pause()


def _email(fields: Fields) -> Email:
    node = fields.node("email")
    thread, minute = _link(fields, "thread"), _minute(fields)
    if "split" in fields:
        return Email("", fields.at, thread=thread)
    format_: Literal["text", "html"] = "text"
    if isinstance(node, Section):
        message = fields.section("email", "{file: hello.md, format: text}")
        file = message.text("file", "write the name of a file", required=True)
        format_ = message.choice("format", ("text", "html"), "text")
        message.finish()
    else:
        file = fields.text("email", "write the name of a file, such as hello.md")
    name, at = (file.text, file.at) if file else ("", fields.at)
    return Email(name, at, format_, thread, minute)


def _choice(fields: Fields) -> Choice:
    node = fields.node("branch")
    if node is None:
        return Choice(())
    arms = items(node, '"branch"', f"write branch: [{_ARM_HINT}, {{else: STEP}}]", fields.problems)
    ways, otherwise = list[Way](), None
    for number, arm in enumerate(arms, start=1):
        read = Fields(arm, fields.problems, _ARM_HINT, ("by",))
        read.knows("if", "else")
        if "else" not in read:
            ways += _way(read, arm)
            continue
        otherwise = _link(read, "else")
        read.finish()
        if number < len(arms):
            read.note(arm.at, '"else" ends a branch', "move it behind the others")
    if otherwise and len(arms) == 1:
        fields.note(node.at, "this branch asks nothing", f"write an arm like {_ARM_HINT}")
    if otherwise and "goto" in fields:
        what = '"goto" and "else" both say where the others go'
        fields.note(fields.place("goto"), what, "remove one of the two")
    return Choice(tuple(ways), otherwise)


def _way(arm: Fields, node: Node) -> list[Way]:
    asked, to = arm.node("if"), _link(arm, "goto")
    within = arm.seconds("within", "4d")
    if not arm.finish() and isinstance(node, Section):
        if asked is None:
            arm.note(node.at, "this arm asks nothing", f"write it like {_ARM_HINT}, or else: STEP")
        if "goto" not in arm:
            arm.note(node.at, "this arm leads nowhere", "write goto: STEP")
    when = condition(asked, arm.problems) if asked else None
    return [Way(when, within, to)] if when and to else []


def _link(fields: Fields, key: str) -> Link | None:
    value = fields.text(key, _LINK_HINT)
    return None if value is None else Link(value.text, value.at)


def _misplaced(fields: Fields, step: DraftStep) -> None:
    """A thread belongs to an email; an exit leads nowhere."""
    if "thread" in fields and not isinstance(step.does, Email):
        what = "only an email step can be in a thread"
        fields.note(fields.place("thread"), what, "remove it")
    if "at" in fields and not isinstance(step.does, Email):
        what = "only an email step waits for a time of day"
        fields.note(fields.place("at"), what, "remove it, or write it at the email step")
    if "goto" in fields and isinstance(step.does, End):
        what = "an exit ends the enrollment: nothing comes after"
        fields.note(fields.place("goto"), what, "remove it")
    fields.knows("thread", "goto", "at")
