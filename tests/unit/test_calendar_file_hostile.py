"""A calendar file may come from anywhere: whatever it holds, reading it ends soon."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.domain.problem import Problem
from tests.calendars import YEARS, calendar, noted, read

#: Seconds: these take three at most on a slow machine.
SOON = 20
NEVER = "FREQ=YEARLY;BYMONTHDAY=30;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYMONTH=2"
COUNTED = f"FREQ=MONTHLY;BYMONTHDAY={','.join(map(str, range(1, 32)))};BYSETPOS=200"
HOSTILE = {
    "old": (["DTSTART:00010101\nRRULE:FREQ=DAILY;COUNT=999999999"], "50000 times"),
    "long": (["DTSTART:20200101\nDURATION:P900W\nRRULE:FREQ=DAILY"] * 200, "50000 times"),
    "never": ([f"DTSTART:19000101\nRRULE:{NEVER}"] * 2000, "more than 50 events repeat"),
    "counted": ([f"DTSTART:20260101\nRRULE:{COUNTED}"] * 1000, "more than 50 events repeat"),
    "timed": (["DTSTART:20260101T101010"] * 4000, "this event has a time of day"),
    "deep": (["BEGIN:X\n" * 18000], "END:VEVENT ends what it didn't begin"),
    "wide": (["DTSTART" + ";A=b" * 60000 + ":x"], "DTSTART can't be read"),
    "quoted": (["DTSTART" + ';A="b' * 50000 + ":x"], "this event can't be read"),
    "digits": (["DTSTART:20260101\nRRULE:FREQ=DAILY;COUNT=" + "9" * 9999], "RRULE can't be read"),
}


@pytest.mark.parametrize(("events", "problem"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_ends_soon(events: list[str], problem: str) -> None:
    content = calendar(events)
    began = time.monotonic()
    assert problem in noted(content)[-1]
    assert time.monotonic() - began < SOON


def test_a_zone_that_a_file_brings_is_never_worked_out() -> None:
    hostile = """BEGIN:VTIMEZONE
TZID:Mars
BEGIN:STANDARD
DTSTART:19700101T000000
RRULE:FREQ=SECONDLY
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:STANDARD
END:VTIMEZONE
"""
    file = calendar(["DTSTART:20261224"]).replace("VERSION:2.0\n", hostile)
    assert noted(file) == []
    inside = calendar([f"DTSTART:20261224\n{hostile.strip()}"])
    assert noted(inside) == []


LINES = st.sampled_from(
    [
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM",
        "END:VALARM", "DTSTART:20261224", "DTSTART;VALUE=DATE:20270101", "DTSTART:2026",
        "DTEND:20270101", "DURATION:P1W", "DURATION:-P1D", "RRULE:FREQ=YEARLY", "RRULE:;;=",
        "RRULE:FREQ=YEARLY;BYDAY=7XX", "RRULE:FREQ=WEEKLY;BYDAY=1MO", "EXDATE:20261224",
        "RDATE;VALUE=PERIOD:20270101T000000Z/P1D", "RDATE:", "UID:1", "RECURRENCE-ID:20261224",
        "RRULE;VALUE=DATE:20261224", "RDATE:100000", "EXDATE:P1D", "DTSTART:P1D",
        "RRULE:FREQ=YEARLY;UNTIL=100000", "RRULE:FREQ=YEARLY;UNTIL=P1D", "DURATION:20261224",
        "RECURRENCE-ID:x", "RECURRENCE-ID:P1D", "STATUS:CANCELLED",
        " folded", "\t", ":", ";", "END", "BEGIN",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(LINES | st.text(), max_size=30), st.sampled_from([str, lambda it: calendar([it])]))
def test_no_file_makes_it_fail(lines: list[str], wrapped: Callable[[str], str]) -> None:
    content = wrapped("\n".join(lines))
    problems: list[Problem] = []
    found = read(content.encode(errors="replace"), problems)
    assert {day.year for day in found} <= set(YEARS)
    assert all(problem.what and problem.instead and problem.line >= 1 for problem in problems)
