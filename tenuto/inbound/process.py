"""The inbound process: every door by which the world answers, in one event loop."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from tenuto.domain.ids import TokenSigner
from tenuto.inbound.http_door import http_door
from tenuto.inbound.imap_door import imap_door
from tenuto.inbound.owner_mail import tell_owners
from tenuto.inbound.pipeline import Pipeline
from tenuto.inbound.smtp_door import smtp_door
from tenuto.inbound.webhooks import configured
from tenuto.runtime.logins import Logins
from tenuto.runtime.mailing import mail_tools
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
    :raises InputError: when a provider's setting is wrong.
    """
    providers = configured(settings.webhooks)
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
            http_door(pipeline, host, settings.inbound_http_port, providers)
        )
        logins = await doors.enter_async_context(Logins(settings))
        await doors.enter_async_context(imap_door(pipeline, logins.of))
        tools = await doors.enter_async_context(mail_tools(settings))
        await doors.enter_async_context(_beside(tell_owners(engine, tools)))
        log.info("doors_open", host=host, smtp=smtp, lmtp=settings.inbound_lmtp_port, http=http,
                 webhooks=sorted(providers))  # fmt: skip
        await stop.wait()
    log.info("doors_closed")


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Let it run inside the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
