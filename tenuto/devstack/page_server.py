"""An application's pages on loopback, served by the event loop that we are in."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from tenuto.devstack.ports import LOOPBACK, choose_port

POLL_INTERVAL_S = 0.02


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave Ctrl-C alone: it belongs to whoever runs the whole stack."""
        yield


@asynccontextmanager
async def serving(app: FastAPI, port: int | None, purpose: str) -> AsyncIterator[str]:
    """Serve inside the block; gives the URL. `port` None takes a free one."""
    chosen = choose_port(port, purpose)
    config = uvicorn.Config(
        app, LOOPBACK, chosen, lifespan="off", log_config=None, timeout_graceful_shutdown=5
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not (server.started or task.done()):  # noqa: ASYNC110 - a flag is all it has
            await asyncio.sleep(POLL_INTERVAL_S)
        yield f"http://{LOOPBACK}:{chosen}"
    finally:
        server.should_exit = True
        await task
