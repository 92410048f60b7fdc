"""What operators look at: schedules, lists, and one person's story, on a real database."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import TextClause, text

from db import contacts, enrollments, holds, preview, views
from db.connection import Connection
from db.contacts import Contact
from db.engine import connected
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.enrollment import Trigger
from tenuto.domain.errors import InputError, NotFoundError
from tenuto.domain.holds import HoldScope
from tenuto.domain.limits import Cap
from tenuto.domain.notice import Signal
from tests.command import asked, refused, run, without_temporal
from tests.factories import Stage, bundle, emails

PAT, KIM = "pat@firm.example", "kim@other.example"
DAY = 86_400
OFFICE = Window(days=frozenset(range(5)), hours=(Hours(start=9 * 60, end=17 * 60),))


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_temporal(database_url, monkeypatch)


async def enrolled(stage: Stage, zone: str) -> UUID:
    """Somebody in Tokyo, say, whose sequence keeps office hours."""
    version = await stage.publish(bundle(window=OFFICE, jitter=1800))

    async def work(connection: Connection) -> UUID | None:
        contact = Contact(PAT, {"first_name": "Pat"}, zone=zone, zone_source="contact")
        contact_id = await contacts.save(connection, contact)
        done = await enrollments.enroll(
            connection, contact_id, PAT, version, Trigger.IMPORT, "test"
        )
        return done.enrollment_id

    return UUID(str(await stage.do(work)))


async def test_a_known_contact_who_lacks_what_a_template_needs_is_told_of(stage: Stage) -> None:
    await stage.publish(bundle())
    await stage.do(contacts.save, Contact(PAT, {"company": "Acme"}))
    shown = await asked("preview", "welcome", "--contact", PAT)
    assert shown["obstacle"].startswith("the contact lacks first_name (for mail.md)")


async def test_several_clocks_are_shown_with_where_they_are_from(stage: Stage) -> None:
    zones = ("Europe/Madrid", "Atlantic/Canary")
    contact = Contact(PAT, {}, zones=zones, zone_source="country")
    await stage.do(contacts.save, contact)
    page = (await run("show", PAT)).stdout
    assert "Europe/Madrid, Atlantic/Canary (from the country)" in page
    assert (await asked("show", PAT))["zones"] == list(zones)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Europe/Berlin"])
async def test_what_is_shown_beforehand_is_what_enrolling_books(stage: Stage, zone: str) -> None:
    content = bundle(window=OFFICE, jitter=1800)
    await stage.publish(content)
    before = await asked("preview", "welcome", "--contact", PAT, "--zone", zone)
    row = await stage.row(await enrolled(stage, zone))
    first = before["steps"][0]
    booked = row.next_scheduled_at
    assert booked is not None
    if first["shifts"]:
        assert datetime.fromisoformat(first["at"]) == booked
    assert datetime.fromisoformat(first["local"]).hour == booked.astimezone(ZoneInfo(zone)).hour
    assert (first["reason"], before["zone"], before["obstacle"]) == (row.reason, zone, None)


async def test_a_preview_writes_nothing_and_knows_the_real_load(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle("first", emails([0]))))
    await stage.settle(await stage.claimed(enrollment))
    await stage.publish(bundle("second", gap=2 * DAY))
    found = await asked("preview", "second", "--contact", PAT.upper())
    assert found["steps"][0]["reason"] == "deferred: spacing"
    assert len(await stage.all("SELECT id FROM enrollments")) == 1


async def test_a_preview_says_why_nobody_would_be_enrolled(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    live = await asked("preview", "welcome", "--contact", PAT)
    await stage.record(enrollment, Signal.UNSUBSCRIBED)
    gone = await asked("preview", "welcome", "--contact", PAT)
    assert live["obstacle"] == "already enrolled"
    assert gone["obstacle"] == "suppressed opt_out"


async def test_a_preview_may_begin_at_another_time(stage: Stage) -> None:
    await stage.publish(bundle(window=OFFICE))
    words = ["preview", "welcome", "--contact", PAT, "--zone", "Asia/Tokyo"]
    found = await asked(*words, "--at", "2026-03-02T18:30:00+09:00")
    assert found["steps"][0]["local"] == "2026-03-03T09:00:00+09:00"
    table = await run(*words, "--at", "2026-03-02T18:30:00+09:00")
    assert "Tue 2026-03-03 09:00:00" in table.stdout
    assert "deferred: outside hours" in table.stdout


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--at", "tomorrow", "write it like"),
        ("--at", "2026-03-02T09:00:00", "write it like"),
        ("--zone", "Tokyo", "did you mean Asia/Tokyo?"),
        ("--contact", "pat", "it has no @"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_to_write(
    stage: Stage, option: str, value: str, said: str
) -> None:
    await stage.publish(bundle())
    words = ["preview", "welcome", "--contact", PAT, option, value]
    assert said in await refused(InputError, *words)


async def test_the_list_shows_when_and_why_in_local_time(stage: Stage) -> None:
    row = await stage.row(await enrolled(stage, "Asia/Tokyo"))
    (one,) = await asked("list")
    assert row.next_scheduled_at is not None
    assert datetime.fromisoformat(one["next_at"]) == row.next_scheduled_at
    assert one["next_at"].endswith("+09:00")
    expected = {"email": PAT, "sequence": "welcome", "version": 1, "status": "active"}
    assert one.items() >= (expected | {"step": "mail-0", "zone": "Asia/Tokyo"}).items()


async def test_the_list_is_narrowed_down_and_an_empty_one_says_so(stage: Stage) -> None:
    version = await stage.publish(bundle())
    await stage.publish(bundle("other"))
    await stage.record(await stage.enrolled(version), Signal.REPLY_RECEIVED)
    await stage.enrolled(version, KIM)
    by_status = await asked("list", "--status", "replied")
    assert [one["email"] for one in by_status] == [PAT]
    assert len(await asked("list", "--sequence", "welcome")) == 2
    assert "raise --limit" in (await run("list", "--limit", "1")).stderr
    assert "No enrollments here" in (await run("list", "--sequence", "other")).stderr


@pytest.mark.parametrize(
    ("query", "index"),
    [(views.LIST, "enrollments_of_sequence"), (views.OF_CONTACT, "enrollments_of_contact")],
)
async def test_where_somebody_stands_is_one_indexed_query(
    stage: Stage, query: TextClause, index: str
) -> None:
    values = {"sequence": "welcome", "status": "replied", "limit": 10, "contact": UUID(int=1)}
    async with stage.engine.connect() as connection:
        # A table without rows is never worth an index.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        named = {name: values[name] for name in query._bindparams}
        found = await connection.execute(text(f"EXPLAIN {query}"), named)
    assert index in "\n".join(row[0] for row in found)


async def test_a_person_is_shown_with_all_that_happened(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.settle(await stage.claimed(enrollment))
    await stage.record(enrollment, Signal.HELD)
    found = await asked("show", PAT)
    told = [(e["kind"], e["what"]) for e in found["timeline"]]
    assert ("send", "sent") in told
    assert ("hold", "enrollment") in told
    assert [what for kind, what in told if kind == "transition"] == ["enrolled", "moved", "held"]
    assert [hold["reason"] for hold in found["holds"]] == ["operator"]
    assert found["enrollments"][0]["status"] == "paused"
    page = (await run("show", PAT)).stdout
    assert "Held (enrollment) until resumed: operator" in page
    assert "held: operator" in page


async def test_a_switch_shows_on_those_it_holds(stage: Stage) -> None:
    await stage.enrolled(await stage.publish(bundle()))
    await asked("pause", "--sequence", "welcome", "--reason", "launch")
    found = await asked("show", PAT)
    assert [(h["scope"], h["reason"]) for h in found["holds"]] == [("sequence", "launch")]


async def test_nobody_is_a_clear_answer(stage: Stage) -> None:
    del stage
    assert PAT in await refused(NotFoundError, "show", PAT)


async def test_a_preview_of_somebody_new_counts_the_switches_and_the_mailbox(stage: Stage) -> None:
    version = await stage.publish(bundle())
    await stage.do(
        holds.place, HoldScope.EVERYTHING, "", reason="weekend", until=None, source="test"
    )
    async with connected(stage.engine) as connection:
        found = (await preview.previewed(connection, KIM, version)).schedule
    assert found.steps[0].reason == "held: weekend, until resumed"


async def test_a_preview_counts_what_the_mailbox_sent_beside_its_own(stage: Stage) -> None:
    await stage.mailbox(Cap(count=3, seconds=30 * 86_400))
    others = await stage.publish(bundle("others", emails([0])))
    for number in range(2):
        enrollment = await stage.enrolled(others, f"p{number}@firm.example")
        await stage.settle(await stage.claimed(enrollment))
    version = await stage.publish(bundle(steps=emails([0, 86_400])))
    async with connected(stage.engine) as connection:
        found = (await preview.previewed(connection, KIM, version)).schedule
    kim = await stage.enrolled(version, KIM)
    await stage.settle(await stage.claimed(kim))
    due = (await stage.row(kim)).next_scheduled_at
    # Kim's first mail was the mailbox's third: the next one leaves a month after its first.
    assert due is not None
    assert found.steps[1].at is not None
    assert timedelta() <= due - found.steps[1].at < timedelta(minutes=1)
