"""What operators see and do from the command line, on a real database."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

import tenuto.cli.healing
import tenuto.cli.listing
import tenuto.cli.preview
import tenuto.cli.steering
import tenuto.cli.unknown  # noqa: F401 - each adds its commands
from db import contacts, enrollments, holds, preview, views
from db.contacts import Contact
from tenuto.cli.app import app
from tenuto.devstack.ports import choose_port
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.delivery import Unclear
from tenuto.domain.enrollment import Status, Trigger
from tenuto.domain.errors import ForbiddenError, NotFoundError
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Signal
from tests.factories import Stage, bundle, emails

PAT, KIM = "pat@firm.example", "kim@other.example"
DAY = 86_400
OFFICE = Window(days=frozenset(range(5)), hours=(Hours(start=9 * 60, end=17 * 60),))


class Command(Protocol):
    async def __call__(self, *words: str, raises: type[Exception] | None = None) -> Any: ...


@pytest.fixture
def tenuto(stage: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command without Temporal: rows are written all the same."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TENUTO_TOKEN_KEYS", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{choose_port(None, 'nothing')}")

    async def command(*words: str, raises: type[Exception] | None = None) -> Any:
        # In a thread: a command has an event loop of its own.
        result: Result = await asyncio.to_thread(CliRunner().invoke, app, words)
        if raises is not None:
            assert isinstance(result.exception, raises), result.output
            return str(result.exception)
        assert result.exception is None or result.exit_code, result.exception
        return json.loads(result.stdout) if "--json" in words else result

    return command


async def enrolled(stage: Stage, zone: str, email: str = PAT, **rules: Any) -> UUID:
    """Somebody in Tokyo, say, whose sequence keeps office hours."""
    version = await stage.publish(bundle(window=OFFICE, jitter=1800, **rules))

    async def work(connection: Any) -> Any:
        contact = Contact(email, {"first_name": "Pat"}, zone=zone, zone_source="contact")
        contact_id = await contacts.save(connection, contact)
        return await enrollments.enroll(
            connection, contact_id, email, version, Trigger.IMPORT, "test"
        )

    return UUID(int=(await stage.do(work)).enrollment_id.int)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Europe/Berlin"])
async def test_what_is_shown_beforehand_is_what_enrolling_books(
    stage: Stage, tenuto: Command, zone: str
) -> None:
    content = bundle(window=OFFICE, jitter=1800)
    await stage.publish(content)
    before = await tenuto("preview", "welcome", "--contact", PAT, "--zone", zone, "--json")
    row = await stage.row(await enrolled(stage, zone))
    first = before["steps"][0]
    booked = row.next_scheduled_at
    assert booked is not None
    if first["shifts"]:
        assert datetime.fromisoformat(first["at"]) == booked
    assert datetime.fromisoformat(first["local"]).hour == booked.astimezone(ZoneInfo(zone)).hour
    assert (first["reason"], before["zone"], before["obstacle"]) == (row.reason, zone, None)


async def test_a_preview_writes_nothing_and_knows_the_real_load(
    stage: Stage, tenuto: Command
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle("first")))
    sent = await stage.settle(await stage.claimed(enrollment))
    await stage.publish(bundle("second", gap=2 * DAY))
    found = await tenuto("preview", "second", "--contact", PAT.upper(), "--json")
    assert found["steps"][0]["reason"] == "deferred: spacing"
    assert found["steps"][0]["at"] > found["steps"][-1]["at"][:4]
    assert sent.standing.step == 1
    assert len(await stage.all("SELECT FROM enrollments")) == 1


async def test_a_preview_says_why_nobody_would_be_enrolled(stage: Stage, tenuto: Command) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    live = await tenuto("preview", "welcome", "--contact", PAT, "--json")
    await stage.record(enrollment, Signal.UNSUBSCRIBED)
    gone = await tenuto("preview", "welcome", "--contact", PAT, "--json")
    assert live["obstacle"] == "already enrolled"
    assert gone["obstacle"] == "suppressed opt_out"


async def test_a_preview_may_begin_at_another_time(stage: Stage, tenuto: Command) -> None:
    await stage.publish(bundle(window=OFFICE))
    words = ["preview", "welcome", "--contact", PAT, "--zone", "Asia/Tokyo"]
    found = await tenuto(*words, "--at", "2026-03-02T18:30:00+09:00", "--json")
    assert found["steps"][0]["local"] == "2026-03-03T09:00:00+09:00"
    table = await tenuto(*words, "--at", "2026-03-02T18:30:00+09:00")
    assert "Tue 2026-03-03 09:00:00" in table.stdout
    assert "deferred: outside hours" in table.stdout


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--at", "tomorrow", "write it like"),
        ("--at", "2026-03-02T09:00:00", "write it like"),
        ("--zone", "Tokyo", "IANA name"),
        ("--contact", "pat", "it has no @"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_to_write(
    stage: Stage, tenuto: Command, option: str, value: str, said: str
) -> None:
    await stage.publish(bundle())
    words = ["preview", "welcome", "--contact", PAT, option, value]
    assert said in await tenuto(*words, raises=Exception)


async def test_the_list_shows_when_and_why_in_local_time(stage: Stage, tenuto: Command) -> None:
    row = await stage.row(await enrolled(stage, "Asia/Tokyo"))
    (one,) = await tenuto("list", "--json")
    assert row.next_scheduled_at is not None
    assert datetime.fromisoformat(one["next_at"]) == row.next_scheduled_at
    assert one["next_at"].endswith("+09:00")
    expected = {"email": PAT, "sequence": "welcome", "version": 1, "status": "active"}
    assert one.items() >= (expected | {"step": "mail-0", "zone": "Asia/Tokyo"}).items()


async def test_the_list_is_narrowed_down_and_an_empty_one_says_so(
    stage: Stage, tenuto: Command
) -> None:
    version = await stage.publish(bundle())
    await stage.publish(bundle("other"))
    await stage.record(await stage.enrolled(version), Signal.REPLY_RECEIVED)
    await stage.enrolled(version, KIM)
    by_status = await tenuto("list", "--status", "replied", "--json")
    assert [one["email"] for one in by_status] == [PAT]
    assert len(await tenuto("list", "--sequence", "welcome", "--json")) == 2
    assert "raise --limit" in (await tenuto("list", "--limit", "1")).stderr
    assert "No enrollments here" in (await tenuto("list", "--sequence", "other")).stderr


@pytest.mark.parametrize(
    ("query", "index"),
    [(views.LIST, "enrollments_of_sequence"), (views.OF_CONTACT, "enrollments_of_contact")],
)
async def test_where_somebody_stands_is_one_indexed_query(
    stage: Stage, query: Any, index: str
) -> None:
    values = {"sequence": "welcome", "status": "active", "limit": 10, "contact": UUID(int=1)}
    async with stage.engine.connect() as connection:
        # A table without rows is never worth an index.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        named = {name: values[name] for name in query._bindparams}
        found = await connection.execute(text(f"EXPLAIN {query}"), named)
    assert index in "\n".join(row[0] for row in found)


async def test_a_person_is_shown_with_all_that_happened(stage: Stage, tenuto: Command) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.settle(await stage.claimed(enrollment))
    await stage.record(enrollment, Signal.HELD)
    found = await tenuto("show", PAT, "--json")
    told = [(e["kind"], e["what"]) for e in found["timeline"]]
    assert ("send", "sent") in told
    assert ("hold", "enrollment") in told
    assert [what for kind, what in told if kind == "transition"] == ["enrolled", "moved", "held"]
    assert [hold["reason"] for hold in found["holds"]] == ["operator"]
    assert found["enrollments"][0]["status"] == "paused"
    page = (await tenuto("show", PAT)).stdout
    assert "Held (enrollment) until resumed: operator" in page
    assert "held: operator" in page


async def test_a_switch_shows_on_those_it_holds(stage: Stage, tenuto: Command) -> None:
    await stage.enrolled(await stage.publish(bundle()))
    await tenuto("pause", "--sequence", "welcome", "--reason", "launch", "--json")
    found = await tenuto("show", PAT, "--json")
    assert [(h["scope"], h["reason"]) for h in found["holds"]] == [("sequence", "launch")]


async def test_nobody_is_a_clear_answer(stage: Stage, tenuto: Command) -> None:
    del stage
    assert PAT in await tenuto("show", PAT, raises=NotFoundError)


async def test_a_person_is_paused_and_resumed_without_temporal(
    stage: Stage, tenuto: Command
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    paused = await tenuto("pause", PAT, "--json")
    assert (paused["scope"], paused["changed"]) == ("contact", 1)
    assert (await stage.row(enrollment)).status is Status.PAUSED
    result = await tenuto("resume", PAT)
    assert "the reconciler tells them" in result.stderr
    assert (await stage.row(enrollment)).status is Status.ACTIVE


async def test_resuming_a_person_resumes_what_was_paused_one_by_one(
    stage: Stage, tenuto: Command
) -> None:
    first = await stage.enrolled(await stage.publish(bundle("first")))
    second = await stage.enrolled(await stage.publish(bundle("second")))
    paused = await tenuto("pause", PAT, "--sequence", "first", "--json")
    assert (paused["scope"], paused["changed"]) == ("enrollment", 1)
    assert (await stage.row(second)).status is Status.ACTIVE
    await tenuto("resume", PAT, "--json")
    assert (await stage.row(first)).status is Status.ACTIVE


async def test_a_pause_may_have_an_end(stage: Stage, tenuto: Command) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    await tenuto("pause", PAT, "--until", until.isoformat(), "--json")
    row = await stage.row(enrollment)
    assert (row.status, row.next_scheduled_at) == (Status.ACTIVE, until)
    over = (until - timedelta(days=3)).isoformat()
    assert "is over" in await tenuto("pause", PAT, "--until", over, raises=Exception)


@pytest.mark.parametrize(
    "words",
    [
        ["--sequence", "welcome"],
        ["--mailbox", "anna@sender.example"],
        ["--company", "firm.example"],
        ["--everything"],
    ],
)
async def test_a_switch_holds_and_a_resume_gives_the_wait_back(
    stage: Stage, tenuto: Command, words: list[str]
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await tenuto("pause", *words, "--json")
    standing = await stage.claim(enrollment)
    assert getattr(standing, "status", None) is Status.PAUSED
    resumed = await tenuto("resume", *words, "--json")
    assert resumed["changed"] == 1
    assert (await stage.row(enrollment)).status is Status.ACTIVE


@pytest.mark.parametrize("words", [[], [PAT, "--everything"], ["--mailbox", "a@b", "--everything"]])
async def test_a_pause_names_exactly_one_thing(
    stage: Stage, tenuto: Command, words: list[str]
) -> None:
    del stage
    assert (await tenuto("pause", *words)).exit_code == 2


async def test_a_person_is_removed_from_one_sequence_or_from_all(
    stage: Stage, tenuto: Command
) -> None:
    first = await stage.enrolled(await stage.publish(bundle("first")))
    second = await stage.enrolled(await stage.publish(bundle("second")))
    one = await tenuto("remove", PAT, "--sequence", "first", "--json")
    assert one["changed"] == 1
    assert (await stage.row(second)).status is Status.ACTIVE
    assert "no live enrollment" in await tenuto(
        "remove", PAT, "--sequence", "first", raises=NotFoundError
    )
    await tenuto("remove", PAT)
    assert (await stage.row(second)).status is Status.REMOVED
    assert (await stage.row(first)).status is Status.REMOVED
    assert "nothing changed" in (await tenuto("remove", PAT)).stdout


async def test_a_step_is_rescheduled_unless_it_is_paused(stage: Stage, tenuto: Command) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    words = ["reschedule", PAT, "--sequence", "welcome", "--at", at.isoformat()]
    await tenuto(*words, "--json")
    assert (await stage.row(enrollment)).next_scheduled_at == at
    await tenuto("pause", PAT, "--json")
    assert "comes first" in await tenuto(*words, raises=ForbiddenError)


async def test_an_unknown_mail_is_listed_and_settled(stage: Stage, tenuto: Command) -> None:
    content = bundle(steps=emails([0, 3600], on_unknown="hold"))
    enrollment = await stage.enrolled(await stage.publish(content))
    assert "every mail is known" in (await tenuto("unknown", "list")).stdout
    await stage.settle(await stage.claimed(enrollment), Unclear("no answer after the dot"))
    (one,) = await tenuto("unknown", "list", "--json")
    assert (one["enrollment_id"], one["step"], one["email"]) == (str(enrollment), "mail-0", PAT)
    words = ["unknown", "resolve", str(enrollment), "mail-0"]
    assert "too early" in await tenuto(*words, "not_sent", raises=ForbiddenError)
    await tenuto(*words, "sent", "--json")
    assert (await stage.row(enrollment)).status is Status.ACTIVE
    assert await stage.ledger(enrollment) == [(0, "sent", None)]
    assert "unknown list" in await tenuto(*words, "sent", raises=NotFoundError)


async def test_a_preview_of_somebody_new_counts_the_switches_and_the_mailbox(stage: Stage) -> None:
    version = await stage.publish(bundle())
    await stage.do(
        holds.place, HoldScope.EVERYTHING, "", reason="weekend", until=None, source="test"
    )
    async with stage.engine.connect() as connection:
        found = await preview.schedule(connection, KIM, version)
    assert found.steps[0].reason == "held: weekend, until resumed"


async def test_a_wiped_temporal_is_filled_again(
    stage: Stage,
    tenuto: Command,
    temporal_server: TemporalDevServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = await stage.publish(bundle())
    await stage.enrolled(version)
    await stage.record(await stage.enrolled(version, KIM), Signal.HELD)
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.address)
    assert (await tenuto("rebuild", "--json"))["started"] == 2
    assert (await tenuto("rebuild")).stdout == "started 0\n"
    assert await tenuto("reconcile", "--json") == {"started": 0, "told": 0, "stuck": []}


async def test_what_stays_overdue_is_reported_as_stuck(
    stage: Stage,
    tenuto: Command,
    temporal_server: TemporalDevServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody works here: the workflow runs, and never acts."""
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.address)
    monkeypatch.setenv("TENUTO_RECONCILE_GRACE", "0.001")
    assert (await tenuto("reconcile", "--json"))["started"] == 1
    assert (await tenuto("reconcile", "--json"))["stuck"] == [str(enrollment)]
    result = await tenuto("reconcile")
    assert (result.exit_code, f"stuck: {enrollment}" in result.stdout) == (1, True)
