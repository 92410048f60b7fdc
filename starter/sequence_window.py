"""The `calendar` of a sequence file: when mail may leave, on whose clock."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from zoneinfo import available_timezones

from starter.sequence_fields import Fields, alternatives, items, plain, quoted
from starter.sequence_yaml import Listing, Node, Scalar
from tenuto.domain.calendar import Hours, Window

HINT = '{zone: contact, days: business, hours: ["09:00-17:00"]}'
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BUSINESS, _ALL = frozenset(range(5)), frozenset(range(7))
_OFFICE = (Hours(start=9 * 60, end=17 * 60),)
_ALWAYS = (Hours(start=0, end=24 * 60),)
_JITTER = 20 * 60
_RANGE = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-–]\s*([0-9]{1,2}):([0-9]{2})")
_RANGE_HINT = 'write ranges such as ["09:00-11:30", "13:30-16:30"], or always'


@dataclass(frozen=True)
class Calendar:
    """The window, and the clock that it is read on."""

    zone: str
    default_zone: str
    window: Window
    jitter: int


def calendar(fields: Fields) -> Calendar:
    """Read the section; what isn't there is careful: business days, office hours."""
    jitter = fields.seconds("jitter", "20m", least=0)
    found = Calendar(
        zone=_zone(fields, "zone", "contact"),
        default_zone=_zone(fields, "default_zone", "UTC"),
        window=Window(days=_days(fields), hours=_hours(fields)),
        jitter=_JITTER if jitter is None else jitter,
    )
    fields.finish()
    return found


def _zone(fields: Fields, key: str, default: str) -> str:
    value = fields.text(key, "write a name such as Europe/Berlin")
    if value is None or value.text == default:
        return default
    if value.text not in _zones():
        near = get_close_matches(value.text, _zones(), n=1)
        instead = f'write "{near[0]}"' if near else "write a name such as Europe/Berlin"
        fields.note(value.at, f"there is no time zone {quoted(value.text)}", instead)
        return default
    return value.text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _days(fields: Fields) -> frozenset[int]:
    node = fields.node("days")
    if node is None:
        return _BUSINESS
    if isinstance(node, Listing):
        instead = "write days such as [mon, tue, wed], business or all"
        found = {_day(item, fields) for item in items(node, '"days"', instead, fields.problems)}
        return frozenset(found) or _BUSINESS
    word = fields.choice("days", ("business", "all"), "business")
    return _ALL if word == "all" else _BUSINESS


def _day(node: Node, fields: Fields) -> int:
    value = plain(node, "a day", f"write one of: {', '.join(_DAYS)}", fields.problems)
    if value is None:
        return 0
    name = value.text.lower()
    for words in (_DAYS, _NAMES):
        if name in words:
            return words.index(name)
    fields.note(value.at, f"{quoted(value.text)} is no day", alternatives(_DAYS, name))
    return 0


def _hours(fields: Fields) -> tuple[Hours, ...]:
    node = fields.node("hours")
    if node is None:
        return _OFFICE
    if isinstance(node, Scalar) and node.text == "always":
        return _ALWAYS
    # One range alone needs no brackets.
    listed = Listing((node,), node.at) if isinstance(node, Scalar) else node
    nodes = items(listed, '"hours"', _RANGE_HINT, fields.problems)
    ranges = [found for item in nodes if (found := _range(item, fields))]
    ranges.sort(key=lambda hours: hours.start)
    if any(one.end > other.start for one, other in pairwise(ranges)):
        fields.note(node.at, "these hours overlap", "write ranges that follow one another")
    return tuple(ranges) or _OFFICE


def _range(node: Node, fields: Fields) -> Hours | None:
    value = plain(node, "a range of hours", _RANGE_HINT, fields.problems)
    if value is None:
        return None
    match = _RANGE.fullmatch(value.text.strip())
    if not match:
        fields.note(value.at, f"{quoted(value.text)} is no range of hours", _RANGE_HINT)
        return None
    hour, minute, last_hour, last_minute = map(int, match.groups())
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if max(minute, last_minute) > 59 or end > 24 * 60:  # noqa: PLR2004 - minutes of an hour
        fields.note(value.at, f"{quoted(value.text)} is no time of day", _RANGE_HINT)
        return None
    if start >= end:
        instead = "write the earlier time first; a night needs two ranges"
        fields.note(value.at, f"{quoted(value.text)} ends before it begins", instead)
        return None
    return Hours(start=start, end=end)
