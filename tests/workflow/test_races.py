"""Two things at once: whatever the order, no mail after a stop, and nobody dropped."""

import asyncio
import random
from uuid import UUID

import pytest

from db.occasion import Told
from tenuto.domain.enrollment import Standing, Status
from tenuto.domain.notice import Held, Notice, Signal
from tenuto.domain.sequence import Reentry
from tenuto.runtime.mailing import mail_tools
from tenuto.runtime.steering import Steering
from tests.factories import bundle, emails
from tests.house import House, count
from worker import workers


async def stop(
    house: House, enrollment: UUID, signal: Signal = Signal.REPLY_RECEIVED
) -> list[Told]:
    """As a door does: commit, then tell."""
    told = await house.stage.record(enrollment, signal)
    await house.steering.tell(told)
    return told


async def test_a_stop_that_meets_the_timer_in_one_task_wins(house: House) -> None:
    # Long enough for the worker to start the timer and to stop before it fires.
    version = await house.stage.publish(bundle(steps=emails([12, 0])))
    enrollment = await house.start(version)
    async with house.working():
        await _timer_started(house, enrollment)
    # No worker: the timer fires, the signal comes, and both wait for the same task.
    await _seen(house, enrollment, "TIMER_FIRED")
    await house.handle(enrollment).signal("reply_received")
    async with house.working():
        assert await house.ended(enrollment) is Status.REPLIED
    assert house.catcher is not None
    assert not house.catcher.mails
    assert count(await house.history(enrollment), "ACTIVITY_TASK_SCHEDULED") == 1


async def test_a_stop_in_mid_send_ends_after_the_mail(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([0, 0])))
    async with house.working():
        enrollment = await house.stage.enrolled(version)
        claim = await house.stage.claimed(enrollment)
        await stop(house, enrollment)
        settled = await house.stage.settle(claim)
        await house.steering.start_by_id(enrollment)
    assert settled.standing.status is Status.REPLIED
    assert await house.stage.ledger(enrollment) == [(0, "sent", None)]


async def test_signals_before_the_first_task_count(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([0, 0])))
    enrollment = await house.start(version)
    await house.handle(enrollment).signal("removed")
    async with house.working():
        assert await house.ended(enrollment) is Status.REMOVED
    assert house.catcher is not None
    assert not house.catcher.mails


@pytest.mark.parametrize("seed", range(3))
async def test_doubled_permuted_and_stale_signals_follow_the_newest(
    house: House, seed: int
) -> None:
    version = await house.stage.publish(bundle(steps=emails([3600, 0])))
    enrollment = await house.start(version)
    told: list[Told] = []
    for signal, notice in [(Signal.HELD, Held()), (Signal.RESUMED, Notice())] * 3:
        told += await house.stage.record(enrollment, signal, notice)
    told += await house.stage.record(enrollment, Signal.HELD, Held())
    shuffled = told * 2
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a fixed seed, for an order
    # The last to arrive is a stale one: it says "active" of a row that has been held since.
    shuffled.append(told[1])
    # All are in the first task that a worker gets: what it shows then is what it made of them.
    await house.steering.tell(shuffled)
    async with house.working():
        await _shows(house, enrollment, "paused")
        await house.steering.tell(await house.stage.record(enrollment, Signal.RESUMED))
        await _shows(house, enrollment, "active")
        await stop(house, enrollment)
        assert await house.ended(enrollment) is Status.REPLIED


async def test_a_flood_at_completion_loses_nothing(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([0, 1])))
    async with house.working():
        enrollment = await house.start(version)
        standing = Standing(revision=0, status=Status.ACTIVE, step=0)

        async def flood() -> None:
            for number in range(60):
                await house.handle(enrollment).signal(
                    "engaged", {"event": "seen", "key": str(number)}
                )
                await house.steering.signal(enrollment, Signal.RESCHEDULED, standing)

        flooding = asyncio.create_task(flood())
        assert await house.ended(enrollment) is Status.COMPLETED
        flooding.cancel()
    history = await house.history(enrollment)
    heard = sum(
        event.workflow_execution_signaled_event_attributes.signal_name == "engaged"
        for event in history.events
    )
    stored = await house.stage.all("SELECT count(*) AS n FROM engagement_events")
    # One that came in the last instant was refused by the server, or is in the history and here.
    assert stored[0].n == heard
    assert house.catcher is not None
    assert len(house.catcher.mails) == 2


