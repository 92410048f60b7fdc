"""The inbound process: every door by which the world answers, in one event loop."""

import asyncio
from contextlib import AsyncExitStack

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from tenuto.domain.ids import TokenSigner
from tenuto.inbound.http_door import http_door
from tenuto.inbound.pipeline import Pipeline
from tenuto.inbound.smtp_door import smtp_door
from tenuto.runtime.settings import Settings
from tenuto.runtime.steering import Steering

log = structlog.get_logger()


async def serve(
    settings: Settings,
    engine: AsyncEngine,
    steering: Steering,
    signer: TokenSigner,
    stop: asyncio.Event,
) -> None:
    """Keep the doors open until `stop` is set.

    :raises DependencyError: when a port is taken.
    """
    pipeline = Pipeline(engine, signer, steering.tell)
    host = settings.inbound_host
    async with AsyncExitStack() as doors:
        smtp = await doors.enter_async_context(
            smtp_door(pipeline, host, settings.inbound_smtp_port)
        )
        if settings.inbound_lmtp_port is not None:
            await doors.enter_async_context(
                smtp_door(pipeline, host, settings.inbound_lmtp_port, lmtp=True)
            )
        http = await doors.enter_async_context(
            http_door(pipeline, host, settings.inbound_http_port)
        )
        log.info("doors_open", host=host, smtp=smtp, lmtp=settings.inbound_lmtp_port, http=http)
        await stop.wait()
    log.info("doors_closed")
