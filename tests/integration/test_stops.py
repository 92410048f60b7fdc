"""Every way out: its transition, its log row, and who else it ends."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from db import advance, contacts
from db.claims import Claim
from tenuto.domain.condition import EventHappened
from tenuto.domain.enrollment import ExitReason, Standing, Status
from tenuto.domain.notice import Bounced, Engaged, OutOfOffice, Removed, Rescheduled, Signal
from tenuto.domain.plan import Edge, EmailStep, ExitStep
from tests.factories import Stage, bundle, emails, plan

Way = Callable[[Stage, Any], Awaitable[Any]]


async def complete(stage: Stage, enrollment: UUID) -> None:
    while (await stage.row(enrollment)).status.live:
        await stage.pass_time(enrollment, timedelta(hours=2))
        await stage.settle(await stage.claimed(enrollment))


async def delete(stage: Stage, enrollment: UUID) -> None:
    row = await stage.row(enrollment)
    await stage.do(contacts.delete, row.contact_id, "test")


async def bounce_softly_twice(stage: Stage, enrollment: UUID) -> None:
    await stage.record(enrollment, Signal.BOUNCED, Bounced(kind="soft"))
    assert (await stage.row(enrollment)).status is Status.ACTIVE
    await stage.record(enrollment, Signal.BOUNCED, Bounced(kind="soft"))


async def leave_the_company(stage: Stage, enrollment: UUID) -> None:
    await stage.record(enrollment, Signal.REMOVED, Removed(reason="left_company"))


async def leave_for_months(stage: Stage, enrollment: UUID) -> None:
    now = (await stage.all("SELECT tenuto_now() AS now"))[0].now
    notice = OutOfOffice(until=now + timedelta(days=90))
    await stage.record(enrollment, Signal.OUT_OF_OFFICE, notice)


async def fail(stage: Stage, enrollment: UUID) -> None:
    await stage.fail(enrollment)


def signalled(signal: Signal, notice: Any = None) -> Way:
    async def way(stage: Stage, enrollment: UUID) -> None:
        await stage.record(enrollment, signal, notice)

    return way


WAYS: dict[ExitReason, tuple[Way, str, bool, str | None]] = {
    # reason: (how, the log's event, whether the person's other enrollment ends, suppression)
    ExitReason.COMPLETION: (complete, "completed", False, None),
    ExitReason.REPLY: (signalled(Signal.REPLY_RECEIVED), "replied", True, None),
    ExitReason.OPT_OUT: (signalled(Signal.UNSUBSCRIBED), "opted_out", True, "opt_out"),
    ExitReason.HARD_BOUNCE: (signalled(Signal.BOUNCED, Bounced()), "bounced", True, "hard_bounce"),
    ExitReason.SOFT_BOUNCES: (bounce_softly_twice, "bounced", False, "soft_bounces"),
    ExitReason.COMPLAINT: (signalled(Signal.COMPLAINED), "complained", True, "complaint"),
    ExitReason.MANUAL: (signalled(Signal.REMOVED), "removed", False, None),
    ExitReason.AWAY_TOO_LONG: (leave_for_months, "removed", True, None),
    ExitReason.LEFT_COMPANY: (leave_the_company, "removed", True, None),
    ExitReason.CONTACT_DELETED: (delete, "contact_deleted", True, "manual"),
    ExitReason.GOAL: (signalled(Signal.ENGAGED, Engaged(event="met")), "goal_reached", True, None),
    ExitReason.FAILURE: (fail, "failed", False, None),
}


@pytest.mark.parametrize("reason", WAYS, ids=lambda reason: reason.value)
async def test_each_exit_reason_ends_in_its_status(stage: Stage, reason: ExitReason) -> None:
    way, event, others_end, suppression = WAYS[reason]
    goal = EventHappened(name="met")
    version, other = [await stage.publish(bundle(slug, goal=goal)) for slug in ("one", "two")]
    enrollment, neighbour = await stage.enrolled(version), await stage.enrolled(other)
    await way(stage, enrollment)
    row = await stage.row(enrollment)
    assert (row.status, row.exit_reason) == (reason.status, reason)
    assert row.next_scheduled_at is None
    assert (await stage.log(enrollment))[-1] == event
    assert (await stage.row(neighbour)).status.live is not others_end
    found = await stage.all("SELECT reason FROM suppressions")
    assert [s.reason for s in found] == ([suppression] if suppression else [])
    assert not isinstance(await stage.claim(enrollment, step=0), Claim)


async def test_every_exit_reason_is_shown() -> None:
    # An exit step is a step of the plan, shown below.
    assert set(WAYS) | {ExitReason.EXIT_STEP} == set(ExitReason)


async def test_an_exit_step_ends_as_it_says(stage: Stage) -> None:
    steps = plan(Edge(to=0), [EmailStep(id="a", next=Edge(to=1, wait=60)),
                              ExitStep(id="out", status="removed")])  # fmt: skip
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=steps)))
    await stage.settle(await stage.claimed(enrollment))
    await stage.pass_time(enrollment, timedelta(minutes=2))
    ended = await advance.advance(stage.engine, enrollment, 1)
    assert (ended.status, ended.reason) == (Status.REMOVED, "exit_step")


async def test_a_stop_after_the_end_changes_nothing_but_suppresses(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.record(enrollment, Signal.REPLY_RECEIVED)
    before = await stage.row(enrollment)
    assert await stage.record(enrollment, Signal.UNSUBSCRIBED) == []
    assert await stage.row(enrollment) == before
    assert [s.reason for s in await stage.all("SELECT reason FROM suppressions")] == ["opt_out"]


async def test_a_reply_leaves_nurture_running(stage: Stage) -> None:
    outreach = await stage.publish(bundle("outreach"))
    nurture = await stage.publish(bundle("news", class_="nurture", stop_on_reply="enrollment"))
    answered, news = await stage.enrolled(outreach), await stage.enrolled(nurture)
    await stage.record(answered, Signal.REPLY_RECEIVED)
    assert (await stage.row(news)).status is Status.ACTIVE


async def test_a_stop_in_mid_send_keeps_what_was_sent(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    claim = await stage.claimed(enrollment)
    await stage.record(enrollment, Signal.REPLY_RECEIVED)
    settled = await stage.settle(claim)
    assert settled.standing.status is Status.REPLIED
    assert await stage.ledger(enrollment) == [(0, "sent", None)]


async def test_an_absence_is_the_persons_and_later_enrollments_have_it_too(stage: Stage) -> None:
    one, two = [await stage.publish(bundle(slug)) for slug in ("one", "two")]
    enrollment = await stage.enrolled(one)
    now = (await stage.all("SELECT tenuto_now() AS now"))[0].now
    back = now + timedelta(days=5)
    [told] = await stage.record(enrollment, Signal.OUT_OF_OFFICE, OutOfOffice(until=back))
    assert (told.standing.due, told.standing.reason) == (back, "held: out of office")
    later = await stage.enroll(two)
    assert later.standing is not None
    assert later.standing.due == back
    sooner = now + timedelta(days=2)
    told_again = await stage.record(enrollment, Signal.OUT_OF_OFFICE, OutOfOffice(until=sooner))
    assert {t.standing.due for t in told_again} == {sooner}


async def test_held_time_does_not_use_up_a_wait(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([86_400, 0]))))
    row = await stage.row(enrollment)
    back = row.enrolled_at + timedelta(hours=10)
    await stage.record(enrollment, Signal.OUT_OF_OFFICE, OutOfOffice(until=back))
    due = (await stage.row(enrollment)).next_scheduled_at
    assert due is not None
    assert abs(due - back - timedelta(days=1)) < timedelta(seconds=30)


async def test_a_new_time_is_kept_and_a_past_one_means_now(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([3600, 0]))))
    row = await stage.row(enrollment)
    due = row.enrolled_at + timedelta(days=2)
    [told] = await stage.record(enrollment, Signal.RESCHEDULED, Rescheduled(due=due))
    assert told.standing.due == due
    long_ago = row.enrolled_at - timedelta(days=2)
    await stage.record(enrollment, Signal.RESCHEDULED, Rescheduled(due=long_ago))
    assert isinstance(await stage.claim(enrollment), Claim)


async def test_a_deleted_contact_leaves_no_name(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.settle(await stage.claimed(enrollment))
    await delete(stage, enrollment)
    for table in ("contacts", "addresses", "sends", "suppressions", "inbound_messages"):
        found = await stage.all(f"SELECT t::text AS row FROM {table} t")
        assert not any("pat" in row.row.lower() for row in found), table
    again = await stage.enroll(await stage.publish(bundle("three")))
    assert again.outcome.value == "suppressed"


async def test_doubled_signals_change_nothing(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.record(enrollment, Signal.REPLY_RECEIVED)
    log = await stage.log(enrollment)
    assert await stage.record(enrollment, Signal.REPLY_RECEIVED) == []
    assert await stage.log(enrollment) == log
    assert isinstance(await stage.claim(enrollment, step=0), Standing)


async def test_a_reply_holds_the_company_where_the_sequence_says_so(stage: Stage) -> None:
    for slug, holds in (("alone", False), ("all", True)):
        version = await stage.publish(bundle(slug, reply_holds_company=holds))
        answered = await stage.enrolled(version, f"pat-{slug}@firm.example")
        colleague = await stage.enrolled(version, f"sam-{slug}@firm.example")
        stranger = await stage.enrolled(version, f"kim-{slug}@other.example")
        await stage.record(answered, Signal.REPLY_RECEIVED)
        assert isinstance(await stage.claim(stranger), Claim)
        claim = await stage.claim(colleague)
        if holds:
            assert not isinstance(claim, Claim)
            assert claim.reason == "held: colleague replied"
        else:
            assert isinstance(claim, Claim)
