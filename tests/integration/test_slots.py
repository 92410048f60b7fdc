"""Slots: who waits gets an instant of their own, and keeps it unless somebody goes first."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy import text

from bench import still_clock
from db import limits, sweep, switches
from db.claims import Claim
from tenuto.domain.delay import Gap
from tenuto.domain.enrollment import Standing, Status
from tenuto.domain.holds import HoldScope
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.notice import Signal
from tenuto.runtime.sweeper import Sweeper
from tests.factories import MAILBOX, Stage, bundle, emails

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


async def at(stage: Stage, instant: datetime) -> None:
    await stage.do(still_clock.forward, instant)


async def slots(stage: Stage) -> list[datetime]:
    found = await stage.all(
        "SELECT booked_at FROM sends WHERE state = 'pending' ORDER BY booked_at"
    )
    return [row.booked_at for row in found]


async def test_a_persons_waiting_mails_get_distinct_slots_a_gap_apart(stage: Stage) -> None:
    versions = [await stage.publish(bundle(f"s{i}", emails([0]), gap=86_400)) for i in range(5)]
    for version in versions:
        await stage.enrolled(version)
    booked = await slots(stage)
    assert all(b - a >= DAY for a, b in pairwise(booked))


async def test_the_larger_gap_of_two_sequences_applies(stage: Stage) -> None:
    near = await stage.publish(bundle("near", emails([0]), gap=3600))
    far = await stage.publish(bundle("far", emails([0]), gap=5 * 86_400))
    first = await stage.enrolled(far)
    sent = await stage.claimed(first)
    await stage.settle(sent)
    second = await stage.enroll(near)
    assert second.standing is not None
    assert second.standing.due is not None
    left = (await stage.all("SELECT sent_at FROM sends WHERE state = 'sent'"))[0].sent_at
    assert second.standing.due == left + 5 * DAY


async def test_the_installations_limits_hold_at_once_for_those_in_flight(stage: Stage) -> None:
    one, two = [await stage.publish(bundle(f"s{i}", emails([0]))) for i in range(2)]
    first, second = await stage.enrolled(one), await stage.enrolled(two)
    await stage.settle(await stage.claimed(first))
    await stage.do(limits.write, Limits(gap=Gap(business_days=2)), "test")
    deferred = await stage.claim(second)
    assert isinstance(deferred, Standing)
    assert deferred.reason == "deferred: installation spacing"
    await stage.do(limits.write, Limits(caps=(Cap(count=1, seconds=86_400),)), "test")
    await stage.due_now(second)
    deferred = await stage.claim(second)
    assert isinstance(deferred, Standing)
    assert deferred.reason == "deferred: installation cap"


async def test_a_higher_priority_displaces_a_booking_of_the_same_person(stage: Stage) -> None:
    done = await stage.publish(bundle("done", emails([0]), gap=86_400))
    await stage.settle(await stage.claimed(await stage.enrolled(done)))
    low = await stage.enrolled(
        await stage.publish(bundle("low", emails([0]), gap=86_400, priority=10))
    )
    before = (await stage.row(low)).next_scheduled_at
    urgent = await stage.publish(bundle("high", emails([0]), gap=86_400, priority=90))
    high = await stage.enroll(urgent)
    assert high.standing is not None
    assert high.standing.due == before
    after = (await stage.row(low)).next_scheduled_at
    assert before is not None
    assert after is not None
    assert after >= before + DAY
    # Its workflow must hear of it.
    assert [told.enrollment_id for told in high.told] == [low]


async def test_whoever_has_waited_long_is_not_displaced(stage: Stage) -> None:
    done = await stage.publish(bundle("done", emails([0]), gap=86_400))
    await stage.settle(await stage.claimed(await stage.enrolled(done)))
    low = await stage.enrolled(
        await stage.publish(bundle("low", emails([0]), gap=86_400, priority=10))
    )
    # 80 points are 320 hours.
    async with stage.engine.begin() as connection:
        await connection.execute(text("UPDATE sends SET rank = rank - 321 * 3600000"))
    before = (await stage.row(low)).next_scheduled_at
    urgent = await stage.publish(bundle("high", emails([0]), gap=86_400, priority=90))
    high = await stage.enroll(urgent)
    assert (await stage.row(low)).next_scheduled_at == before
    assert high.told == ()


async def test_a_follow_up_goes_before_a_new_start_of_any_priority(stage: Stage) -> None:
    steps = emails([0, 86_400])
    follow = await stage.publish(bundle("follow", steps, gap=86_400, priority=0))
    first = await stage.enrolled(follow)
    await stage.settle(await stage.claimed(first))
    mine = (await stage.row(first)).next_scheduled_at
    start = await stage.publish(bundle("start", emails([0]), gap=86_400, priority=100))
    new = await stage.enroll(start)
    assert (await stage.row(first)).next_scheduled_at == mine
    assert mine is not None
    assert new.standing is not None
    assert new.standing.due is not None
    assert new.standing.due >= mine + DAY


async def test_new_starts_are_a_queue_with_dates(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=3, gap=600)
    version = await stage.publish(bundle(steps=emails([0])))
    for n in range(7):
        await stage.enrolled(version, f"p{n}@firm{n}.example")
    booked = [slot.date() for slot in await slots(stage)]
    assert [booked.count(MONDAY.date() + n * DAY) for n in range(3)] == [3, 3, 1]
    queued = "SELECT count(*) FROM enrollments WHERE reason LIKE '%new starts%'"
    assert (await stage.all(queued))[0][0] == 4


async def test_a_sequence_lowers_the_mailboxs_starts_and_never_raises_them(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=3, gap=0)
    few = await stage.publish(bundle("few", emails([0]), new_per_day=1))
    many = await stage.publish(bundle("many", emails([0]), new_per_day=50))
    for n in range(3):
        await stage.enrolled(few, f"f{n}@firm{n}.example")
    for n in range(5):
        await stage.enrolled(many, f"m{n}@firm{n}.example")
    booked = [slot.date() for slot in await slots(stage)]
    assert [booked.count(MONDAY.date() + n * DAY) for n in range(3)] == [3, 3, 2]


async def test_a_place_that_falls_free_is_offered(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=2, gap=600)
    version = await stage.publish(bundle(steps=emails([0])))
    people = []
    for n in range(6):
        # One after the other: who came first goes first.
        await at(stage, MONDAY + timedelta(seconds=n))
        people.append(await stage.enrolled(version, f"p{n}@firm{n}.example"))
    await stage.record(people[0], Signal.UNSUBSCRIBED)
    last = (await stage.row(people[2])).next_scheduled_at
    swept = await Sweeper(stage.engine, None).sweep()
    assert swept.moved > 0
    moved = (await stage.row(people[2])).next_scheduled_at
    assert moved is not None
    assert last is not None
    assert moved < last
    assert moved.date() == MONDAY.date()
    # Nothing is left to be gained.
    assert (await Sweeper(stage.engine, None).sweep()).moved == 0


async def test_a_resume_spreads_those_it_frees_over_the_hours_to_come(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=None, gap=600)
    version = await stage.publish(bundle(steps=emails([3600])))
    people = [await stage.enrolled(version, f"p{n}@firm{n}.example") for n in range(8)]
    scope = HoldScope.EVERYTHING
    await switches.switch_off(stage.engine, scope, "", reason="operator", source="test")
    await at(stage, MONDAY + timedelta(hours=2))
    for person in people:
        await stage.due_now(person)
        held = await stage.claim(person)
        assert isinstance(held, Standing)
        assert held.status is Status.PAUSED
    assert await slots(stage) == [None] * 8
    await at(stage, MONDAY + 3 * DAY)
    told = [t async for t in switches.switch_on(stage.engine, scope, "", source="test")]
    assert sum(map(len, told)) == 8
    booked = await slots(stage)
    assert all(b - a >= timedelta(minutes=10) for a, b in pairwise(booked))
    # What was left of the wait is kept: an hour less nothing.
    assert booked[0] >= MONDAY + 3 * DAY


async def test_a_start_that_a_follow_up_overran_is_moved_before_it_wakes(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=10, gap=600)
    later = await stage.publish(bundle("later", emails([7200])))
    start = await stage.enrolled(later, "start@firm.example")
    async with stage.engine.begin() as connection:
        await connection.execute(
            text("UPDATE sends SET starts = true WHERE enrollment_id = :id"), {"id": start}
        )
    other = await stage.enrolled(later, "follow@other.example")
    slot = (await stage.row(start)).next_scheduled_at
    async with stage.engine.begin() as connection:
        await connection.execute(
            text("UPDATE sends SET starts = false, booked_at = :at WHERE enrollment_id = :id"),
            {"id": other, "at": slot},
        )
    assert list(await sweep.overrun(stage.engine)) == [start]
    await Sweeper(stage.engine, None).sweep()
    moved = (await stage.row(start)).next_scheduled_at
    assert moved is not None
    assert slot is not None
    assert moved >= slot + timedelta(minutes=10)


async def test_a_mailbox_keeps_a_gap_between_any_two_mails(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(gap=600)
    version = await stage.publish(bundle(steps=emails([0])))
    first, second = [await stage.enrolled(version, f"p{n}@f{n}.example") for n in range(2)]
    await stage.settle(await stage.claimed(first))
    await stage.due_now(second)
    deferred = await stage.claim(second)
    assert isinstance(deferred, Standing)
    assert deferred.reason == "deferred: mailbox gap"
    await at(stage, MONDAY + timedelta(seconds=599))
    await stage.due_now(second)
    assert isinstance(await stage.claim(second), Standing)
    await at(stage, MONDAY + timedelta(seconds=600))
    await stage.due_now(second)
    assert isinstance(await stage.claim(second), Claim)


async def test_a_new_mailboxs_cap_grows_with_the_days_on_which_it_sends(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(Cap(count=30, seconds=86_400), ramp=True)
    version = await stage.publish(bundle(steps=emails([0])))
    sent = []
    for day in range(3):
        await at(stage, MONDAY + day * DAY)
        count = 0
        for n in range(10):
            enrollment = await stage.enrolled(version, f"p{day}-{n}@f{n}.example")
            await stage.due_now(enrollment)
            if isinstance(claim := await stage.claim(enrollment), Claim):
                await stage.settle(claim)
                count += 1
            else:
                await stage.record(enrollment, Signal.REMOVED)
        sent.append(count)
    assert sent == [5, 6, 7]
    assert (await stage.all("SELECT sending_days FROM mailboxes WHERE address = :a", a=MAILBOX))[0][
        0
    ] == 3


async def test_a_company_gap_counts_its_other_people_and_free_mail_has_none(stage: Stage) -> None:
    version = await stage.publish(bundle(steps=emails([0]), company_gap=Gap(seconds=3600)))
    first, colleague = [await stage.enrolled(version, f"{n}@firm.example") for n in "ab"]
    free = [await stage.enrolled(version, f"{n}@gmail.com") for n in "ab"]
    await stage.settle(await stage.claimed(first))
    await stage.due_now(colleague)
    deferred = await stage.claim(colleague)
    assert isinstance(deferred, Standing)
    assert deferred.reason is not None
    assert "company" in deferred.reason or "first" in deferred.reason
    for enrollment in free:
        await stage.settle(await stage.claimed(enrollment))


async def test_a_cap_per_domain_counts_all_its_people(stage: Stage) -> None:
    cap = (Cap(count=2, seconds=86_400),)
    version = await stage.publish(bundle(steps=emails([0]), domain_caps=cap))
    people = [await stage.enrolled(version, f"p{n}@firm.example") for n in range(3)]
    for person in people[:2]:
        await stage.due_now(person)
        await stage.settle(await stage.claimed(person))
    await stage.due_now(people[2])
    deferred = await stage.claim(people[2])
    assert isinstance(deferred, Standing)
    assert deferred.reason == "deferred: domain cap"
