"""The claim: who may send now, exactly, whatever else happens at the same moment."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from db import claims, facts, limits, locks, suppressions, switches
from db.claims import Claim
from db.connection import Connection
from db.locks import Locked
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.delay import Gap
from tenuto.domain.delivery import NotSent, Refused, Unclear
from tenuto.domain.enrollment import Standing, Status
from tenuto.domain.holds import HoldScope
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.notice import Held, SendResolved, Signal
from tenuto.domain.plan import Edge
from tests.factories import SEND_TIME, Stage, bundle, emails
from tests.together import reading_together


async def test_a_claim_is_written_before_any_mail_leaves(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    claim = await stage.claimed(enrollment)
    assert await stage.ledger(enrollment) == [(0, "sending", None)]
    settled = await stage.settle(claim)
    assert settled.standing.step == 1
    assert await stage.ledger(enrollment) == [(0, "sent", None), (1, "pending", None)]
    assert await stage.log(enrollment) == ["enrolled", "moved"]


async def test_a_step_that_moved_answers_where_the_row_stands(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    settled = await stage.settle(await stage.claimed(enrollment))
    again = await stage.claim(enrollment, step=0)
    assert again == settled.standing


async def test_a_claim_under_another_token_becomes_unknown_and_moves_on(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    lost = await stage.claimed(enrollment)
    standing = await stage.claim(enrollment)
    assert isinstance(standing, Standing)
    assert standing.step == 1
    assert (await stage.ledger(enrollment))[0][1] == "unknown"
    late = await stage.settle(lost)
    assert late.standing == standing
    assert (await stage.ledger(enrollment))[0][1] == "sent"


async def test_a_late_release_of_an_unknown_mail_is_skipped_not_sent(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    lost = await stage.claimed(enrollment)
    await stage.claim(enrollment)
    await stage.settle(lost, NotSent("smtp_temporary"))
    assert (await stage.ledger(enrollment))[0] == (0, "skipped", "not_sent")


@pytest.mark.parametrize("outcome", ["sent", "not_sent"])
async def test_an_unknown_mail_holds_where_the_sequence_says_so(stage: Stage, outcome: str) -> None:
    version = await stage.publish(bundle(steps=emails([0, 3600], on_unknown="hold")))
    enrollment = await stage.enrolled(version)
    settled = await stage.settle(await stage.claimed(enrollment), Unclear("no answer"))
    assert settled.standing.status is Status.PAUSED
    await stage.pass_time(enrollment, timedelta(minutes=20))
    resolved = SendResolved(step=0, outcome=outcome)  # type: ignore[arg-type]
    [told] = await stage.record(enrollment, Signal.SEND_RESOLVED, resolved)
    assert told.standing.status is Status.ACTIVE
    claim = await stage.claim(enrollment)
    assert isinstance(claim, Claim) is (outcome == "not_sent")
    state = {"sent": "sent", "not_sent": "sending"}[outcome]
    assert (await stage.ledger(enrollment))[0][1] == state


async def test_the_gap_runs_over_all_sequences(stage: Stage) -> None:
    one, two = [await stage.publish(bundle(f"s{i}", gap=600)) for i in range(2)]
    first, second = await stage.enrolled(one), await stage.enrolled(two)
    await stage.settle(await stage.claimed(first))
    assert (await stage.row(second)).reason == "deferred: spacing"
    await stage.due_now(second)
    deferred = await stage.claim(second)
    assert isinstance(deferred, Standing)
    assert deferred.reason == "deferred: spacing"
    await stage.pass_time(second, timedelta(seconds=601))
    assert isinstance(await stage.claim(second), Claim)


async def test_a_mail_on_its_way_counts_until_its_deadline(stage: Stage) -> None:
    one, two = [await stage.publish(bundle(f"s{i}", gap=600)) for i in range(2)]
    first, second = await stage.enrolled(one), await stage.enrolled(two)
    claim = await stage.claimed(first)
    await stage.due_now(second)
    deferred = await stage.claim(second)
    assert isinstance(deferred, Standing)
    assert deferred.due == claim.deadline + timedelta(seconds=600)


async def test_a_rolling_cap_counts_over_all_sequences(stage: Stage) -> None:
    cap = (Cap(count=2, seconds=3600),)
    versions = [await stage.publish(bundle(f"s{i}", emails([0]), caps=cap)) for i in range(3)]
    ids = [await stage.enrolled(v) for v in versions]
    for enrollment in ids[:2]:
        await stage.settle(await stage.claimed(enrollment))
    await stage.due_now(ids[2])
    deferred = await stage.claim(ids[2])
    assert isinstance(deferred, Standing)
    assert deferred.reason == "deferred: cap"


async def test_a_mailbox_cap_counts_over_all_people(stage: Stage) -> None:
    await stage.mailbox(Cap(count=1, seconds=3600))
    version = await stage.publish(bundle())
    ids = [await stage.enrolled(version, f"p{i}@firm.example") for i in range(2)]
    await stage.settle(await stage.claimed(ids[0]))
    deferred = await stage.claim(ids[1])
    assert isinstance(deferred, Standing)
    assert deferred.reason == "deferred: mailbox cap"


async def test_a_closed_window_is_a_start_later(stage: Stage) -> None:
    now = (await stage.all("SELECT tenuto_now() AS now"))[0].now
    tomorrow = Window(days=frozenset({(now.weekday() + 1) % 7}), hours=(Hours(start=0, end=1440),))
    enrolled = await stage.enroll(await stage.publish(bundle(window=tomorrow)))
    assert enrolled.standing is not None
    assert enrolled.standing.reason == "deferred: outside hours"
    assert enrolled.standing.due is not None
    assert enrolled.standing.due > now


@pytest.mark.parametrize("kind", ["address", "domain"])
async def test_a_suppression_ends_at_the_claim(stage: Stage, kind: str) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    subject = {"address": "pat@firm.example", "domain": "firm.example"}[kind]
    add = {"address": suppressions.suppress_address, "domain": suppressions.suppress_domain}[kind]
    await stage.do(add, subject, "opt_out", "test")
    standing = await stage.claim(enrollment)
    assert isinstance(standing, Standing)
    assert standing.status is Status.OPTED_OUT
    assert await stage.ledger(enrollment) == [(0, "cancelled", "suppressed")]


@pytest.mark.parametrize("scope", ["sequence", "mailbox", "everything", "company"])
async def test_a_switch_holds_at_the_claim_and_a_resume_goes_on(stage: Stage, scope: str) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    row = await stage.row(enrollment)
    company = (await stage.all("SELECT id FROM companies"))[0].id
    targets = {"sequence": "welcome", "mailbox": str(row.mailbox_id), "everything": "",
               "company": str(company)}  # fmt: skip
    which = HoldScope(scope), targets[scope]
    await switches.switch_off(stage.engine, *which, reason="look", source="test")
    held = await stage.claim(enrollment)
    assert isinstance(held, Standing)
    assert (held.status, held.due, held.reason) == (Status.PAUSED, None, "held")
    assert (await stage.row(enrollment)).reason == "held: look"
    told = [
        t async for batch in switches.switch_on(stage.engine, *which, source="test") for t in batch
    ]
    assert [t.standing.status for t in told] == [Status.ACTIVE]
    assert isinstance(await stage.claim(enrollment), Claim)


async def test_a_pause_keeps_the_wait_that_was_left(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([3600, 0]))))
    await stage.pass_time(enrollment, timedelta(minutes=20))
    await stage.record(enrollment, Signal.HELD, Held())
    paused = await stage.row(enrollment)
    assert paused.remaining_wait is not None
    assert abs(paused.remaining_wait - timedelta(minutes=40)) < timedelta(seconds=30)
    await stage.pass_time(enrollment, timedelta(hours=9))
    now = (await stage.all("SELECT tenuto_now() AS now"))[0].now
    [told] = await stage.record(enrollment, Signal.RESUMED)
    assert told.standing.due is not None
    assert abs(told.standing.due - now - timedelta(minutes=40)) < timedelta(seconds=30)


async def test_a_stale_step_is_skipped_with_its_reason(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle(stale_after=3600)))
    await stage.pass_time(enrollment, timedelta(hours=2))
    standing = await stage.claim(enrollment)
    assert isinstance(standing, Standing)
    assert standing.step == 1
    assert (await stage.ledger(enrollment))[0] == (0, "skipped", "stale")


async def test_temporary_refusals_wait_longer_then_skip(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    for tries in range(1, 6):
        await stage.settle(await stage.claimed(enrollment), NotSent("smtp_temporary", "421 busy"))
        row = await stage.row(enrollment)
        assert (row.tries, row.reason) == (tries, "deferred: smtp_temporary")
        await stage.pass_time(enrollment, timedelta(hours=5))
    await stage.settle(await stage.claimed(enrollment), NotSent("smtp_temporary", "421 busy"))
    assert (await stage.ledger(enrollment))[0] == (0, "skipped", "smtp_temporary")


async def test_a_refused_recipient_bounces_and_a_refused_mail_does_not(stage: Stage) -> None:
    version = await stage.publish(bundle())
    dead, fine = [await stage.enrolled(version, f"{n}@firm.example") for n in ("dead", "fine")]
    settled = await stage.settle(await stage.claimed(dead), Refused("550 5.1.1 no such user", True))
    assert settled.standing.status is Status.BOUNCED
    assert (await stage.ledger(dead))[0][1] == "refused"
    settled = await stage.settle(await stage.claimed(fine), Refused("554 spam", False))
    assert (settled.standing.status, settled.standing.step) == (Status.ACTIVE, 1)
    assert (await stage.all("SELECT trouble FROM mailboxes"))[0].trouble == "554 spam"


async def race(stage: Stage, rivals: int = 16) -> int:
    """How many of the claims of one contact in many sequences win at once."""
    versions = [await stage.publish(bundle(f"s{i}", gap=3600)) for i in range(rivals)]
    ids = [await stage.enrolled(v) for v in versions]
    for enrollment in ids:
        # As if none had seen the others' slots.
        await stage.due_now(enrollment)
    successor = Edge(to=1)
    results = await asyncio.gather(
        *(claims.claim(stage.engine, e, 0, successor, SEND_TIME) for e in ids)
    )
    return sum(isinstance(r, Claim) for r in results)


async def test_of_sixteen_claims_of_one_contact_one_wins(stage: Stage) -> None:
    assert await race(stage) == 1


async def test_without_the_lock_more_than_one_wins(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_CONTACT_OF", "_PERSON_AND_MAILBOX_OF"):
        statement = str(getattr(locks, name)).replace("FOR NO KEY UPDATE", "")
        monkeypatch.setattr(locks, name, text(statement))
    monkeypatch.setattr(facts, "of", reading_together(4))
    # Nothing keeps the four from reading before any of them has written: all win.
    assert await race(stage, rivals=4) == 4


async def test_the_person_is_locked_before_the_mailbox(stage: Stage) -> None:
    """One statement takes both: its order is the one that everybody keeps to."""
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    waits = """SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    async with stage.engine.begin() as holder:
        await holder.execute(text("SELECT id FROM contacts FOR NO KEY UPDATE"))
        claiming = asyncio.create_task(stage.claim(enrollment, 0))
        async with asyncio.timeout(30):
            while (await stage.all(waits))[0][0] == 0:
                await asyncio.sleep(0.01)
        await holder.execute(text("SELECT id FROM mailboxes FOR NO KEY UPDATE NOWAIT"))
    assert isinstance(await claiming, Claim)


async def test_a_limit_per_company_set_between_lock_and_count_is_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await stage.publish(bundle(steps=emails([0])))
    pat = await stage.enrolled(version)
    locked: list[bool] = []
    lock = locks.lock_contact_and_mailbox_of

    async def then_a_limit(connection: Connection, enrollment_id: UUID) -> Locked | None:
        held = await lock(connection, enrollment_id)
        assert held is not None
        locked.append(held.company)
        if len(locked) == 1:
            await stage.do(limits.write, Limits(company_gap=Gap(seconds=3600)), "test")
        return held

    monkeypatch.setattr(locks, "lock_contact_and_mailbox_of", then_a_limit)
    assert isinstance(await stage.claim(pat), Claim)
    assert locked == [False, True]
