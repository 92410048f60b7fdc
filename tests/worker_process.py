"""A worker as a process of its own, to be killed."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil

from tenuto.runtime.settings import Settings

#: A process that has imported a worker's modules is forked for each: they take seconds to load.
_FORKSERVER = get_context("forkserver")
_FORKSERVER.set_forkserver_preload(["worker"])


class WorkerProcess:
    """One `worker.py`. All ends of it are sudden."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._process: ForkServerProcess = _FORKSERVER.Process(
            target=_work, args=(_environment(settings), log), daemon=True
        )
        self._process.start()

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone. Twice is harmless."""
        self._process.kill()
        await asyncio.to_thread(self._process.join)

    async def freeze(self) -> None:
        """Stop it in its tracks: whatever it is answered now, it won't act upon."""
        seen = psutil.Process(self._process.pid)
        seen.suspend()
        while seen.status() != psutil.STATUS_STOPPED:
            await asyncio.sleep(0.001)


@asynccontextmanager
async def worker_process(settings: Settings, log: Path) -> AsyncIterator[WorkerProcess]:
    """It runs inside the block, unless the block kills it; what it says is added to `log`."""
    worker = WorkerProcess(settings, log)
    try:
        yield worker
    finally:
        await worker.kill()


def _work(environment: dict[str, str], log: Path) -> None:
    from worker import main  # noqa: PLC0415 - loaded already where this runs

    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    os.environ.update(environment)
    sys.exit(main(["--role", "all"]))


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
        "SMTP_URL": settings.smtp_url.get_secret_value(),
        "TENUTO_SAFE_MODE": "0",
        "TENUTO_TOKEN_KEYS": settings.token_keys[0].get_secret_value(),
    }
