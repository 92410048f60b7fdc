"""The door that browsers and mail programs use, served by the event loop that we are in."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from tenuto.inbound.listening import listen
from tenuto.inbound.pipeline import Pipeline
from tenuto.inbound.providers.event import Provider
from tenuto.inbound.unsubscribe_page import application
from tenuto.inbound.webhooks import webhooks

_POLL_S = 0.02
_GRACE_S = 5


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process: there are other doors to close."""
        yield


@asynccontextmanager
async def http_door(
    pipeline: Pipeline, host: str, port: int, providers: Mapping[str, Provider] | None = None
) -> AsyncIterator[int]:
    """Serve inside the block; gives the port. Only these providers' webhooks are heard.

    :raises DependencyError: when the port is taken.
    """
    listener = listen(host, port, "TENUTO_INBOUND_HTTP_PORT")
    app = application(pipeline)
    app.include_router(webhooks(pipeline, providers or {}))
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        # A log of requests would be a log of tokens.
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not (server.started or serving.done()):  # noqa: ASYNC110 - a flag is all it has
            await asyncio.sleep(_POLL_S)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
