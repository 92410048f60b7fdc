"""A worker as a process of its own, to be killed."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from tenuto.runtime.settings import Settings

ROOT = Path(__file__).parents[1]


@asynccontextmanager
async def worker_process(settings: Settings, log: Path) -> AsyncIterator[Process]:
    """It runs inside the block, unless the block kills it; what it says is added to `log`."""
    with log.open("ab") as output:
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "worker.py"),
            cwd=ROOT,
            env=os.environ | _environment(settings),
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield worker
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.wait()


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
        "SMTP_URL": settings.smtp_url.get_secret_value(),
        "TENUTO_SAFE_MODE": "0",
        "TENUTO_TOKEN_KEYS": settings.token_keys[0].get_secret_value(),
    }


async def freeze(worker: Process) -> None:
    """Stop it in its tracks: whatever it is answered now, it won't act upon."""
    seen = psutil.Process(worker.pid)
    seen.suspend()
    while seen.status() != psutil.STATUS_STOPPED:
        await asyncio.sleep(0.001)
