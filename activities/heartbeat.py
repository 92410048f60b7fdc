"""Signs of life from an activity that waits on a socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity

#: A killed worker is noticed after four missed ones (`HEARTBEAT_TIMEOUT` of the workflow).
_EVERY = 5.0


@asynccontextmanager
async def heartbeating() -> AsyncIterator[None]:
    """Heartbeat from here to the end of the block."""
    beat = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beat.cancel()
        with suppress(asyncio.CancelledError):
            await beat


async def _beat() -> None:
    while True:
        await asyncio.sleep(_EVERY)
        activity.heartbeat()
