"""Our workflow beside a bare one, in alternation, on one Temporal server.

    python -m bench.engine --enrollments 600

Ours: five emails with waits of one second, `worker.py` as it is deployed, Postgres with fsync, a
real SMTP server. The bare one: five no-op activities with timers of one second between. Each is
started, from rows that are there already, all at once, and measured until the last one has
completed; each worker is a process of its own.

600 at a time saturate the server on two cores; with fewer, the waits decide and the ratio means
little. The people are spread over mailboxes with caps that nobody reaches: with a single one, its
lock and its few conversations at a time would be what is measured.

The last line is one JSON object:

- steps_per_s, floor_steps_per_s: steps of all rounds by their seconds; ratio: ours by the floor;
- cpu_ratio: processor time of our worker a step, by that of the bare one's, start-up left out;
- events, history_bytes: a workflow of ours that ran alone, as Temporal counts them (one that is
  late by more than a wait needs no timer for it);
- statements_per_send, transactions_per_send: of the worker's own role, by pg_stat_statements;
  statements without BEGIN, COMMIT and ROLLBACK, transactions as begun.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from bench import parts, people, statements
from bench.bare import QUEUE, STEPS, BareWorkflow
from bench.contestant import Contestant
from bench.parts import Part
from db import migrate
from db.engine import connect, disposed
from db.sequences import SequenceVersion
from tenuto.devstack.postgres import SUPERUSER, EmbeddedPostgres
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.errors import TenutoError
from tenuto.domain.ids import workflow_id
from tenuto.runtime import temporal
from tenuto.runtime.steering import Steering

#: Nothing is lost here, and the reconciler's scans aren't the sends.
_NEVER = timedelta(days=365)
#: Enough for every import, connection and cache.
_WARM_UP = 50


@dataclass
class Course:
    """Where both run."""

    client: Client
    engine: AsyncEngine
    ours: Contestant
    bare: Contestant
    sink: Part

    async def run_ours(self, versions: Sequence[SequenceVersion], count: int, name: str) -> UUID:
        """One heat of ours; returns one of its enrollments."""
        rows = await people.enroll(self.engine, versions, count, name)
        await self.ours.heat(self.client, Steering(self.client, self.engine).start_by_id, rows)
        return rows[0]

    async def run_bare(self, count: int) -> None:
        """One heat of the floor."""

        async def start(id_: str) -> None:
            await self.client.start_workflow(BareWorkflow.run, id=id_, task_queue=QUEUE)

        await self.bare.heat(self.client, start, [f"bare-{uuid4()}" for _ in range(count)])


@asynccontextmanager
async def course(folder: Path) -> AsyncIterator[Course]:
    """Start all parts, each once."""
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
        server = stack.enter_context(TemporalDevServer(folder / "temporal", search_attributes={}))
        url = postgres.create_database("bench")
        engine = await stack.enter_async_context(disposed(connect(url, pool_size=20)))
        await migrate.upgrade_with(engine)
        await statements.prepare(engine)
        client = await Client.connect(server.address, data_converter=pydantic_data_converter)
        await temporal.prepare(client, _NEVER)
        sink, port = stack.enter_context(parts.sink(folder))
        as_worker = url.replace(f"//{SUPERUSER}@", f"//{statements.ROLE}@")
        worker = stack.enter_context(parts.worker(folder, as_worker, server.address, port))
        bare = stack.enter_context(parts.bare_worker(folder, server.address))
        ours, floor = Contestant("Enrollment", worker), Contestant("Bare", bare)
        yield Course(client, engine, ours, floor, sink)


async def measure(folder: Path, enrollments: int, rounds: int, mailboxes: int) -> dict[str, float]:
    """The figures that the module's docstring names."""
    async with course(folder) as run:
        versions = await people.publish(run.engine, mailboxes)
        _say("warming up")
        await run.run_ours(versions, _WARM_UP, "warm-up")
        await run.run_bare(_WARM_UP)
        alone = await run.run_ours(versions, 1, "alone")
        run.ours, run.bare = run.ours.afresh(), run.bare.afresh()
        await statements.reset(run.engine)
        for number in range(1, rounds + 1):
            await run.run_ours(versions, enrollments, f"round-{number}")
            await run.run_bare(enrollments)
            _say(f"round {number} of {rounds}: {_speeds(run)}")
        asked = await statements.count(run.engine)
        events, size = await _history(run.client, alone)
    _check_mails(run.sink, STEPS * (_WARM_UP + 1 + rounds * enrollments))
    ours, floor, sends = run.ours, run.bare, run.ours.steps
    return {
        "steps_per_s": round(ours.steps_per_s, 1),
        "floor_steps_per_s": round(floor.steps_per_s, 1),
        "ratio": round(ours.steps_per_s / floor.steps_per_s, 3),
        "cpu_ratio": round(ours.cpu_per_step / floor.cpu_per_step, 3),
        "events": events,
        "history_bytes": size,
        "statements_per_send": round(asked.statements / sends, 2),
        "transactions_per_send": round(asked.transactions / sends, 2),
    }


async def _history(client: Client, enrollment: UUID) -> tuple[int, int]:
    described = await client.get_workflow_handle(workflow_id(enrollment)).describe()
    info = described.raw_description.workflow_execution_info
    return info.history_length, info.history_size_bytes


def _check_mails(sink: Part, expected: int) -> None:
    """A figure counts only if every mail arrived, once."""
    came = json.loads(sink.log.read_text().splitlines()[-1])
    if came != {"mails": expected, "different": expected}:
        msg = f"{expected} mails should have come, but the SMTP server has {came}"
        raise TenutoError(msg)


def _speeds(run: Course) -> str:
    pairs = (("ours", run.ours), ("bare", run.bare))
    return ", ".join(
        f"{name} {c.steps_per_s:.0f} steps/s, {c.cpu_per_step * 1000:.2f} ms CPU a step"
        for name, c in pairs
    )


def _say(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.engine", description="Measures the engine beside a bare workflow."
    )
    parser.add_argument("--enrollments", type=int, default=600, help="at once, each round")
    parser.add_argument("--rounds", type=int, default=2, help="of ours and the bare one, in turn")
    parser.add_argument("--mailboxes", type=int, default=100, help="that the mails are spread over")
    return parser.parse_args()


def main() -> int:
    """Print the figures; returns the exit code."""
    given = _arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="tenuto-bench-") as folder:
            work = measure(Path(folder), given.enrollments, given.rounds, given.mailboxes)
            print(json.dumps(asyncio.run(work)))
    except TenutoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
