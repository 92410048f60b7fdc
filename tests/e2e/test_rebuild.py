"""Temporal's store is deleted: whoever was on the way goes on, from every kind of wait."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.condition import EventHappened
from tenuto.domain.enrollment import Enrollment, Status
from tenuto.domain.ids import TokenSigner
from tenuto.domain.notice import Engaged, Held, Notice, Rescheduled, SendResolved, Signal
from tenuto.domain.plan import Arm, BranchStep, Edge, EmailStep, ExitStep, Plan
from tenuto.runtime import temporal
from tenuto.runtime.reconciler import Reconciler
from tests import house as houses
from tests.conftest import SEARCH_ATTRIBUTES
from tests.factories import bundle, emails, plan
from tests.house import House
from tests.smtp_sink import Phase, SmtpSink, Talk
from worker import serve

HOUR = 3600
TASK_STARTED = EventType.Value("EVENT_TYPE_WORKFLOW_TASK_STARTED")
TASK_COMPLETED = EventType.Value("EVENT_TYPE_WORKFLOW_TASK_COMPLETED")
TIMER = EventType.Value("EVENT_TYPE_TIMER_STARTED")


@pytest.fixture
async def forgetful(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TemporalDevServer]:
    folder = tmp_path_factory.mktemp("temporal")
    with TemporalDevServer(folder, search_attributes=SEARCH_ATTRIBUTES) as server:
        yield server


class Moody:
    """Puts one recipient off, and takes another's mail without a word, until it is in a mood."""

    good = False

    async def answer(self, talk: Talk, phase: Phase, polite: bytes) -> None:
        if phase is Phase.RCPT and talk.recipient.startswith("deferred") and not self.good:
            await talk.say(b"451 4.3.2 come back later\r\n")
        elif phase is Phase.DOT and talk.recipient.startswith("unanswered") and not self.good:
            raise ConnectionAbortedError
        else:
            await talk.say(polite)


@dataclass
class Waiting:
    """People in every kind of wait, by its name."""

    house: House
    sink: SmtpSink
    server_mood: Moody
    people: dict[str, UUID] = field(default_factory=dict)
    ended: UUID | None = None

    async def rows(self) -> dict[str, Enrollment]:
        return {kind: await self.house.stage.row(one) for kind, one in self.people.items()}

    async def add(self, kind: str, steps: Plan, *, email: str = "", gap: int = 0) -> UUID:
        version = await self.house.stage.publish(bundle(kind, steps=steps, gap=gap))
        one = await self.house.start(version, email or f"{kind}@firm.example")
        self.people[kind] = one
        return one

    async def tell(self, kind: str, signal: Signal, notice: Notice) -> None:
        told = await self.house.stage.record(self.people[kind], signal, notice)
        await self.house.steering.tell(told)

    async def wake(self, kind: str) -> None:
        """Let the time of the wait pass."""
        await self.house.stage.pass_time(self.people[kind], timedelta(hours=3))
        await self.tell(kind, Signal.RESCHEDULED, Rescheduled(due=datetime.now(UTC)))


WHEN_SEEN = Arm(when=EventHappened(name="seen"), within=HOUR, next=Edge(to=1))
BRANCH = plan(
    Edge(to=0),
    [
        BranchStep(id="branch", arms=(WHEN_SEEN,), otherwise=Edge(to=2)),
        EmailStep(id="mail", next=Edge(to=2)),
        ExitStep(id="end"),
    ],
)
BEFORE_EXIT = plan(
    Edge(to=0), [EmailStep(id="mail", next=Edge(to=1, wait=HOUR)), ExitStep(id="end")]
)
#: What each shows while it waits.
REASONS = {
    "timer": "waits 1h",
    "spaced": "deferred: spacing",
    "paused": "held: operator",
    "held": "held: operator",
    "branch": "branch branch: waits for an event",
    "exit": "waits 1h",
    "deferred": "deferred: smtp_temporary",
    "unanswered": "held: unknown send",
}
PAUSED = {"paused", "unanswered"}


async def arrange(waiting: Waiting) -> None:
    house = waiting.house
    async with house.working():
        # It has ended, and must not start again; the next mail to the same person is deferred.
        waiting.ended = await waiting.add("first", emails([0]), email="spaced@firm.example")
        assert await house.ended(waiting.people.pop("first")) is Status.COMPLETED
        await waiting.add("spaced", emails([0]), gap=HOUR)
        await waiting.add("timer", emails([0, HOUR]))
        await waiting.add("paused", emails([HOUR]))
        await waiting.add("held", emails([HOUR]))
        await waiting.add("branch", BRANCH)
        await waiting.add("exit", BEFORE_EXIT)
        await waiting.add("deferred", emails([0]))
        await waiting.add("unanswered", emails([0, 0], on_unknown="hold"))
        await waiting.tell("paused", Signal.HELD, Held())
        until = datetime.now(UTC) + timedelta(hours=2)
        await waiting.tell("held", Signal.HELD, Held(until=until))
        async with asyncio.timeout(60):
            while {k: row.reason for k, row in (await waiting.rows()).items()} != REASONS:
                await asyncio.sleep(0.1)


