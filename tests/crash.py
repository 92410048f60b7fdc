"""One cell of the crash matrix: a moment of a send, and a worker that is killed at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

from temporalio.api.enums.v1 import EventType

from tenuto.domain.enrollment import Status
from tenuto.domain.ids import TokenSigner
from tenuto.runtime.settings import Settings
from tests import house as houses
from tests.factories import bundle, emails
from tests.halt import Halt
from tests.house import House
from tests.smtp_sink import Phase, SmtpSink, Talk
from tests.tcp_proxy import Link, PostgresLink, Result, TemporalLink, Transaction, passing, proxy
from tests.worker_process import WorkerProcess, worker_process

PATIENCE_S = 240
_DELIVERED = EventType.Value("EVENT_TYPE_ACTIVITY_TASK_COMPLETED")


@dataclass(frozen=True)
class Smtp:
    """The server has read what a phase says; so much of its answer is given.

    Lost: what the client has sent since is lost as well.
    """

    phase: Phase
    answered: Literal["nothing", "half", "all", "lost"]


@dataclass(frozen=True)
class Sql:
    """A transaction is known by a statement; what is next to happen to it at the kill."""

    marker: bytes
    held: Literal["statement", "commit", "answer to the commit"]


@dataclass(frozen=True)
class Delivery:
    """How much of the activity's result gets to Temporal, the settle being committed."""

    settle: bytes
    part: float


@dataclass(frozen=True)
class Cell:
    """A moment, and what must be true of the first step's mail."""

    name: str
    place: Smtp | Sql | Delivery
    #: Its line in the ledger at the kill and at the end, and how many mails the recipient has.
    at_death: str
    at_end: str
    mails: int


@dataclass(frozen=True)
class Outcome:
    """What a cell came to."""

    at_death: str
    status: Status
    ledger: list[tuple[int, str, str | None]]
    #: How many there are of each step.
    mails: list[int]
    #: (revision, from, to) of each transition, in order.
    log: list[tuple[int, str | None, str]]
    row_revision: int


class Trap:
    """Has the SMTP server, Postgres' proxy and Temporal's stop at the place."""

    def __init__(self, place: Smtp | Sql | Delivery) -> None:
        self.halt = Halt()
        self._place = place
        self._worker = asyncio.get_running_loop().create_future()
        self._result: Result | None = None
        if isinstance(place, Delivery):
            self._result = Result(self.halt, place.part)

    def meant_for(self, worker: WorkerProcess) -> None:
        self._worker.set_result(worker)

    async def answer(self, talk: Talk, phase: Phase, polite: bytes) -> None:
        place = self._place
        if not isinstance(place, Smtp) or phase is not place.phase or self.halt.over.is_set():
            await talk.say(polite)
            return
        if place.answered == "half":
            await talk.say(polite[:2])
        if place.answered == "all":
            await (await self._worker).freeze()
            await talk.say(polite)
        await self.halt.here()
        if place.answered == "lost":
            raise ConnectionAbortedError

    def postgres(self) -> Link:
        if isinstance(self._place, Smtp):
            return Link()
        if isinstance(self._place, Delivery):
            assert self._result is not None
            return PostgresLink(Transaction(self._place.settle, on_commit=self._result.expect))
        held, here = self._place.held, self.halt.here
        return PostgresLink(
            Transaction(
                self._place.marker,
                on_statement=here if held == "statement" else passing,
                on_commit=here if held == "commit" else passing,
                on_committed=here if held == "answer to the commit" else passing,
            )
        )

    def temporal(self) -> Link:
        return TemporalLink(self._result) if self._result else Link()

    @property
    def delivers(self) -> bool:
        return isinstance(self._place, Delivery) and self._place.part == 1


async def play(
    cell: Cell, url: str, temporal_address: str, log: Path, turn: asyncio.Semaphore
) -> Outcome:
    """Kill one worker at the cell's moment, and have another one go on.

    `turn` is held while the first one runs.
    """
    trap = Trap(cell.place)
    async with SmtpSink(trap.answer).listening() as sink:
        settings = houses.settings(url, temporal_address, sink.port)
        async with houses.house(settings, None) as house:
            async with turn, _surrounded(trap, settings) as around:
                enrollment = await _killed(cell, house, trap, around, log)
            await sink.idle()
            at_death = (await house.stage.ledger(enrollment))[0][1]
            async with house.working():
                result = await asyncio.wait_for(house.handle(enrollment).result(), PATIENCE_S)
            return await _outcome(house, enrollment, at_death, Status(result["status"]), sink)


@asynccontextmanager
async def _surrounded(trap: Trap, settings: Settings) -> AsyncIterator[Settings]:
    """The settings of the worker that is to die: it sees Postgres and Temporal by proxies."""
    url = settings.database_url.get_secret_value()
    server, _, port = url.rpartition("/")[0].rpartition(":")
    temporal_port = int(settings.temporal_address.rpartition(":")[2])
    async with (
        proxy(int(port), trap.postgres) as postgres,
        proxy(temporal_port, trap.temporal) as temporal,
    ):
        changes = {
            "database_url": f"{server}:{postgres}/{url.rpartition('/')[2]}",
            "temporal_address": f"127.0.0.1:{temporal}",
        }
        yield Settings(**settings.model_dump() | changes)


async def _killed(cell: Cell, house: House, trap: Trap, around: Settings, log: Path) -> UUID:
    version = await house.stage.publish(bundle(steps=emails([0, 1])))
    enrollment = await house.start(version)
    async with worker_process(around, log) as worker:
        trap.meant_for(worker)
        try:
            await asyncio.wait_for(trap.halt.reached.wait(), PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"{cell.name} was never reached; see {log}") from None
        if trap.delivers:
            await _delivered(house, enrollment)
        await worker.kill()
        trap.halt.over.set()
    return enrollment


async def _delivered(house: House, enrollment: UUID) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while all(e.event_type != _DELIVERED for e in (await house.history(enrollment)).events):
            await asyncio.sleep(0.05)


async def _outcome(
    house: House, enrollment: UUID, at_death: str, status: Status, sink: SmtpSink
) -> Outcome:
    counted = sink.count(TokenSigner(house.settings.keys))
    assert counted.keys() <= {(enrollment, 0), (enrollment, 1)}
    log = await house.stage.all(
        "SELECT revision, from_status::text, to_status::text FROM transition_log ORDER BY revision"
    )
    return Outcome(
        at_death=at_death,
        status=status,
        ledger=await house.stage.ledger(enrollment),
        mails=[counted[enrollment, step] for step in (0, 1)],
        log=[tuple(row) for row in log],
        row_revision=(await house.stage.row(enrollment)).revision,
    )
