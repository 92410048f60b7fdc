"""From the final dot of an answer to the committed stop and to the closed workflow.

    python -m bench.stop --stops 200 --people 150

The real parts, each a process of its own: Postgres with fsync, Temporal, `worker.py` and
`tenuto inbound` as they are deployed, an SMTP server. First, people who got a mail and wait for
the next one answer, one after another; in turn with each, the floor: a transaction that writes
one row, and a bare workflow on a timer that a signal ends. Then the race: people in two sequences
whose mails fall due all at once, and again every second, answer while these are claimed.

The last line is one JSON object:

- commit_p50_ms, commit_p99_ms: from the final dot until a session that listens knows of the
  committed stop;
- closed_p50_ms, closed_p99_ms: until Temporal tells who waits for it that the workflow completed;
- stops: how many were measured; floor_commit_p50_ms, floor_closed_p50_ms: the floors, beginning
  with the row's transaction, and with the call that signals;
- race_claims, race_stops: mails claimed and people stopped in the race; stopped_midway: those of
  them who had got a mail by then;
- claims_after_stop: mails whose claim committed after the person's stop, in the order of the
  commits as Postgres tells it, and mails that came to the SMTP server with no claim committed:
  theirs had found that the stop was first, when it came to write.

In the race, a claim is a tenth of a second between its look and its write, as over a bad line:
what a missing lock lets in between is seen then. It ends with 1 when there was such a mail.
"""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from bench import commits, parts
from bench.parts import Part
from bench.stops import Course, Times, quiet, race
from db import migrate
from db.engine import connect, disposed
from tenuto.devstack.postgres import SUPERUSER, EmbeddedPostgres
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.errors import TenutoError
from tenuto.domain.ids import TokenSigner
from tenuto.runtime import temporal

#: Nobody is lost here, and the reconciler's scans aren't the stops.
_NEVER = timedelta(days=365)
_WARM_UP = 20


@asynccontextmanager
async def course(folder: Path) -> AsyncIterator[Course]:
    """Start all parts, each once."""
    key = secrets.token_hex(32)
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
        server = stack.enter_context(TemporalDevServer(folder / "temporal", search_attributes={}))
        url = postgres.create_database("bench")
        engine = await stack.enter_async_context(disposed(connect(url, pool_size=20)))
        await migrate.upgrade_with(engine)
        client = await Client.connect(server.address, data_converter=pydantic_data_converter)
        await temporal.prepare(client, _NEVER)
        sink, port = stack.enter_context(parts.sink(folder))
        heard = await stack.enter_async_context(commits.listening(url, engine))
        slow = url.replace(f"//{SUPERUSER}@", f"//{commits.SLOW_ROLE}@")
        stack.enter_context(parts.worker(folder, slow, server.address, port, key))
        stack.enter_context(parts.bare_worker(folder, server.address))
        door = stack.enter_context(parts.inbound(folder, url, server.address, key))
        yield Course(client, engine, TokenSigner([key.encode()]), door, heard, sink)


async def measure(folder: Path, stops: int, people: int, seed: int) -> dict[str, float]:
    """The figures that the module's docstring names."""
    async with course(folder) as run:
        _say("warming up")
        await quiet(run, _WARM_UP, "warm-up")
        _say("stops in quiet")
        times = await quiet(run, stops, "quiet")
        _say("the race")
        raced = await race(run, people, seed)
    unclaimed = _mails(run.sink) - sum(one.kind == "claim" for one in run.commits.heard)
    if unclaimed < 0:
        msg = f"{-unclaimed} mails were claimed, and never came to the SMTP server"
        raise TenutoError(msg)
    return {
        "commit_p50_ms": _percentile(times, "commit", 50),
        "commit_p99_ms": _percentile(times, "commit", 99),
        "closed_p50_ms": _percentile(times, "closed", 50),
        "closed_p99_ms": _percentile(times, "closed", 99),
        "stops": len(times),
        "floor_commit_p50_ms": _percentile(times, "floor_commit", 50),
        "floor_closed_p50_ms": _percentile(times, "floor_closed", 50),
        "race_claims": raced.claims,
        "race_stops": raced.stopped,
        "stopped_midway": raced.midway,
        "claims_after_stop": raced.after_stop + unclaimed,
    }


def _mails(sink: Part) -> int:
    """How many came, once it has ended."""
    came: int = json.loads(sink.log.read_text().splitlines()[-1])["different"]
    return came


def _percentile(times: Sequence[Times], name: str, percent: int) -> float:
    """In milliseconds."""
    values: list[float] = [getattr(one, name) * 1000 for one in times]
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)


def _say(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.stop", description="Measures how soon an answer stops the mails."
    )
    parser.add_argument("--stops", type=int, default=200, help="measured, at least two")
    parser.add_argument("--people", type=int, default=150, help="who answer in the race")
    parser.add_argument("--seed", type=int, default=1, help="draws who answers when")
    given = parser.parse_args()
    if given.stops < 2 or given.people < 1:  # noqa: PLR2004 - below that there are no percentiles
        parser.error("--stops must be at least 2, and --people at least 1")
    return given


def main() -> int:
    """Print the figures; returns the exit code."""
    given = _arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="tenuto-bench-") as folder:
            work = measure(Path(folder), given.stops, given.people, given.seed)
            figures = asyncio.run(work)
    except TenutoError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(figures))
    return int(figures["claims_after_stop"] > 0)


if __name__ == "__main__":
    sys.exit(main())
