"""Signs of life from an activity that waits on a socket."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import activity

#: A killed worker is noticed after four missed ones (`HEARTBEAT_TIMEOUT` of the workflow).
_EVERY = 5.0


@contextmanager
def heartbeating() -> Iterator[None]:
    """Heartbeat from here to the end of the block."""
    loop = asyncio.get_running_loop()
    next_one: asyncio.TimerHandle

    def beat() -> None:
        nonlocal next_one
        activity.heartbeat()
        next_one = loop.call_later(_EVERY, beat)

    next_one = loop.call_later(_EVERY, beat)
    try:
        yield
    finally:
        next_one.cancel()
