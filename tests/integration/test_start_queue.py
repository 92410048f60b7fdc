"""The queue of new starts: nobody is late for having queued, nobody goes to its end."""

from datetime import UTC, datetime, timedelta

from bench import still_clock
from db import contacts, moving
from db.claims import Claim
from tenuto.domain.enrollment import Standing
from tenuto.domain.plan import Edge, EmailStep, ExitStep
from tenuto.runtime.sweeper import Sweeper
from tests.factories import Stage, bundle, emails, plan

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


async def at(stage: Stage, instant: datetime) -> None:
    await stage.do(still_clock.forward, instant)


async def test_a_new_start_is_not_stale_for_having_queued(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=1, gap=600)
    version = await stage.publish(bundle(steps=emails([0]), stale_after=86_400))
    people = [await stage.enrolled(version, f"p{n}@firm{n}.example") for n in range(4)]
    rows = sorted([await stage.row(one) for one in people], key=lambda r: str(r.next_scheduled_at))
    last = rows[-1]
    assert last.next_scheduled_at is not None
    await at(stage, last.next_scheduled_at)
    assert isinstance(await stage.claim(last.id), Claim)


async def test_places_ahead_go_to_those_who_came_first_of_one_rank(stage: Stage) -> None:
    """A file's rows come within a millisecond, and all of them have the same rank."""
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=2, gap=600)
    version = await stage.publish(bundle(steps=emails([0])))
    people = []
    for n in range(8):
        await at(stage, MONDAY + timedelta(microseconds=n))
        people.append(await stage.enrolled(version, f"p{n}@firm{n}.example"))
    ranks = await stage.all("SELECT DISTINCT rank FROM sends")
    assert len(ranks) == 1
    before = [(await stage.row(one)).next_scheduled_at for one in people]
    for n, one in enumerate(people):
        seen = await stage.facts(one)
        pace = seen.scene.load.mailbox
        assert pace is not None
        # Nobody who came later keeps a day from it.
        assert sum(pace.starts_on.values()) == n
    assert before == sorted(before, key=str)


async def test_whoever_loses_a_day_of_the_queue_gets_the_next_not_its_end(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=2, gap=600)
    version = await stage.publish(bundle(steps=emails([0])))
    people = []
    for n in range(10):
        await at(stage, MONDAY + timedelta(seconds=n))
        people.append(await stage.enrolled(version, f"p{n}@firm{n}.example"))
    # Half as many a day from now on: the second of today must wait.
    await stage.mailbox(new_per_day=1, gap=600)
    await stage.settle(await stage.claimed(people[0]))
    await at(stage, MONDAY + timedelta(hours=1))
    await stage.due_now(people[1])
    deferred = await stage.claim(people[1])
    assert isinstance(deferred, Standing)
    assert deferred.due is not None
    assert deferred.due.date() == MONDAY.date() + DAY


async def test_people_moved_to_another_mailbox_take_days_that_nobody_has(stage: Stage) -> None:
    await stage.do(still_clock.install, MONDAY)
    old = await stage.mailbox(new_per_day=2, gap=600)
    version = await stage.publish(bundle(steps=emails([0])))
    for n in range(9):
        await at(stage, MONDAY + timedelta(seconds=n))
        await stage.enrolled(version, f"p{n}@firm{n}.example")
    new = await stage.mailbox(address="new@sender.example", new_per_day=2, gap=600)
    theirs = await stage.publish(bundle("other", emails([0]), mailbox="new@sender.example"))
    for n in range(4):
        await stage.enrolled(theirs, f"q{n}@firm{n}.example")
    assert len([told async for told in moving.move(stage.engine, old, new, source="test")]) == 9
    days = await stage.all(
        "SELECT count(*) FROM enrollments GROUP BY next_scheduled_at::date ORDER BY 1"
    )
    assert sum(count for (count,) in days) == 9 + 4
    assert max(count for (count,) in days) == 2


async def test_a_sweep_takes_no_day_from_those_who_have_one(stage: Stage) -> None:
    """The hour that a mail waits for comes sooner in the east: it is no place in the queue."""
    await stage.do(still_clock.install, MONDAY)
    await stage.mailbox(new_per_day=2, gap=600)
    mail = EmailStep(id="mail", next=Edge(to=1), at=15 * 60)
    late = plan(Edge(to=0), [mail, ExitStep(id="end")])
    version = await stage.publish(bundle(steps=late))
    urgent = await stage.publish(bundle("urgent", steps=late, priority=90))
    people = []
    for n in range(12):
        zone = ("America/Los_Angeles", "Europe/Berlin")[n % 2]
        person = contacts.Contact(f"p{n}@f{n}.example", {}, zone=zone, zone_source="contact")
        await stage.do(contacts.save, person)
        await at(stage, MONDAY + timedelta(seconds=n))
        people.append(await stage.enrolled(urgent if n == 11 else version, person.email))
    ranks = await stage.all(
        "SELECT s.rank FROM sends s JOIN enrollments e ON e.id = s.enrollment_id"
        " WHERE e.sequence_id <> 'urgent' ORDER BY e.enrolled_at"
    )
    assert ranks == sorted(ranks)
    before = [(await stage.row(one)).next_scheduled_at for one in people]
    assert (await Sweeper(stage.engine, None).sweep()).moved == 0
    assert [(await stage.row(one)).next_scheduled_at for one in people] == before
