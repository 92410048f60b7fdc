"""The race: workers that claim and settle, and what happens to people meanwhile."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import jumping_clock
from bench.start import Course
from db import claims, happenings, settle
from db.claims import Claim
from db.connection import Connection
from db.engine import connected, transaction
from tenuto.domain.delivery import Sent
from tenuto.domain.notice import Held, Notice, Rescheduled, Signal

TIME_TO_SEND = timedelta(seconds=30)
#: How often a due row is tried twice, somebody answers or is held, and a jump is a gust.
_DOUBLED, _STOPPED, _HELD, _RESUMED, _GUST = 0.1, 0.02, 0.03, 0.2, 0.04
_LATEST, _IMPATIENT = timedelta(hours=6), 40
_STOPS = (Signal.REPLY_RECEIVED, Signal.REPLY_RECEIVED, Signal.UNSUBSCRIBED, Signal.REMOVED)

_DUE = text("""
    WITH due AS MATERIALIZED (
        SELECT contact_id FROM enrollments
        WHERE status = 'active' AND next_scheduled_at <= tenuto_now()
    )
    SELECT id, contact_id, sequence_id, current_step_index AS step,
        next_scheduled_at <= tenuto_now() AS due
    FROM enrollments
    WHERE status = 'active' AND contact_id IN (SELECT contact_id FROM due) ORDER BY id
""")
_NEXT = text("SELECT min(next_scheduled_at) FROM enrollments WHERE status = 'active'")
#: All of a company, or of some people: whoever is asked for.
_COMPANIONS = text("""
    SELECT e.id, e.current_step_index AS step FROM enrollments e
    JOIN contacts c ON c.id = e.contact_id
    WHERE e.status = 'active' AND c.company_id = (
        SELECT x.company_id FROM contacts x JOIN enrollments y ON y.contact_id = x.id
        WHERE y.status = 'active' ORDER BY md5(y.id::text || :salt) LIMIT 1)
    ORDER BY md5(e.id::text || :salt) LIMIT :most
""")
Deed = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Runner:
    """A row that stands on a mail."""

    id: UUID
    contact: UUID
    sequence: str
    step: int
    due: bool


@dataclass(frozen=True)
class Stop:
    """From when on somebody, or one enrollment, may get no mail: it was committed by then."""

    target: UUID
    since: datetime
    #: None: never again.
    until: datetime | None = None


@dataclass
class Race:
    """So many workers on one course, until nothing is due any more."""

    engine: AsyncEngine
    course: Course
    workers: int
    seed: int
    #: How often each mail was claimed.
    won: Counter[tuple[UUID, int]] = field(default_factory=Counter)
    #: Writes that the row's revision refused: the locks let two in.
    collisions: int = 0
    stops: list[Stop] = field(default_factory=list)
    _held: dict[UUID, datetime] = field(default_factory=dict)
    _hurried: set[tuple[UUID, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - a seed, so that a race comes again

    async def run(self, until: datetime, tell: Callable[[str], None]) -> None:
        """Jump from one due instant to the next; at each, all who are due race."""
        rounds = 0
        while await self._jump(until):
            while runners := await self._runners():
                rounds += 1
                await self._round([*self._attempts(runners), *self._happenings(runners)])
                tell(f"round {rounds}: {self.won.total()} claims")

    async def _jump(self, until: datetime) -> bool:
        """To the next due instant; False when there is none, or it is too far."""
        async with connected(self.engine) as connection:
            to: datetime | None = await connection.scalar(_NEXT)
        if to is None and self._held:
            await self._round([partial(self._resume, id_) for id_ in list(self._held)])
            return True
        if to is None or to > until:
            return False
        gust = self._random.random()
        if gust < _GUST / 2:
            # As if all workers had been away.
            to += self._random.random() * _LATEST
        await jumping_clock.jump(self.engine, to)
        if _GUST / 2 <= gust < _GUST:
            await self._hurry()
        return True

    async def _runners(self) -> Sequence[Runner]:
        """Those that are due, and what else the same people have."""
        async with connected(self.engine) as connection:
            return [Runner(*row) for row in await connection.execute(_DUE)]

    def _attempts(self, runners: Sequence[Runner]) -> Iterator[Deed]:
        for runner in runners:
            yield partial(self._try, runner)
            if runner.due and self._random.random() < _DOUBLED:
                yield partial(self._try, runner)

    def _happenings(self, runners: Sequence[Runner]) -> Iterator[Deed]:
        for runner in runners:
            if not runner.due:
                continue
            if self._random.random() < _STOPPED:
                yield partial(self._stop, runner, self._random.choice(_STOPS))
            elif self._random.random() < _HELD and runner.id not in self._held:
                yield partial(self._hold, runner)
        for id_ in list(self._held):
            if self._random.random() < _RESUMED:
                yield partial(self._resume, id_)

    async def _round(self, deeds: list[Deed]) -> None:
        self._random.shuffle(deeds)
        queue = deque(deeds)

        async def work() -> None:
            while queue:
                await queue.popleft()()

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.workers, len(deeds))):
                group.create_task(work())

    async def _try(self, runner: Runner) -> None:
        successor = self.course.successor(runner.sequence, runner.step)
        try:
            claim = await claims.claim(self.engine, runner.id, runner.step, successor, TIME_TO_SEND)
            if isinstance(claim, Claim):
                self.won[runner.id, runner.step] += 1
                await asyncio.sleep(self._random.random() / 200)
                mail = settle.Mail(f"<{claim.token}@sender.example>", "A question")
                await settle.settle(self.engine, claim, mail, Sent("250 2.0.0 OK"))
        except AssertionError:
            self.collisions += 1

    async def _hurry(self) -> None:
        """Somebody has no patience: mails of a company are to leave at once, each one time."""
        values = {"salt": str(self._random.random()), "most": _IMPATIENT}
        async with connected(self.engine) as connection:
            rows = [(row.id, row.step) for row in await connection.execute(_COMPANIONS, values)]
        now = await jumping_clock.now(self.engine)
        chosen = [row for row in rows if row not in self._hurried]
        self._hurried.update(chosen)
        await self._round([
            partial(self._record, id_, Signal.RESCHEDULED, Rescheduled(due=now))
            for id_, _ in chosen
        ])  # fmt: skip

    async def _stop(self, runner: Runner, signal: Signal) -> None:
        now = await self._record(runner.id, signal, Notice())
        target = runner.id if signal is Signal.REMOVED else runner.contact
        self.stops.append(Stop(target, now))

    async def _hold(self, runner: Runner) -> None:
        self._held[runner.id] = await self._record(runner.id, Signal.HELD, Held())

    async def _resume(self, enrollment: UUID) -> None:
        since, now = self._held.pop(enrollment), await jumping_clock.now(self.engine)
        self.stops.append(Stop(enrollment, since, now))
        await self._record(enrollment, Signal.RESUMED, Notice())

    async def _record(self, enrollment: UUID, signal: Signal, notice: Notice) -> datetime:
        """An instant by which it was committed."""

        async def work(connection: Connection) -> Any:  # noqa: ANN401 - nobody is told
            return await happenings.record(connection, enrollment, signal, notice, source="bench")

        try:
            await transaction(self.engine, work)
        except AssertionError:
            self.collisions += 1
        return await jumping_clock.now(self.engine)
