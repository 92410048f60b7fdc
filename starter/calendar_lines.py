"""The events of an iCalendar file (RFC 5545), each with the lines that it stands on.

Only what says on which days an event is goes on to the parser: a file holds time zones, alarms
and invitations besides, and a fault there is nobody's concern here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tenuto.domain.problem import Problem

_NAME = re.compile(r"[A-Za-z0-9-]+(?=[:;])")
_EXPORT = "export it as iCalendar (.ics)"
#: A part of the calendar itself, and of no other part.
_IN_CALENDAR = 2
_KEPT = frozenset(
    {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS", "UID", "RECURRENCE-ID"}
)


@dataclass
class EventLines:
    """What one event says of its days."""

    file: str
    #: Of its BEGIN:VEVENT; lines count from 1.
    line: int
    #: The line that each property is on, the last of several.
    places: dict[str, int] = field(default_factory=dict)
    _said: list[str] = field(default_factory=list)

    def add(self, name: str, line: int, said: str) -> None:
        """Take in one property, as it was written."""
        if name in _KEPT:
            self.places[name] = line
            self._said.append(said)

    def text(self) -> bytes:
        """The event by itself, for the parser."""
        return "\r\n".join(["BEGIN:VEVENT", *self._said, "END:VEVENT", ""]).encode()

    def problem(self, name: str, what: str, instead: str) -> Problem:
        """Where the property is, or else where the event begins."""
        return Problem(self.file, self.places.get(name, self.line), 1, what, instead)


def event_lines(text: str, file: str, problems: list[Problem]) -> list[EventLines]:
    """Every event, in file order; none when the file is broken, which is noted once."""
    if not text.strip():
        problems.append(Problem(file, 1, 1, "this file is empty", _EXPORT))
    found: list[EventLines] = []
    opened: list[tuple[str, int]] = []
    for line, said in _unfolded(text):
        name = match[0].upper() if (match := _NAME.match(said)) else ""
        value = said.partition(":")[2].strip().upper()
        if not opened and (name, value) != ("BEGIN", "VCALENDAR"):
            problems.append(_no_calendar(file, line))
            return []
        if name == "BEGIN":
            opened.append((value, line))
            if len(opened) == _IN_CALENDAR and value == "VEVENT":
                found.append(EventLines(file, line))
        elif name == "END":
            if opened.pop()[0] != value:
                problems.append(_not_closed(file, line, f"END:{value} ends what it didn't begin"))
                return []
        elif len(opened) == _IN_CALENDAR and opened[-1][0] == "VEVENT":
            found[-1].add(name, line, said)
    if opened:
        kind, line = opened[-1]
        problems.append(_not_closed(file, line, f"BEGIN:{kind} is never ended"))
        return []
    return found


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first: one that begins with a blank goes on."""
    begun, parts = 1, [""]
    for number, line in enumerate(text.split("\n"), start=1):
        if line[:1] in {" ", "\t"}:
            parts.append(line[1:])
            continue
        if said := "".join(parts).strip():
            yield begun, said
        begun, parts = number, [line]
    if said := "".join(parts).strip():
        yield begun, said


def _no_calendar(file: str, line: int) -> Problem:
    what = "this is no calendar: it doesn't begin with BEGIN:VCALENDAR"
    return Problem(file, line, 1, what, _EXPORT)


def _not_closed(file: str, line: int, what: str) -> Problem:
    return Problem(file, line, 1, what, "export the calendar anew: a part of it is missing")
