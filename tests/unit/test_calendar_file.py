from datetime import date, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from starter.calendar_file import closed_days
from tenuto.domain.problem import Problem
from tests.calendars import ASKED, YEARS, calendar, days, noted, read

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART;VALUE=DATE:20261224", ["2026-12-24"]),
        ("DTSTART:20261224", ["2026-12-24"]),
        ("dtstart;value=date:20261224", ["2026-12-24"]),
        ("DTSTART;VALUE=DATE:2026\n 1224", ["2026-12-24"]),
        ("DTSTART:20261224\nDTEND:20261226", ["2026-12-24", "2026-12-25"]),
        ("DTSTART:20261224\nDTEND:20261224", ["2026-12-24"]),
        ("DTSTART:20261224\nDURATION:P2D", ["2026-12-24", "2026-12-25"]),
        ("DTSTART:20251224\nDTEND:20260103", ["2026-01-01", "2026-01-02"]),
        ("DTSTART:20281230\nDURATION:P9W", ["2028-12-30", "2028-12-31"]),
        ("DTSTART:20290101", []),
        ("DTSTART:20251231", []),
        ("DTSTART:20261224\nSTATUS:CONFIRMED", ["2026-12-24"]),
        ("DTSTART:20261224\nSTATUS:CANCELLED", []),
        ("DTSTART:20261224T100000Z\nSTATUS:cancelled", []),
        ("DTSTART:20261224\nRDATE;VALUE=DATE:20270301", ["2026-12-24", "2027-03-01"]),
        # What is no matter of days is not read.
        ("DTSTART:20261224\nGEO:nowhere\nATTENDEE;;:", ["2026-12-24"]),
        ("DTSTART:20261224\nBEGIN:VALARM\nDTSTART:x\nEND:VALARM", ["2026-12-24"]),
    ],
)  # fmt: skip
def test_the_days_of_an_event(event: str, expected: list[str]) -> None:
    assert days(event) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=YEARLY", ["2026-05-04", "2027-05-04", "2028-05-04"]),
        ("FREQ=YEARLY;UNTIL=20270503", ["2026-05-04"]),
        ("FREQ=YEARLY;UNTIL=20270504T235959Z", ["2026-05-04", "2027-05-04"]),
        ("FREQ=YEARLY;COUNT=8", ["2026-05-04", "2027-05-04"]),
        ("FREQ=YEARLY;INTERVAL=3", ["2026-05-04"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["2026-11-26", "2027-11-25", "2028-11-23"]),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", ["2026-05-25", "2027-05-31", "2028-05-29"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", []),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1;UNTIL=20260301", ["2026-01-05", "2026-02-02"]),
        ("FREQ=WEEKLY;UNTIL=20260112", ["2026-01-05", "2026-01-12"]),
        ("FREQ=WEEKLY;BYDAY=WE,TH;UNTIL=20260110", ["2026-01-01", "2026-01-07", "2026-01-08"]),
        ("FREQ=DAILY;INTERVAL=3;UNTIL=20260107", ["2026-01-03", "2026-01-06"]),
        ("FREQ=DAILY;UNTIL=20100101", []),
    ],
)
def test_an_event_is_repeated(rule: str, expected: list[str]) -> None:
    found = days(f"DTSTART;VALUE=DATE:20200504\nRRULE:{rule}")
    assert found == expected


def test_days_that_are_taken_out_of_a_series() -> None:
    series = "UID:may\nDTSTART:20200501\nRRULE:FREQ=YEARLY"
    assert days(f"{series}\nEXDATE;VALUE=DATE:20270501") == ["2026-05-01", "2028-05-01"]
    assert days(f"{series}\nEXDATE:20260501,20280501") == ["2027-05-01"]
    moved = "UID:may\nRECURRENCE-ID;VALUE=DATE:20270501\nDTSTART;VALUE=DATE:20270503"
    assert days(series, moved) == ["2026-05-01", "2027-05-03", "2028-05-01"]
    stays = moved.replace("DATE:20270503", "DATE:20270501")
    assert days(series, stays) == ["2026-05-01", "2027-05-01", "2028-05-01"]
    assert days(series, f"{moved}\nSTATUS:CANCELLED") == ["2026-05-01", "2028-05-01"]
    assert days(series, moved.replace("may", "other")) == [
        "2026-05-01", "2027-05-01", "2027-05-03", "2028-05-01",
    ]  # fmt: skip


def test_a_repeated_event_may_reach_into_these_years() -> None:
    event = "DTSTART:20201230\nDTEND:20210103\nRRULE:FREQ=YEARLY;COUNT=6"
    assert days(event) == ["2026-01-01", "2026-01-02"]


TIMED = "make it an all-day event, DTSTART;VALUE=DATE:20261224, or take it out"


