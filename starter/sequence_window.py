"""The `calendar` of a sequence file: when mail may leave, on whose clock."""

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from pathlib import Path

from starter import pinned_calendar, zones
from starter.calendar_file import closed_days
from starter.sequence_fields import Fields, alternatives, items, plain, quoted
from starter.sequence_yaml import Listing, Node, Scalar, Section
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.errors import InputError
from tenuto.domain.problem import Place, Problem

HINT = '{zone: contact, days: business, hours: ["09:00-17:00"]}'
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALL = frozenset(range(7))
_HOLIDAYS_HINT = "write contact, none, or a place such as DE or DE-BY"
_CLOSED_HINT = "write the name of an iCalendar file, such as team.ics"
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
    #: "contact", "none", or a place such as "DE-BY".
    holidays: str
    closed: tuple[date, ...]


def calendar(fields: Fields, folder: Path) -> Calendar:
    """Read the section; what isn't there is careful: business days, office hours, holidays.

    Calendar files that it names are looked for in `folder`.
    """
    jitter = fields.seconds("jitter", "20m", least=0)
    found = Calendar(
        zone=_zone(fields, "zone", "contact"),
        default_zone=_zone(fields, "default_zone", "UTC"),
        window=window(fields),
        holidays=_holidays(fields),
        closed=_closed(fields, folder),
        jitter=_JITTER if jitter is None else jitter,
    )
    fields.finish()
    return found


def window(fields: Fields) -> Window:
    """`days` and `hours`."""
    return Window(days=_days(fields), hours=_hours(fields))


_OPTIONS = "write them like --days mon,tue,wed --hours 09:00-11:30,13:30-16:30"


def option_window(days: str | None, hours: str | None) -> Window | None:
    """As in a file, from a command's `--days mon,tue` and `--hours 09:00-17:00,…`.

    :raises InputError: for what can't be read.
    """
    given = {"days": days, "hours": hours}
    entries = {key: _option(key, text) for key, text in given.items() if text is not None}
    if not entries:
        return None
    if "days" not in entries:
        entries["days"] = _option("days", "all")
    if "hours" not in entries:
        entries["hours"] = _option("hours", "always")
    problems: list[Problem] = []
    found = window(Fields(Section(entries, {}, _option_place("days")), problems, HINT))
    if problems:
        raise InputError("\n".join(f"{p.file}: {p.what}; {_OPTIONS}" for p in problems))
    return found


def _option(key: str, text: str) -> Node:
    parts = [Scalar(part.strip(), _option_place(key)) for part in text.split(",")]
    words = {"all", "business", "always"}
    return parts[0] if text in words else Listing(tuple(parts), _option_place(key))


def _option_place(key: str) -> Place:
    return Place(f"--{key}", 1, 1)


def _holidays(fields: Fields) -> str:
    value = fields.text("holidays", _HOLIDAYS_HINT)
    if value is None or value.text in {"contact", "none"}:
        return "contact" if value is None else value.text
    try:
        return pinned_calendar.place(value.text)
    except InputError as error:
        fields.note(value.at, str(error).partition(";")[0], _HOLIDAYS_HINT)
        return "contact"


def _closed(fields: Fields, folder: Path) -> tuple[date, ...]:
    node = fields.node("closed")
    if node is None:
        return ()
    listed = Listing((node,), node.at) if isinstance(node, Scalar) else node
    days = set[date]()
    for item in items(listed, '"closed"', _CLOSED_HINT, fields.problems):
        name = plain(item, "a calendar file", _CLOSED_HINT, fields.problems)
        if name is not None:
            path = folder / name.text
            days |= closed_days(path, name.at, fields.problems, pinned_calendar.years_ahead())
    return tuple(sorted(days))


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
    return frozenset(zones.known())


def _days(fields: Fields) -> frozenset[int] | None:
    node = fields.node("days")
    if node is None:
        return None
    if isinstance(node, Listing):
        instead = "write days such as [mon, tue, wed], business or all"
        found = {_day(item, fields) for item in items(node, '"days"', instead, fields.problems)}
        return frozenset(found) or None
    word = fields.choice("days", ("business", "all"), "business")
    return _ALL if word == "all" else None


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