@pytest.fixture
async def waiting(database_url: str, forgetful: TemporalDevServer) -> AsyncIterator[Waiting]:
    mood = Moody()
    async with SmtpSink(mood.answer).listening() as sink:
        settings = houses.settings(database_url, forgetful.address, sink.port)
        async with houses.house(settings, None) as house:
            made = Waiting(house, sink, mood)
            await arrange(made)
            yield made


def forget(server: TemporalDevServer) -> None:
    server.stop()
    server.wipe()
    server.start()


async def timer_of(house: House, enrollment: UUID) -> datetime | None:
    """When its workflow, once it has had its first task, will wake up."""
    async with asyncio.timeout(60):
        events: list[HistoryEvent] = []
        while all(event.event_type != TASK_COMPLETED for event in events):
            await asyncio.sleep(0.1)
            events = list((await house.history(enrollment)).events)
    task = next(e.event_time.ToDatetime(UTC) for e in events if e.event_type == TASK_STARTED)
    timers = [e.timer_started_event_attributes for e in events if e.event_type == TIMER]
    assert len(timers) <= 1
    return task + timers[0].start_to_fire_timeout.ToTimedelta() if timers else None


async def check_waits(waiting: Waiting, before: dict[str, Enrollment]) -> None:
    """Everybody sleeps until the same instant as before; who has ended stays where they are."""
    house = waiting.house
    for kind, enrollment in waiting.people.items():
        timer, due = await timer_of(house, enrollment), before[kind].next_scheduled_at
        assert (timer is None) is (due is None) is (kind in PAUSED), kind
        if timer and due:
            assert abs(timer - due) < timedelta(milliseconds=1), kind
    assert await waiting.rows() == before
    assert waiting.ended
    assert not await house.steering.runs(waiting.ended)


async def check_ends(waiting: Waiting) -> None:
    """Each wait ends as it should, and nobody gets a mail twice, or none."""
    house = waiting.house
    waiting.server_mood.good = True
    await waiting.tell("paused", Signal.RESUMED, Notice())
    await waiting.tell("held", Signal.RESUMED, Notice())
    await waiting.tell("branch", Signal.ENGAGED, Engaged(event="seen", key="1"))
    await waiting.tell("unanswered", Signal.SEND_RESOLVED, SendResolved(step=0, outcome="sent"))
    for kind in waiting.people.keys() - {"branch", "unanswered"}:
        await waiting.wake(kind)
    for kind, enrollment in waiting.people.items():
        assert await house.ended(enrollment) is Status.COMPLETED, kind
    lines = await house.stage.all("SELECT enrollment_id, step_index, state FROM sends")
    assert {line.state for line in lines} == {"sent"}
    came = waiting.sink.count(TokenSigner(house.settings.keys))
    assert came == {(line.enrollment_id, line.step_index): 1 for line in lines}


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[Sequence[EventDict]]:
    """A fresh worker, as `worker.py` runs it; yields what it has logged when it is ready."""
    stop = asyncio.Event()
    with capture_logs() as logs:
        worker = asyncio.create_task(serve(house.settings, "all", stop))
        try:
            async with asyncio.timeout(60):
                while not worker.done() and all(e["event"] != "worker_ready" for e in logs):
                    await asyncio.sleep(0.1)
            yield logs
        finally:
            stop.set()
            await worker


async def test_a_fresh_worker_rebuilds_by_itself(
    waiting: Waiting, forgetful: TemporalDevServer
) -> None:
    before = await waiting.rows()
    forget(forgetful)
    async with serving(waiting.house) as logs:
        rebuilt = next(entry for entry in logs if entry["event"] == "temporal_was_empty")
        assert rebuilt["started"] == len(waiting.people)
        await check_waits(waiting, before)
        await check_ends(waiting)


async def test_a_rebuild_starts_each_once(waiting: Waiting, forgetful: TemporalDevServer) -> None:
    house, before = waiting.house, await waiting.rows()
    forget(forgetful)
    await temporal.prepare(house.client, timedelta(minutes=1))
    reconciler = Reconciler(house.stage.engine, house.steering, timedelta(minutes=1))
    assert (await reconciler.rebuild()).started == len(waiting.people)
    assert (await reconciler.rebuild()).started == 0
    async with house.working():
        await check_waits(waiting, before)
        await check_ends(waiting)