@pytest.mark.parametrize(
    ("event", "line", "what"),
    [
        ("UID:1\nDTSTART:20261224T100000Z", 5, f"this event has a time of day; {TIMED}"),
        ("DTSTART;TZID=Europe/Berlin:20261224T100000", 4, f"this event has a time of day; {TIMED}"),
        ("DTSTART;TZID=../../nowhere:20261224T1000", 4, "DTSTART can't be read; correct this"),
        ("UID:1", 3, "this event has no DTSTART; write DTSTART;VALUE=DATE:20261224"),
        ("DTSTART:20261324", 4, "DTSTART can't be read; correct this line, or export"),
        ("DTSTART:20261224\nDTSTART:20261225", 5, "DTSTART names no day, or is there twice"),
        ("DTSTART:P1D", 4, "DTSTART names no day, or is there twice; correct this line"),
        ("DTSTART:20261224\nDTEND:20261223", 5, "this event has no end that fits its beginning"),
        ("DTSTART:20261224\nDTEND:20261224T230000", 5, "this event has no end that fits its"),
        ("DTSTART:20261224\nDURATION:20261225", 5, "this event has no end that fits its beginning"),
        ("DTSTART:20261224\nDURATION:PT2H", 5, "this event has no end that fits its beginning"),
        ("DTSTART:99991231", 3, "this event has no end that fits its beginning"),
        ("DTSTART:20261224\nEXDATE:soon", 5, "EXDATE can't be read; correct this line, or export"),
    ],
)  # fmt: skip
def test_what_cant_be_followed_is_noted_where_it_stands(event: str, line: int, what: str) -> None:
    (found,) = noted(calendar([event]))
    assert found.startswith(f"team.ics:{line}:1: {what}")


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("FREQ=SECONDLY", "no day repeats by FREQ=SECONDLY; write FREQ="),
        ("COUNT=3", "this rule has no FREQ; write FREQ=YEARLY"),
        ("FREQ=OFTEN", "RRULE can't be read; correct this line, or"),
        ("FREQ=DAILY;BYMONTH=2", "BYMONTH with FREQ=DAILY isn't followed"),
        ("FREQ=YEARLY;BYHOUR=2", "BYHOUR with FREQ=YEARLY isn't followed"),
        ("FREQ=YEARLY;INTERVAL=0", "INTERVAL and COUNT can't be below 1"),
        ("FREQ=YEARLY;COUNT=-1", "INTERVAL and COUNT can't be below 1"),
        ("FREQ=YEARLY,DAILY", "FREQ has several values; write one"),
        ("FREQ=YEARLY;BYDAY=99MO", "this rule can't be read; write it as your"),
        (f"FREQ=YEARLY;BYMONTH={'1,' * 99}1", "this rule is too long"),
    ],
)
def test_a_rule_that_isnt_followed_is_noted(rule: str, what: str) -> None:
    (found,) = noted(calendar([f"DTSTART:20261224\nRRULE:{rule}"]))
    assert found.startswith(f"team.ics:5:1: {what}")


def test_the_other_events_of_the_file_still_count() -> None:
    problems: list[Problem] = []
    found = read(calendar(["DTSTART:20261224T100000Z", "DTSTART:20261224"]), problems)
    assert found == {date(2026, 12, 24)}
    assert len(problems) == 1


NONE = "this is no calendar: it doesn't begin with BEGIN:VCALENDAR; export it as iCalendar (.ics)"
CUT = "export the calendar anew: a part of it is missing"
EVENT = "BEGIN:VEVENT\nDTSTART:20261224\n"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "1:1: this file is empty; export it as iCalendar (.ics)"),
        ("\n\n", "1:1: this file is empty; export it as iCalendar (.ics)"),
        ("\n<html>", f"2:1: {NONE}"),
        (f"{EVENT}END:VEVENT", f"1:1: {NONE}"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nDTSTART:20261224", f"3:1: {NONE}"),
        (f"BEGIN:VCALENDAR\n{EVENT}", f"2:1: BEGIN:VEVENT is never ended; {CUT}"),
        (
            f"BEGIN:VCALENDAR\n{EVENT}END:VCALENDAR\n",
            f"4:1: END:VCALENDAR ends what it didn't begin; {CUT}",
        ),
        (b"BEGIN:VCALENDAR\nX:\xff", "2:3: this is not UTF-8; save the file as UTF-8"),
        ("x" * 300_000, "1:1: this file is larger than 256 KiB; write less"),
    ],
)
def test_a_broken_file_is_one_problem(content: str | bytes, problem: str) -> None:
    assert noted(content) == [f"team.ics:{problem}"]


def test_a_file_that_isnt_there_is_noted_where_it_was_asked_for(tmp_path: Path) -> None:
    problems: list[Problem] = []
    assert closed_days(tmp_path / "none.ics", ASKED, problems, YEARS) == frozenset()
    (problem,) = problems
    assert problem[:3] == ASKED


@given(st.lists(st.tuples(st.dates(date(2025, 6, 1), date(2029, 6, 1)), st.integers(1, 500))))
def test_a_day_is_closed_exactly_if_an_event_covers_it(spans: list[tuple[date, int]]) -> None:
    events = [
        f"DTSTART:{begin:%Y%m%d}\nDTEND:{begin + length * DAY:%Y%m%d}" for begin, length in spans
    ]
    covered = {begin + n * DAY for begin, length in spans for n in range(length)}
    assert read(calendar(events), []) == {day for day in covered if day.year in YEARS}


RULES = st.builds(
    "FREQ={};INTERVAL={};{}".format,
    st.sampled_from(["YEARLY", "MONTHLY"]),
    st.integers(1, 13),
    st.sampled_from(
        ["BYDAY=-1FR", "BYDAY=2MO,3TU", "BYMONTH=2,3;BYMONTHDAY=29,-1", "WKST=SU", "COUNT=7"]
    ),
) | st.builds(
    "FREQ=WEEKLY;INTERVAL={};WKST={};BYDAY=MO,SU".format,
    st.integers(1, 60),
    st.sampled_from(["MO", "SU"]),
)


@settings(deadline=None)  # a rule whose day never comes is looked for until the year 9999
@given(RULES, st.dates(date(2010, 1, 1), date(2029, 1, 1)))
def test_days_in_a_later_cycle_are_the_same_days(rule: str, start: date) -> None:
    begin = datetime.combine(start, datetime.min.time())
    plain = takewhile(lambda day: day.year < 2029, rrulestr(rule, dtstart=begin))
    expected = {found.date() for found in plain} | {start}
    found = read(calendar([f"DTSTART:{start:%Y%m%d}\nRRULE:{rule}"]), [])
    assert found == {day for day in expected if day.year in YEARS}
