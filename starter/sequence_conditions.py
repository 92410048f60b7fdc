"""Conditions as people write them: `{event: meeting_booked}`, `{attribute: plan, is: pro}`."""

from starter.sequence_fields import Fields, items, plain, quoted
from starter.sequence_yaml import Node, Section
from tenuto.domain.condition import (
    AllOf,
    AnyOf,
    AttributeExists,
    AttributeIs,
    Condition,
    EventHappened,
    Not,
)
from tenuto.domain.notice import EVENT_NAME
from tenuto.domain.problem import Problem

_HINT = "{event: meeting_booked} or {attribute: plan, is: pro}"
_KINDS = ("event", "attribute", "any", "all", "not")
_LATER = ("by", "clicked", "deal_stage", "opened", "score")
#: Stands where a condition couldn't be read: the file is refused anyway.
_UNREAD = AnyOf(parts=())


def condition(node: Node, problems: list[Problem]) -> Condition:
    """Read one condition; notes what is wrong with it."""
    fields = Fields(node, problems, _HINT, _LATER)
    fields.knows(*_KINDS)
    found = [kind for kind in _KINDS if kind in fields]
    result: Condition = _read(found[0], fields) if len(found) == 1 else _UNREAD
    if len(found) > 1:
        what = f"a condition asks one thing, not {' and '.join(found)}"
        fields.note(fields.at, what, "put them into any: [...] or all: [...]")
    strange = fields.finish() if len(found) < 2 else 0  # noqa: PLR2004 - several: said already
    if not found and not strange and isinstance(node, Section):
        fields.note(fields.at, "this condition asks nothing", f"write it like {_HINT}")
    return result


def _read(kind: str, fields: Fields) -> Condition:
    match kind:
        case "event":
            return _event(fields)
        case "attribute":
            return _attribute(fields)
        case "any":
            return AnyOf(parts=_parts("any", fields))
        case "all":
            return AllOf(parts=_parts("all", fields))
        case _:
            part = fields.node("not")
            return _UNREAD if part is None else Not(part=condition(part, fields.problems))


def _parts(kind: str, fields: Fields) -> tuple[Condition, ...]:
    node = fields.node(kind)
    if node is None:
        return ()
    instead = f"write {kind}: [{_HINT.replace(' or ', ', ')}]"
    found = items(node, f'"{kind}"', instead, fields.problems)
    return tuple(condition(part, fields.problems) for part in found)


def _event(fields: Fields) -> Condition:
    name = fields.text("event", "write the name of an event, such as meeting_booked")
    if name is None:
        return _UNREAD
    text = name.text
    if not EVENT_NAME.fullmatch(text):
        what = f"{quoted(text)} is no name of an event"
        fields.note(name.at, what, "write lower-case letters, digits and _, as in meeting_booked")
    return EventHappened(name=text)


def _attribute(fields: Fields) -> Condition:
    name = fields.text("attribute", "write the name of a contact's attribute, such as plan")
    tests = [test for test in ("is", "in", "exists") if test in fields]
    fields.knows("is", "in", "exists")
    if len(tests) != 1:
        what = "an attribute needs one test" + (f", not {' and '.join(tests)}" if tests else "")
        fields.note(fields.at, what, "write is: VALUE, in: [VALUES] or exists: true")
        return _UNREAD
    return _tested(tests[0], name.text if name else "", fields)


def _tested(test: str, name: str, fields: Fields) -> Condition:
    if test == "exists":
        there = AttributeExists(name=name)
        return there if fields.truth("exists", default=True) else Not(part=there)
    if test == "is":
        value = fields.text("is", "write a value, or exists: false for none")
        return AttributeIs(name=name, values=(value.text if value else "",))
    node = fields.node("in")
    found = [] if node is None else items(node, '"in"', "write in: [pro, team]", fields.problems)
    values = (plain(item, "a value", "write text or a number", fields.problems) for item in found)
    return AttributeIs(name=name, values=tuple(value.text if value else "" for value in values))
