"""Odd orders of odd things: each was found by somebody who tried to break it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from activities.writing import Pen, write
from db import advance, contacts
from db.claims import Claim
from tenuto.domain.condition import EventHappened
from tenuto.domain.delivery import Fate, NotSent, Refused, Sent
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import InputError
from tenuto.domain.ids import TokenSigner
from tenuto.domain.notice import (
    Bounced,
    Engaged,
    Held,
    Notice,
    OutOfOffice,
    Rescheduled,
    SendResolved,
    Signal,
)
from tenuto.domain.plan import Arm, BranchStep, Edge, ExitStep
from tenuto.domain.sequence import Bundle, Message
from tests.factories import Stage, bundle, emails, plan

PEN = Pen(TokenSigner([b"x" * 32]), None, "http://127.0.0.1")
WEEK = 7 * 86_400


def branching() -> Bundle:
    """A branch that waits a week for a click."""
    arm = Arm(when=EventHappened(name="clicked"), within=WEEK, next=Edge(to=1))
    branch = BranchStep(id="b", arms=(arm,), otherwise=Edge(to=1))
    return bundle(steps=plan(Edge(to=0), [branch, ExitStep(id="end")]))


async def now(stage: Stage) -> datetime:
    found: datetime = (await stage.all("SELECT tenuto_now() AS now"))[0].now
    return found


async def waiting_branch(stage: Stage) -> UUID:
    enrollment = await stage.enrolled(await stage.publish(branching()))
    await advance.advance(stage.engine, enrollment, 0)
    await stage.pass_time(enrollment, timedelta(days=1))
    return enrollment


async def test_a_mail_that_was_found_to_have_left_leaves_its_thread_whole(stage: Stage) -> None:
    content = bundle(steps=emails([0, 0]))
    messages = {**content.messages, "mail-1": Message(template="mail.md", thread="mail-0")}
    version = await stage.publish(content.model_copy(update={"messages": messages}))
    enrollment = await stage.enrolled(version)
    await stage.claimed(enrollment)
    await stage.claim(enrollment)  # its worker died: unknown, and nobody knows its Message-ID
    await stage.record(enrollment, Signal.SEND_RESOLVED, SendResolved(step=0, outcome="sent"))
    claim = await stage.claimed(enrollment)
    assert claim.thread == ()
    assert b"\r\nSubject: Hello Pat" in write(claim, PEN).raw


async def test_a_branch_that_was_woken_still_closes(stage: Stage) -> None:
    enrollment = await waiting_branch(stage)
    await stage.record(enrollment, Signal.RESCHEDULED, Rescheduled(due=await now(stage)))
    looked = await advance.advance(stage.engine, enrollment, 0)
    assert looked.reason == "branch b: waits for an event"
    await stage.pass_time(enrollment, timedelta(days=6, minutes=1))
    assert (await advance.advance(stage.engine, enrollment, 0)).status is Status.COMPLETED


async def test_an_event_under_a_pause_decides_at_the_resume(stage: Stage) -> None:
    enrollment = await waiting_branch(stage)
    await stage.record(enrollment, Signal.HELD, Held())
    await stage.record(enrollment, Signal.ENGAGED, Engaged(event="clicked"))
    await stage.record(enrollment, Signal.RESUMED)
    assert (await advance.advance(stage.engine, enrollment, 0)).status is Status.COMPLETED


@pytest.mark.parametrize(
    ("fate", "line", "step"),
    [(Sent("250 ok"), "sent", 0), (NotSent("smtp_deadline"), "pending", 0)],
)
async def test_a_late_settle_ends_the_hold_that_waited_for_it(
    stage: Stage, fate: Fate, line: str, step: int
) -> None:
    version = await stage.publish(bundle(steps=emails([0, 0], on_unknown="hold")))
    enrollment = await stage.enrolled(version)
    lost = await stage.claimed(enrollment)
    await stage.claim(enrollment)
    assert (await stage.row(enrollment)).status is Status.PAUSED
    settled = await stage.settle(lost, fate)
    assert [t.standing.status for t in settled.told] == [Status.ACTIVE]
    row = await stage.row(enrollment)
    assert (row.status, row.current_step_index) == (Status.ACTIVE, step)
    assert (await stage.ledger(enrollment))[0][1] == line


async def test_a_bounce_ends_the_hold_of_the_mail_that_it_names(stage: Stage) -> None:
    version = await stage.publish(bundle(steps=emails([0, 0], on_unknown="hold")))
    enrollment = await stage.enrolled(version)
    await stage.claimed(enrollment)
    await stage.claim(enrollment)
    await stage.record(enrollment, Signal.BOUNCED, Bounced(kind="block", step=0))
    assert (await stage.row(enrollment)).status is Status.ACTIVE


async def test_a_hold_after_a_temporary_refusal_can_be_ended_early(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.settle(await stage.claimed(enrollment), NotSent("smtp_temporary"))
    until = await now(stage) + timedelta(days=30)
    await stage.record(enrollment, Signal.HELD, Held(until=until))
    [told] = await stage.record(enrollment, Signal.RESUMED)
    assert told.standing.due is not None
    assert told.standing.due < until - timedelta(days=29)


async def test_a_second_report_on_one_mail_is_no_second_bounce(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.settle(await stage.claimed(enrollment))
    for _ in range(2):
        await stage.record(enrollment, Signal.BOUNCED, Bounced(kind="soft", step=0))
    row = await stage.row(enrollment)
    assert (row.status, row.soft_bounces) == (Status.ACTIVE, 1)


async def test_a_mail_cut_off_on_an_ended_row_becomes_unknown(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.claimed(enrollment)
    await stage.record(enrollment, Signal.REPLY_RECEIVED)
    assert not isinstance(await stage.claim(enrollment), Claim)
    assert (await stage.ledger(enrollment))[0][1] == "unknown"
    assert (await stage.row(enrollment)).status is Status.REPLIED


async def test_a_settle_after_a_deletion_brings_no_name_back(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    claim = await stage.claimed(enrollment)
    await stage.do(contacts.delete, (await stage.row(enrollment)).contact_id, "test")
    await stage.settle(claim, Refused("550 5.7.1 <pat@firm.example> not today", recipient=False))
    for table in ("sends", "mailboxes"):
        found = await stage.all(f"SELECT t::text AS row FROM {table} t")
        assert not any("pat" in row.row.lower() for row in found), table


@pytest.mark.parametrize(
    ("signal", "notice"),
    [
        (Signal.HELD, Held(until=datetime(9999, 12, 31, tzinfo=UTC))),
        (Signal.OUT_OF_OFFICE, OutOfOffice(until=datetime(9999, 12, 31, tzinfo=UTC))),
        (Signal.RESCHEDULED, Rescheduled(due=datetime(9999, 12, 31, tzinfo=UTC))),
    ],
)
async def test_a_time_without_end_is_refused(stage: Stage, signal: Signal, notice: Notice) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    before = await stage.row(enrollment)
    with pytest.raises(InputError, match="too far away"):
        await stage.record(enrollment, signal, notice)
    assert await stage.row(enrollment) == before


async def test_a_new_time_is_not_moved_by_holds_that_are_over(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([86_400, 0]))))
    await stage.record(enrollment, Signal.HELD, Held())
    await stage.pass_time(enrollment, timedelta(hours=2))
    await stage.record(enrollment, Signal.RESUMED)
    due = await now(stage) + timedelta(days=2)
    await stage.record(enrollment, Signal.RESCHEDULED, Rescheduled(due=due))
    assert await stage.record(enrollment, Signal.RESUMED) == []
    assert (await stage.row(enrollment)).next_scheduled_at == due


async def test_an_unknown_mail_whose_address_turns_out_to_be_dead_is_a_bounce(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    claim = await stage.claimed(enrollment)
    await stage.claim(enrollment)  # its worker was taken for dead: unknown, and gone on
    settled = await stage.settle(claim, Refused("550 5.1.1 no such user", recipient=True))
    assert settled.standing.status is Status.BOUNCED
    assert [t.signal for t in settled.told][-1] is Signal.BOUNCED
    assert (await stage.ledger(enrollment))[0][1] == "refused"