async def test_a_reenrolment_while_the_old_run_is_closing_is_another_run(house: House) -> None:
    again = Reentry(mode="after exit")
    version = await house.stage.publish(bundle(steps=emails([3600, 0]), reenter=again))
    old = await house.start(version)
    await house.stage.record(old, Signal.REMOVED)
    # The row has ended, its workflow doesn't know yet: the new one has a name of its own.
    new = await house.start(version)
    assert new != old
    async with house.working():
        await house.handle(old).signal("removed")
        assert await house.ended(old) is Status.REMOVED
        await _shows(house, new, "active")
        assert (await house.stage.row(new)).status is Status.ACTIVE


async def test_without_a_cache_every_task_replays_and_nothing_changes(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([0, 1, 1])))
    house.settings = house.settings.model_copy(update={"cached_workflows": 0})
    async with house.working():
        enrollment = await house.start(version)
        assert await house.ended(enrollment) is Status.COMPLETED
    assert house.catcher is not None
    assert len(house.catcher.mails) == 3
    history = await house.history(enrollment)
    assert count(history, "WORKFLOW_TASK_FAILED") == 0


async def test_a_cancelled_workflow_leaves_no_live_row(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([3600, 0])))
    async with house.working():
        enrollment = await house.start(version)
        await _timer_started(house, enrollment)
        await house.handle(enrollment).cancel()
        await _seen(house, enrollment, "WORKFLOW_EXECUTION_CANCELED")
    assert (await house.stage.row(enrollment)).status is Status.REMOVED


async def test_fifty_stops_and_holds_of_one_person_at_once(house: House) -> None:
    versions = [await house.stage.publish(bundle(f"s{i}", emails([3600, 0]))) for i in range(5)]
    async with house.working():
        ids = [await house.start(v) for v in versions]
        signals = [
            Signal.HELD,
            Signal.RESUMED,
            Signal.OUT_OF_OFFICE,
            Signal.UNSUBSCRIBED,
            Signal.HELD,
        ]
        stops = [stop(house, e, s) for e in ids for s in signals for _ in range(2)]
        await asyncio.gather(*stops)
        ends = [await house.ended(e) for e in ids]
    assert set(ends) == {Status.OPTED_OUT}


async def _timer_started(house: House, enrollment: UUID) -> None:
    await _seen(house, enrollment, "TIMER_STARTED")


async def _seen(house: House, enrollment: UUID, kind: str) -> None:
    async with asyncio.timeout(60):
        while not count(await house.history(enrollment), kind):
            await asyncio.sleep(0.05)


async def _shows(house: House, enrollment: UUID, status: str) -> None:
    async with asyncio.timeout(60):
        while True:
            described = await house.handle(enrollment).describe()
            shown = described.search_attributes.get("EnrollmentStatus")
            if shown == [status]:
                return
            await asyncio.sleep(0.05)


async def test_a_stop_that_is_heard_while_a_send_waits_for_a_worker_wins(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([0, 0])))
    house.steering = Steering(house.client, house.stage.engine, mail_workers=True)
    async with mail_tools(house.settings) as tools:
        enrollment_only, mail_only = (
            workers(house.client, house.stage.engine, house.settings, tools, role)[0]
            for role in ("enrollment", "mail-send")
        )
        async with enrollment_only:
            enrollment = await house.start(version)
            await _seen(house, enrollment, "ACTIVITY_TASK_SCHEDULED")
            await house.handle(enrollment).signal("unsubscribed")
            await house.stage.until("SELECT count(*) = 1 FROM suppressions")
            async with mail_only:
                assert await house.ended(enrollment) is Status.OPTED_OUT
    assert house.catcher is not None
    assert not house.catcher.mails


async def test_a_cancellation_does_not_lose_what_was_heard_before(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([3600, 0])))
    enrollment = await house.start(version)
    await house.handle(enrollment).signal("unsubscribed")
    await house.handle(enrollment).cancel()
    async with house.working():
        await _seen(house, enrollment, "WORKFLOW_EXECUTION_CANCELED")
    assert (await house.stage.row(enrollment)).status is Status.OPTED_OUT
    assert len(await house.stage.all("SELECT 1 FROM suppressions")) == 1
