"""`tenuto up` and `tenuto demo`; registered as entry points in pyproject.toml.

Both import what they run inside: every `tenuto` command loads this file.
"""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

_INTERRUPTED = 130


def up(
    *,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Take free ports, not the usual ones.")
    ] = False,
) -> None:
    """Start everything on this machine: Postgres, Temporal, mail catcher, worker, inbound."""
    from tenuto.devstack import laptop  # noqa: PLC0415 - see above

    asyncio.run(_until_interrupted(laptop.serve(Path.cwd(), free_ports=free_ports)))


def demo(
    *,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout, the show on stderr.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave it up at the end, until Ctrl-C.")
    ] = False,
) -> None:
    """Watch real sequences run from end to end, in under four minutes. Data: .tenuto/demo."""
    from tenuto.devstack import demo as story  # noqa: PLC0415 - see above

    done = asyncio.run(_until_interrupted(story.play(Path.cwd(), json=json, keep=keep)))
    raise typer.Exit(_INTERRUPTED if done is None else done)


async def _until_interrupted(work: Coroutine[Any, Any, int]) -> int | None:
    """The exit code of `work`; None when it was interrupted, and has cleaned up after itself."""
    task = asyncio.create_task(work)
    interrupted = asyncio.Event()

    def interrupt() -> None:
        # Once: a second Ctrl-C must not break into the cleaning up, and leave servers behind.
        if not interrupted.is_set():
            interrupted.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    try:
        return await task
    except asyncio.CancelledError:
        if not interrupted.is_set():
            raise
        return None
