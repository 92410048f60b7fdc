"""`preview`, `check` and `capacity` of a file: what enrolling it would do, and nothing written."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from db import suppressions
from starter import bulk
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.enrollment import Trigger
from tenuto.domain.errors import ForbiddenError, InputError, NotFoundError
from tests.command import asked, refused, run, without_temporal
from tests.factories import MAILBOX, Stage, bundle, emails

DAY = 86_400
ROOT = Path(__file__).parents[2]
#: In three days everywhere: no zone is open now, so that a second more or less decides nothing.
SOON = frozenset({(datetime.now(UTC).weekday() + 3) % 7})
OFFICE = Window(days=SOON, hours=(Hours(start=9 * 60, end=17 * 60),))
RUSSIA = "Europe/Kaliningrad, Europe/Moscow"
TABLES = ("contacts", "addresses", "companies", "enrollments", "sends", "transition_log",
          "sequences", "sequence_versions", "local_calendars")  # fmt: skip
NAMELESS = "the contact lacks first_name (for mail.md); give a value, or a default in the template"
NEVER = "the hours of welcome are never open for this contact"


@pytest.fixture(autouse=True)
def folder(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_temporal(database_url, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, *rows: str) -> str:
    Path(name).write_text("\n".join(["email,first_name,country,region,zone", *rows]) + "\n")
    return name


def crowd(number: int) -> str:
    """People all over the world, some by zone, some by region or country, some unknown."""
    chosen = random.Random(7)  # noqa: S311 - the same each time
    places = ["DE,BY,", "DE,,", "US,CA,", "AU,,", "ES,,", "JP,,", "AE,,", ",,", ",,Asia/Kathmandu",
              ",,Pacific/Apia", ",,America/New_York", "FR,,Europe/London"]  # fmt: skip
    rows = [f"p{n}@firm{n // 3}.example,Pat,{chosen.choice(places)}" for n in range(number)]
    return written("crowd.csv", *rows)


async def counts(stage: Stage) -> list[int]:
    return [(await stage.all(f"SELECT count(*) FROM {name}"))[0][0] for name in TABLES]


@pytest.mark.parametrize("mailbox", [{}, {"gap": 600, "new_per_day": 5, "ramp": True}])
async def test_each_row_is_previewed_as_enrolling_the_file_books_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, mailbox: dict[str, Any]
) -> None:
    # One at a time: whoever asks the mailbox first is first.
    monkeypatch.setattr(bulk, "_AT_ONCE", 1)
    await stage.mailbox(**mailbox)
    await stage.publish(bundle(window=OFFICE, jitter=1800, holidays="contact", company_gap=None))
    file = crowd(50)
    shown = await asked("preview", "welcome", file)
    assert (await counts(stage))[3] == 0
    assert (await run("enroll", "welcome", file)).exit_code == 0
    booked = await stage.all(
        "SELECT a.email, e.next_scheduled_at, e.reason FROM enrollments e "
        "JOIN addresses a ON a.id = e.address_id"
    )
    firsts = {one["email"]: one["steps"][0] for one in shown["schedules"]}
    assert len(firsts) == len(booked) == 50
    for row in booked:
        first = firsts[row.email]
        assert (datetime.fromisoformat(first["at"]), first["reason"]) == (
            row.next_scheduled_at, row.reason,
        ), row.email  # fmt: skip


async def test_bad_rows_are_named_and_the_others_go_on(stage: Stage) -> None:
    await stage.publish(bundle(window=OFFICE))
    await stage.do(suppressions.suppress_address, "gone@x.example", "complaint", "test")
    before = await counts(stage)
    file = written("mixed.csv", "ann@x.example,Ann,DE,,", "nobody,Ann,DE,,", "gone@x.example,G,,,",
                   "x@x.example,X,,,Europe/Berln", "bob@x.example,,,,")  # fmt: skip
    done = await run("preview", "welcome", file, "--svg", "a.svg")
    assert done.exit_code == 3
    assert [line for line in done.stderr.splitlines() if line.startswith("line")] == [
        'line 3: "nobody" is not an address: it has no @; write ann@example.com',
        "line 4: is suppressed (complaint); leave it out",
        'line 5: there is no time zone "Europe/Berln"; did you mean Europe/Berlin?',
        f"line 6: {NAMELESS}",
    ]
    assert "ann@x.example" in done.stdout
    assert "outside hours → " in done.stdout
    assert ET.parse("a.svg").getroot().tag.endswith("svg")  # noqa: S314 - we wrote it
    assert await counts(stage) == before


async def test_a_file_starts_at_an_instant_to_come(stage: Stage) -> None:
    await stage.mailbox(gap=600)
    await stage.publish(bundle())
    file = written("two.csv", "ann@x.example,Ann,,,", "bob@y.example,Bob,,,")
    later = (datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0)
    shown = await asked("preview", "welcome", file, "--at", later.isoformat())
    ann, bob = (datetime.fromisoformat(one["steps"][0]["at"]) for one in shown["schedules"])
    assert ann == later
    assert bob - ann >= timedelta(minutes=20)
    over = "2020-01-01T00:00:00+00:00"
    assert "to come" in await refused(InputError, "preview", "welcome", file, "--at", over)


async def test_a_newcomers_holidays_and_clocks_count(stage: Stage) -> None:
    whole = Window(days=None, hours=(Hours(start=9 * 60, end=17 * 60),))
    await stage.publish(bundle(window=whole, holidays="contact"))
    words = ("preview", "welcome", "--contact", "new@x.example", "--at", "2026-12-25T10:00+01:00")
    in_berlin = await asked(*words, "--country", "DE")
    assert in_berlin["steps"][0]["local"].startswith("2026-12-28T09:00")
    assert (await asked(*words))["steps"][0]["local"].startswith("2026-12-25T09:00")
    spain = await asked(*words, "--country", "ES")
    assert spain["zones"] == ["Europe/Madrid", "Atlantic/Canary"]
    assert await counts(stage) == [0, 0, 0, 0, 0, 0, 1, 1, 0]


async def test_check_names_what_enrolling_would_refuse(stage: Stage) -> None:
    window = Window(hours=(Hours(start=9 * 60, end=12 * 60),))
    await stage.publish(bundle(window=window))
    file = written("check.csv", "ann@x.example,Ann,RU,,", "bob@x.example,Bob,DE,,",
                   "cay@x.example,Cay,XX,,", "dan@x.example,Dan,DE,Bavarya,")  # fmt: skip
    done = await run("check", "welcome", file)
    assert done.exit_code == 3
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"line 2: {NEVER} ({RUSSIA}, ")
    assert lines[1] == 'line 4: there is no country "XX"; write a two-letter code, such as DE'
    assert lines[2].startswith("line 5: ")
    assert lines[3] == "welcome v1: 1 in order, 0 already in it, 3 can't be enrolled, of 4"
    document = await asked("check", "welcome", file)
    assert [one["line"] for one in document["problems"]] == [2, 4, 5]
    assert document["problems"][0]["email"] == "ann@x.example"


async def test_check_notes_hours_that_clocks_hardly_share(stage: Stage) -> None:
    # Mainland Chile is open from 09:00 to 11:30; Easter Island two hours behind it.
    await stage.publish(bundle(window=Window(hours=(Hours(start=540, end=690),))))
    file = written("chile.csv", "ann@x.example,Ann,CL,,", "bob@x.example,Bob,CL,,America/Santiago")
    done = await run("check", "welcome", file)
    assert done.exit_code == 0
    assert done.stdout.startswith("line 2: note: open only 30 minutes a day on all their clocks (")
    assert done.stdout.count("note") == 1


async def test_check_takes_a_file_that_is_not_published_and_says_when_none_is_in_order(
    stage: Stage,
) -> None:
    before = await counts(stage)
    file = written("one.csv", "ann@x.example,,DE,,")
    sequence = str(ROOT / "examples" / "outreach.yaml")
    assert "no mailbox" in await refused(NotFoundError, "check", sequence, file)
    await stage.mailbox(address="anna@tenuto.example")
    done = await run("check", sequence, file)
    assert (done.exit_code, "lacks first_name" in done.stdout) == (1, True)
    assert await counts(stage) == before
    await stage.publish(bundle("by-hand", triggers=(Trigger.MANUAL,)))
    assert "by import" in await refused(ForbiddenError, "check", "by-hand", file)


async def test_capacity_counts_every_mail_on_its_day(stage: Stage) -> None:
    await stage.mailbox(gap=600, new_per_day=4)
    window = Window(days=frozenset(range(5)), hours=(Hours(start=540, end=1020),))
    await stage.publish(bundle(steps=emails([0, 2 * DAY]), window=window))
    file = crowd(20)
    found = await asked("capacity", "welcome", file, "--svg", "days.svg")
    assert (found["contacts"], found["mails"], found["skipped"]) == (20, 40, 0)
    days = found["days"]
    assert sum(day["starts"] for day in days) == sum(day["follow_ups"] for day in days) == 20
    assert max(day["starts"] for day in days) == 4
    assert {day["mailbox"] for day in days} == {MAILBOX}
    assert found["last_mail"] > found["last_start"]
    assert ET.parse("days.svg").getroot().tag.endswith("svg")  # noqa: S314 - we wrote it
    page = await run("capacity", "welcome", file)
    assert "█" in page.stdout
    assert "welcome v1 for 20 contacts: 40 mails on" in page.stdout
    assert (await counts(stage))[3] == 0


async def test_mails_that_come_too_late_are_told(stage: Stage) -> None:
    await stage.mailbox(new_per_day=1)
    await stage.publish(bundle(steps=emails([0, 0]), gap=5 * DAY, stale_after=3 * DAY))
    page = await run("capacity", "welcome", crowd(10))
    assert "10 mails would be skipped: later than the sequence's stale_after" in page.stderr
