"""A sequence or a mailbox that does harm pauses itself, and only a person resumes it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from db import switches
from db.claims import Claim
from tenuto.domain.enrollment import Standing, Status
from tenuto.domain.guard import Counts, Guard, Threshold
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Bounced, Signal, Unsubscribed
from tests.command import asked, run, without_temporal
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.guarded import OTHER, PAST, bounced, paused, resume, seen, sent


async def test_the_fifth_bounce_of_a_hundred_mails_pauses_both_scopes(stage: Stage) -> None:
    enrollment = await sent(stage, await stage.publish(bundle()), 100)
    with capture_logs() as logs:
        await bounced(stage, enrollment, 0, 1)
        assert logs == []
        await bounced(stage, enrollment, 2, 3)
    assert {log["event"] for log in logs} == {"guardrail_warns"}
    assert {one.state for one in (await seen(stage)).values()} == {"warn"}
    assert await paused(stage) == []
    with capture_logs() as logs:
        await bounced(stage, enrollment, 4)
    why = "bounces 5.0 % (5 of 100)"
    assert await paused(stage) == [("sequence", "guardrail", why), ("mailbox", "guardrail", why)]
    assert [(log["event"], log["scope"], log["why"]) for log in logs] == [
        ("guardrail_paused", "mailbox", why),
        ("guardrail_paused", "sequence", why),
    ]
    assert "past" not in str(logs)
    with capture_logs() as logs:
        await bounced(stage, enrollment, 5)
    assert (logs, len(await paused(stage))) == ([], 2)


async def test_below_a_hundred_mails_no_rate_is_known(stage: Stage) -> None:
    enrollment = await sent(stage, await stage.publish(bundle()), 99)
    await bounced(stage, enrollment, *range(20))
    assert await paused(stage) == []


async def test_a_mail_counts_once_however_often_it_is_reported(stage: Stage) -> None:
    enrollment = await sent(stage, await stage.publish(bundle()), 100)
    await bounced(stage, enrollment, 0, 1, 2)
    with capture_logs() as logs:
        await bounced(stage, enrollment, *[0, 1, 2] * 3)
    assert logs == []
    assert (await seen(stage))[MAILBOX].counts == Counts(100, 3, 0)
    other = await sent(stage, await stage.publish(bundle()), 1, email="p@firm.example")
    # One angry person says it in three ways, twice: that is still one mail.
    for _ in range(2):
        await stage.record(other, Signal.COMPLAINED)
        await stage.record(other, Signal.UNSUBSCRIBED, Unsubscribed(by="reply"))
        await stage.record(other, Signal.BOUNCED, Bounced(kind="block", step=PAST))
    kinds = await stage.all("SELECT kind::text FROM send_feedback ORDER BY at")
    assert [row.kind for row in kinds] == [*["bounce"] * 3, "complaint", "removal", "block"]
    assert {one.counts for one in (await seen(stage)).values()} == {Counts(101, 3, 1)}
    assert await paused(stage) == []


async def test_what_is_older_than_thirty_days_does_not_count(stage: Stage) -> None:
    version = await stage.publish(bundle())
    enrollment = await sent(stage, version, 99, timedelta(days=29))
    await sent(stage, version, 50, timedelta(days=31), "old@firm.example")
    await bounced(stage, enrollment, 0, 1)
    async with stage.engine.begin() as connection:
        await connection.execute(text("UPDATE send_feedback SET at = at - interval '31 days'"))
    await bounced(stage, enrollment, 2)
    assert {one.counts for one in (await seen(stage)).values()} == {Counts(99, 1, 0)}


async def test_a_resume_starts_the_count_anew(stage: Stage) -> None:
    version = await stage.publish(bundle())
    enrollment = await sent(stage, version, 100)
    await bounced(stage, enrollment, *range(5))
    mailbox = (await seen(stage))[MAILBOX]
    await resume(stage, HoldScope.MAILBOX, mailbox.target)
    await bounced(stage, enrollment, 6)
    # The sequence is paused still, and each scope has its own count.
    assert [scope for scope, _, _ in await paused(stage)] == ["sequence"]
    found = await seen(stage)
    assert (found[MAILBOX].counts, found[MAILBOX].state) == (Counts(0, 1, 0), "ok")
    assert (found["welcome"].counts, found["welcome"].state) == (Counts(100, 6, 0), "paused")
    await resume(stage, HoldScope.SEQUENCE, "welcome")
    again = await sent(stage, version, 100, email="again@firm.example")
    await bounced(stage, again, *range(3))
    assert await paused(stage) == []
    await bounced(stage, again, 3)
    assert await paused(stage) == [("mailbox", "guardrail", "bounces 5.0 % (5 of 100)")]


async def test_an_operators_pause_neither_counts_as_one_nor_starts_anew(stage: Stage) -> None:
    enrollment = await sent(stage, await stage.publish(bundle()), 100)
    await bounced(stage, enrollment, *range(4))
    which = HoldScope.SEQUENCE, "welcome"
    await switches.switch_off(stage.engine, *which, reason="guardrail", source="test")
    assert (await seen(stage))["welcome"].state == "warn"
    await resume(stage, *which)
    await bounced(stage, enrollment, 4)
    assert len(await paused(stage)) == 2


async def test_a_sequence_with_a_guard_of_its_own_stops_no_other(stage: Stage) -> None:
    own = Guard(bounces=Threshold(ppm=30_000, sends=100))
    strict = await stage.publish(bundle("strict", guard=own))
    await stage.publish(bundle("other"))
    enrollment = await sent(stage, strict, 100)
    await bounced(stage, enrollment, 0, 1, 2)
    assert await paused(stage) == [("sequence", "guardrail", "bounces 3.0 % (3 of 100)")]
    fine = await stage.enrolled(await stage.publish(bundle("other")), "kim@firm.example")
    assert isinstance(await stage.claim(fine), Claim)
    held = await stage.claim(await stage.enrolled(strict, "kim@firm.example"), 0)
    assert isinstance(held, Standing)


async def test_a_mailbox_stops_no_other(stage: Stage) -> None:
    await stage.mailbox(address=OTHER)
    enrollment = await sent(stage, await stage.publish(bundle("one")), 100)
    await bounced(stage, enrollment, *range(5))
    other = await stage.publish(bundle("two", mailbox=OTHER))
    assert isinstance(await stage.claim(await stage.enrolled(other)), Claim)


async def test_the_newest_version_says_what_pauses_all_of_them(stage: Stage) -> None:
    enrollment = await sent(stage, await stage.publish(bundle()), 100)
    lax = Guard(bounces=Threshold(ppm=500_000, sends=100))
    await stage.publish(bundle(guard=lax))
    await bounced(stage, enrollment, *range(5))
    assert [scope for scope, _, _ in await paused(stage)] == ["mailbox"]


@pytest.mark.parametrize("scope", ["sequence", "mailbox"])
async def test_who_was_held_goes_on_with_the_wait_that_was_left(stage: Stage, scope: str) -> None:
    own = Guard(bounces=Threshold(ppm=30_000 if scope == "sequence" else 1_000_000, sends=100))
    version = await stage.publish(bundle(steps=emails([3600, 0]), guard=own))
    waiting = await stage.enrolled(version)
    await stage.pass_time(waiting, timedelta(minutes=20))
    # Not today: a resumed mailbox begins with few mails a day.
    harmful = await sent(stage, version, 100, timedelta(days=2))
    await bounced(stage, harmful, *range(3 if scope == "sequence" else 5))
    target = {"sequence": "welcome", "mailbox": (await seen(stage))[MAILBOX].target}
    assert [one for one, _, _ in await paused(stage)] == [scope]
    await stage.due_now(waiting)
    held = await stage.claim(waiting)
    assert isinstance(held, Standing)
    assert (held.status, held.due, held.reason) == (Status.PAUSED, None, "held: guardrail")
    await resume(stage, HoldScope(scope), target[scope])
    row = await stage.row(waiting)
    now = (await stage.all("SELECT tenuto_now() AS now"))[0].now
    assert (row.status, row.remaining_wait) == (Status.ACTIVE, None)
    assert row.next_scheduled_at is not None
    left = row.next_scheduled_at - now
    assert timedelta(minutes=38) < left <= timedelta(minutes=40)


async def test_a_mailbox_begins_its_ramp_again(stage: Stage) -> None:
    enrollment = await sent(stage, await stage.publish(bundle()), 100)
    async with stage.engine.begin() as connection:
        sending = "UPDATE mailboxes SET sending_days = 40, last_sending_day = current_date"
        await connection.execute(text(sending))
    await bounced(stage, enrollment, *range(4))
    query = "SELECT ramp, sending_days, last_sending_day FROM mailboxes"
    assert tuple((await stage.all(query))[0])[:2] == (False, 40)
    await bounced(stage, enrollment, 4)
    assert tuple((await stage.all(query))[0]) == (True, 0, None)
    await resume(stage, HoldScope.MAILBOX, (await seen(stage))[MAILBOX].target)
    await resume(stage, HoldScope.SEQUENCE, "welcome")
    pace = (await stage.facts(enrollment)).scene.load.mailbox
    assert pace is not None
    assert pace.sending_days == 0


async def test_the_command_shows_every_scope_and_how_to_go_on(
    stage: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_temporal(database_url, monkeypatch)
    enrollment = await sent(stage, await stage.publish(bundle()), 115)
    quiet = await asked("guard")
    assert [(one["scope"], one["name"], one["state"]) for one in quiet] == [
        ("sequence", "welcome", "ok"),
        ("mailbox", MAILBOX, "ok"),
    ]
    assert "tenuto resume" not in (await run("guard")).stdout
    await bounced(stage, enrollment, *range(6))
    welcome, mailbox = await asked("guard")
    assert (welcome["state"], welcome["sends"], welcome["bounces"]) == ("paused", 115, 6)
    assert (welcome["bounce_rate"], welcome["complaint_rate"]) == (pytest.approx(0.0522, 0.01), 0)
    assert welcome["pauses_at"] == {
        "bounces": {"rate": 0.05, "from_sends": 100},
        "complaints": {"rate": 0.001, "from_sends": 1000},
    }
    assert mailbox["resume"] == f"tenuto resume --mailbox {MAILBOX}"
    assert welcome["resume"] == "tenuto resume --sequence welcome"
    shown = (await run("guard")).stdout
    assert "welcome is paused: bounces 5.2 % (6 of 115)" in shown
    await stage.enrolled(await stage.publish(bundle()), "kim@firm.example")
    person = (await run("show", "kim@firm.example")).stdout
    assert "Held (sequence) until resumed: guardrail: bounces 5.2 % (6 of 115)" in person
    await asked("resume", "--sequence", "welcome")
    await asked("resume", "--mailbox", MAILBOX)
    assert {one["state"] for one in await asked("guard")} == {"ok"}
