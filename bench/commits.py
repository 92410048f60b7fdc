"""The order in which claims and stops were committed, and when each could be known.

Postgres delivers notifications in the order in which their transactions committed: no clock and
no lock of ours is believed.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_CHANNEL = "bench"
_PREPARE = (
    f"""CREATE FUNCTION bench_tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_notify('{_CHANNEL}', concat_ws(' ', TG_ARGV[0], NEW.contact_id, NEW.id));
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER bench_claim AFTER UPDATE ON sends FOR EACH ROW
        WHEN (NEW.state = 'sending' AND OLD.state <> 'sending')
        EXECUTE FUNCTION bench_tell('claim')""",
    """CREATE TRIGGER bench_stop AFTER UPDATE ON enrollments FOR EACH ROW
        WHEN (NEW.status = 'replied' AND OLD.status <> 'replied')
        EXECUTE FUNCTION bench_tell('stop')""",
    "CREATE TABLE bench_floor (contact_id uuid, id uuid)",
    """CREATE TRIGGER bench_floor AFTER INSERT ON bench_floor FOR EACH ROW
        EXECUTE FUNCTION bench_tell('floor')""",
)
#: Whoever has this role is slow to write what it has decided.
SLOW_ROLE = "bench_worker"
_SLOW = (
    f"CREATE ROLE {SLOW_ROLE} LOGIN SUPERUSER",
    """CREATE FUNCTION bench_dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_sleep(0.1);
        RETURN NULL;
    END $$""",
    f"""CREATE TRIGGER bench_dawdle BEFORE UPDATE ON sends FOR EACH STATEMENT
        WHEN (current_user = '{SLOW_ROLE}') EXECUTE FUNCTION bench_dawdle()""",
    "ALTER TABLE sends DISABLE TRIGGER bench_dawdle",
)
_FLOOR = text("INSERT INTO bench_floor VALUES (:id, :id)")


@dataclass(frozen=True)
class Commit:
    """A claim of a mail, or the stop of an enrollment."""

    kind: str
    contact: UUID
    #: Of the send, or of the enrollment.
    id: UUID


@dataclass
class Commits:
    """What was heard so far, in the order of the commits."""

    heard: list[Commit] = field(default_factory=list)
    #: When somebody who waits for it knows of a stop, by `perf_counter`.
    _known: dict[UUID, asyncio.Future[float]] = field(
        default_factory=lambda: defaultdict(asyncio.get_running_loop().create_future)
    )

    async def stop_of(self, enrollment: UUID) -> float:
        """When its committed stop became known; waits for it."""
        return await self._known[enrollment]

    async def floor(self, engine: AsyncEngine, id_: UUID) -> float:
        """Commit one row; when that became known."""
        async with engine.begin() as connection:
            await connection.execute(_FLOOR, {"id": id_})
        return await self._known[id_]

    def hear(self, _connection: object, _pid: int, _channel: str, payload: Any) -> None:  # noqa: ANN401
        """As asyncpg calls it."""
        now = perf_counter()
        kind, contact, id_ = payload.split()
        self.heard.append(Commit(kind, UUID(contact), UUID(id_)))
        if kind != "claim":
            self._known[UUID(id_)].set_result(now)


@asynccontextmanager
async def listening(url: str, engine: AsyncEngine) -> AsyncIterator[Commits]:
    """Hear of every commit inside the block; adds triggers to the database."""
    async with engine.begin() as connection:
        for statement in (*_PREPARE, *_SLOW):
            await connection.execute(text(statement))
    commits, listener = Commits(), await asyncpg.connect(url)
    try:
        await listener.add_listener(_CHANNEL, commits.hear)
        yield commits
    finally:
        await listener.close()


async def slow_down(engine: AsyncEngine) -> None:
    """From now on there is time between a claim's look and its write: locks must bridge it."""
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE sends ENABLE TRIGGER bench_dawdle"))


@dataclass(frozen=True)
class Raced:
    """What a race between claims and stops came to."""

    #: Mails.
    claims: int
    #: People who were stopped, and those of them who had got a mail by then.
    stopped: int
    midway: int
    #: Those claimed in a transaction that committed after the person's stop.
    after_stop: int


def judged(heard: Sequence[Commit]) -> Raced:
    """A stop is the person's: it ends all that they are in."""
    claims, at_stop, after = Counter[UUID](), dict[UUID, int](), 0
    for commit in heard:
        if commit.kind == "stop":
            at_stop.setdefault(commit.contact, claims[commit.contact])
        elif commit.kind == "claim":
            claims[commit.contact] += 1
            after += commit.contact in at_stop
    return Raced(claims.total(), len(at_stop), sum(n > 0 for n in at_stop.values()), after)
