"""The `cadence` of a sequence file: how often people are written to, and who goes first."""

from dataclasses import dataclass

from starter.sequence_fields import Fields, count, plain, quoted, read_time, seconds
from starter.sequence_yaml import Node, Scalar, Section
from tenuto.domain.delay import Gap
from tenuto.domain.limits import Cap, Limits, too_long
from tenuto.domain.waiting import parse_gap

_HINT = "{gap: 2 business days, max: {7d: 3}, priority: 50}"
_CAP_HINT = "write max: {7d: 3} for at most three mails in seven days"
_GAP_HINT = "write a time such as 2d or 2 business days"
_PRIORITY, _MOST_PRIORITY = 50, 100


@dataclass(frozen=True)
class Cadence:
    """A sequence's own limits beside the installation's: the stricter one holds."""

    limits: Limits
    stale_after: int | None
    priority: int
    new_per_day: int | None


def cadence(file: Fields) -> Cadence:
    """Read the section; what isn't there is left to the installation."""
    fields = file.section("cadence", _HINT)
    found = Cadence(
        limits=limits(fields),
        stale_after=fields.seconds("stale_after", "10d"),
        priority=_priority(fields),
        new_per_day=_optional(fields, "new_per_day"),
    )
    fields.finish()
    return found


def limits(fields: Fields) -> Limits:
    """`gap`, `max`, `per_domain` and `per_company`."""
    return Limits(
        gap=gap(fields, "gap") or Gap(),
        caps=caps(fields, "max"),
        domain_caps=caps(fields, "per_domain"),
        company_gap=gap(fields, "per_company") or None,
    )


def gap(fields: Fields, key: str) -> Gap | None:
    """Elapsed time, or business days; None where it isn't said."""
    value = fields.text(key, _GAP_HINT)
    if value is None:
        return None
    found = read_time(value, f'"{key}"', fields.problems, parse_gap)
    if wrong := too_long(found, ()):
        what, _, instead = wrong.partition("; ")
        fields.note(value.at, f'"{key}": {what}', instead)
    return found


def _optional(fields: Fields, key: str) -> int | None:
    return fields.count(key, 1) if key in fields else None


def _priority(fields: Fields) -> int:
    value = fields.text("priority", "write a number from 0 to 100")
    if value is None:
        return _PRIORITY
    if value.text.isascii() and value.text.isdigit() and int(value.text[:4]) <= _MOST_PRIORITY:
        return int(value.text)
    what = f'"priority" can\'t be {quoted(value.text)}'
    fields.note(value.at, what, "write a number from 0 (last) to 100 (first)")
    return _PRIORITY


def caps(fields: Fields, key: str) -> tuple[Cap, ...]:
    """A mapping of times to numbers of mails, each time once."""
    node = fields.node(key)
    if node is None:
        return ()
    if not isinstance(node, Section) or not node.entries:
        fields.note(node.at, f'"{key}" must say how many in which time', _cap_hint(key))
        return ()
    found: dict[int, Cap] = {}
    for written, value in node.entries.items():
        cap = _cap(Scalar(written, node.keys[written]), value, fields, key)
        if cap is not None and cap.seconds in found:
            what = f'"{key}" names this time twice'
            fields.note(node.keys[written], what, "remove one of the two")
        if cap is not None:
            found[cap.seconds] = cap
    return tuple(found[span] for span in sorted(found))


def _cap(span: Scalar, value: Node, fields: Fields, key: str) -> Cap | None:
    length = seconds(span, f'"{key}"', fields.problems)
    number = plain(value, "a number of mails", _cap_hint(key), fields.problems)
    sends = 1 if number is None else count(number, "a number of mails", fields.problems)
    if length is None:
        return None
    cap = Cap(count=sends, seconds=length)
    if wrong := too_long(None, (cap,)):
        what, _, instead = wrong.partition("; ")
        fields.note(span.at, f'"{key}": {what}', instead)
    return cap


def _cap_hint(key: str) -> str:
    return _CAP_HINT.replace("max", key)
