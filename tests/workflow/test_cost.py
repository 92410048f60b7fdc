"""What an enrollment costs Temporal: events and bytes, and timers that Postgres knew first."""

from datetime import timedelta
from uuid import UUID

from temporalio.api.enums.v1 import EventType

from tenuto.domain.condition import EventHappened
from tenuto.domain.enrollment import Status
from tenuto.domain.plan import Arm, BranchStep, Edge, EmailStep, ExitStep
from tests.factories import bundle, emails, plan
from tests.house import House, count

STARTED = EventType.Value("EVENT_TYPE_WORKFLOW_TASK_STARTED")
TIMER = EventType.Value("EVENT_TYPE_TIMER_STARTED")


async def timers_match_the_log(house: House, enrollment: UUID) -> int:
    """Check every timer against an instant committed before it; returns how many there were."""
    history = await house.history(enrollment)
    logged = await house.stage.all(
        "SELECT at, next_scheduled_at AS due FROM transition_log WHERE enrollment_id = :id",
        id=enrollment,
    )
    task, timers = None, 0
    for event in history.events:
        if event.event_type == STARTED:
            task = event.event_time.ToNanoseconds()
        if event.event_type != TIMER:
            continue
        timers += 1
        assert task is not None
        wait = event.timer_started_event_attributes.start_to_fire_timeout.ToNanoseconds()
        due_ms = round((task + wait) / 1_000_000)
        known = {round(row.due.timestamp() * 1000): row.at for row in logged if row.due}
        assert due_ms in known, (due_ms, known)
        assert known[due_ms].timestamp() * 1e9 < task + wait
    return timers


async def test_five_mails_and_four_waits_cost_56_events(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([0, 1, 1, 1, 1])))
    async with house.working():
        enrollment = await house.start(version)
        assert await house.ended(enrollment) is Status.COMPLETED
    history = await house.history(enrollment)
    size = sum(event.ByteSize() for event in history.events)
    described = await house.handle(enrollment).describe()
    size = max(size, described.raw_description.workflow_execution_info.history_size_bytes)
    assert len(history.events) == 56
    assert size <= 8_500
    assert await timers_match_the_log(house, enrollment) == 4


async def test_every_kind_of_timer_was_committed_first(house: House) -> None:
    arm = Arm(when=EventHappened(name="never"), within=1, next=Edge(to=3))
    steps = plan(
        Edge(to=0, wait=1),
        [
            EmailStep(id="a", next=Edge(to=1, wait=1)),
            BranchStep(id="b", arms=(arm,), otherwise=Edge(to=2, wait=1)),
            EmailStep(id="c", next=Edge(to=3, wait=1)),
            ExitStep(id="end"),
        ],
    )
    version = await house.stage.publish(bundle(steps=steps, gap=2))
    async with house.working():
        enrollment = await house.start(version)
        assert await house.ended(enrollment) is Status.COMPLETED
    # Waits before both mails, the branch and the exit, the branch's deadline, and the gap.
    assert await timers_match_the_log(house, enrollment) >= 5
    assert count(await house.history(enrollment), "TIMER_CANCELED") == 0
    assert timedelta(seconds=2) <= await _gap(house, enrollment)


async def _gap(house: House, enrollment: UUID) -> timedelta:
    found = await house.stage.all(
        "SELECT max(sent_at) - min(sent_at) AS gap FROM sends WHERE enrollment_id = :id",
        id=enrollment,
    )
    gap: timedelta = found[0].gap
    return gap
