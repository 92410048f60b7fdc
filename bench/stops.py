"""Answers that stop people: one after another, and in a race with mails that are due."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowHandle

from bench import answers, commits, people
from bench.answers import Server
from bench.bare import QUEUE, BareStop
from bench.commits import Commits, Raced
from bench.parts import Part
from tenuto.domain.delay import Gap
from tenuto.domain.ids import SendRef, TokenSigner, workflow_id
from tenuto.runtime.steering import Steering

_PATIENCE_S = 300
_AT_ONCE, _SERVERS, _MAILBOXES = 20, 8, 20
_POLL_S = 0.05
#: Mails of each of a racer's sequences, a second apart; all answer while these are due.
_MAILS, _APART = 5, timedelta(seconds=1)
_RUNNING = "WorkflowType = 'Enrollment' AND ExecutionStatus = 'Running'"
_STEP = text("SELECT count(*) FROM enrollments WHERE id = ANY(:ids) AND current_step_index = 1")
#: All at the instant of the last one; gives the seconds until then.
_TOGETHER = text("""
    WITH due AS (SELECT max(next_scheduled_at) AS at FROM enrollments WHERE id = ANY(:ids)),
    rows AS (UPDATE enrollments SET next_scheduled_at = due.at FROM due WHERE id = ANY(:ids)),
    mails AS (UPDATE sends SET booked_at = due.at FROM due WHERE enrollment_id = ANY(:ids))
    SELECT extract(epoch FROM at - tenuto_now())::float8 FROM due
""")


@dataclass(frozen=True)
class Times:
    """Seconds of one stop, and of the floors."""

    commit: float
    closed: float
    floor_commit: float
    floor_closed: float


@dataclass(frozen=True)
class Course:
    """Where it runs."""

    client: Client
    engine: AsyncEngine
    signer: TokenSigner
    #: Port of the SMTP door.
    door: int
    commits: Commits
    #: Where the mails go.
    sink: Part

    def handle(self, enrollment: UUID) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(workflow_id(enrollment))

    async def start(self, rows: Sequence[UUID]) -> None:
        """Start their workflows."""
        steering, slots = Steering(self.client, self.engine), asyncio.Semaphore(_AT_ONCE)

        async def begin(row: UUID) -> None:
            async with slots:
                await steering.start_by_id(row)

        await asyncio.gather(*map(begin, rows))


async def quiet(run: Course, count: int, name: str) -> list[Times]:
    """So many stops, each when nothing else happens."""
    plan = people.mails(2, wait=timedelta(days=1))
    versions = await people.publish(run.engine, 1, plan, name)
    rows = await people.enroll(run.engine, versions, count, name)
    await run.start(rows)
    await _waiting(run, rows)
    async with answers.connected(run.door, run.signer) as server:
        return [await _timed(run, server, row, f"{name}-0.example") for row in rows]


async def _waiting(run: Course, rows: Sequence[UUID]) -> None:
    """Wait until each has got its first mail, and its workflow sleeps."""
    async with asyncio.timeout(_PATIENCE_S):
        while await _number(run, _STEP, rows) < len(rows):  # noqa: ASYNC110 - rows have no event
            await asyncio.sleep(_POLL_S)
        for row in rows:
            await _asleep(run.handle(row))


async def _number(run: Course, query: TextClause, rows: Sequence[UUID]) -> float:
    async with run.engine.begin() as connection:
        found: float = await connection.scalar(query, {"ids": list(rows)})
        return found


async def _asleep(handle: WorkflowHandle[Any, Any]) -> None:
    while True:
        described = (await handle.describe()).raw_description
        if not (described.pending_activities or described.HasField("pending_workflow_task")):
            return
        await asyncio.sleep(_POLL_S)


async def _timed(run: Course, server: Server, row: UUID, domain: str) -> Times:
    bare = await run.client.start_workflow(BareStop.run, id=f"bare-{row}", task_queue=QUEUE)
    await _asleep(bare)
    closing = asyncio.create_task(_closed(run.handle(row)))
    async with asyncio.timeout(_PATIENCE_S):
        dot = await server.answer(SendRef(row, 0), domain)
        commit, closed = await run.commits.stop_of(row) - dot, await closing - dot
    begun = perf_counter()
    floor_commit = await run.commits.floor(run.engine, uuid4()) - begun
    closing = asyncio.create_task(_closed(bare))
    begun = perf_counter()
    await bare.signal(BareStop.stop)
    return Times(commit, closed, floor_commit, await closing - begun)


async def _closed(handle: WorkflowHandle[Any, Any]) -> float:
    await handle.result()
    return perf_counter()


async def race(run: Course, count: int, seed: int) -> Raced:
    """So many people answer while their mails are due, each in two sequences."""
    # Enough to enroll them all, and to start their workflows.
    plan = people.mails(_MAILS, _APART, first=timedelta(seconds=5 + count // 15))
    versions = await people.publish(run.engine, _MAILBOXES, plan, "race", gap=Gap(), caps=())
    half = _MAILBOXES // 2
    first = await people.enroll(run.engine, versions[:half], count, "racer")
    rows = [*first, *await people.enroll(run.engine, versions[half:], count, "racer")]
    due = perf_counter() + await _number(run, _TOGETHER, rows)
    begun = len(run.commits.heard)
    await commits.slow_down(run.engine)
    await run.start(rows)
    await _all_answer(run, first, due, seed)
    async with asyncio.timeout(_PATIENCE_S):
        # By then, whatever could still claim has looked at its row.
        while (await run.client.count_workflows(_RUNNING)).count:  # noqa: ASYNC110 - nor have these
            await asyncio.sleep(_POLL_S)
    return commits.judged(run.commits.heard[begun:])


async def _all_answer(run: Course, rows: Sequence[UUID], due: float, seed: int) -> None:
    """Spread over the time in which their mails are due, by a few servers."""
    drawn = random.Random(seed)  # noqa: S311 - a seed, so that a race comes again
    domains = {row: f"race-{i % (_MAILBOXES // 2)}.example" for i, row in enumerate(rows)}
    span = (_MAILS * _APART).total_seconds()
    turns = deque(sorted((due + drawn.random() * span, row) for row in rows))

    async def serve(server: Server) -> None:
        while turns:
            at, row = turns.popleft()
            await asyncio.sleep(max(at - perf_counter(), 0))
            await server.answer(SendRef(row, 0), domains[row])

    async with AsyncExitStack() as open_:
        servers = [
            await open_.enter_async_context(answers.connected(run.door, run.signer))
            for _ in range(_SERVERS)
        ]
        await asyncio.gather(*map(serve, servers))
