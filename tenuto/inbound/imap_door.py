"""The door that fetches: watches each mailbox that has an IMAP server, as long as it has one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from db import mailbox_servers
from db.connection import Connection
from db.engine import connected, transaction
from db.mailbox_servers import MailboxServer
from tenuto.domain.errors import LoginError
from tenuto.inbound.imap_watch import PATIENCE, SOURCE, Watch
from tenuto.inbound.pipeline import CANT_STORE, Pipeline
from tenuto.mail.imap_folder import FAILURES
from tenuto.mail.login import Login

#: Seconds between two looks at who is connected.
_LOOK_EVERY = 10.0
#: Seconds before a broken connection is made anew: the longer, the oftener it broke.
_AGAIN, _AGAIN_MAX = 1.0, 60.0
#: One may be passing, whatever it says: too many connections, a server that has just begun.
_REFUSALS = 5

log = structlog.get_logger()


@dataclass(frozen=True)
class ImapPace:
    """Seconds."""

    look_every: float = _LOOK_EVERY
    again: float = _AGAIN
    patience: float = PATIENCE


class ImapDoor:
    """Given the pipeline, and how one logs in."""

    def __init__(
        self, pipeline: Pipeline, login: Callable[[MailboxServer], Login], pace: ImapPace
    ) -> None:
        self._pipeline = pipeline
        self._login = login
        self._pace = pace
        self._watched: dict[MailboxServer, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                try:
                    await self._follow(self._pipeline.engine)
                except CANT_STORE as error:
                    log.warning("mailboxes_not_read", error=type(error).__name__)
                await asyncio.sleep(self._pace.look_every)
        finally:
            await _ended(list(self._watched.values()))

    async def _follow(self, engine: AsyncEngine) -> None:
        """Begin with those that are new or changed, and leave those that are gone."""
        async with connected(engine) as connection:
            every = await mailbox_servers.every(connection)
        wanted = {server for server in every if server.servers.imap is not None}
        gone = [self._watched.pop(server) for server in set(self._watched) - wanted]
        await _ended(gone)
        for server in wanted - set(self._watched):
            self._watched[server] = asyncio.create_task(self._watch(server))

    async def _watch(self, server: MailboxServer) -> None:
        watch = Watch(self._pipeline, server, self._login(server), self._pace.patience)
        mailbox, pause = str(server.mailbox_id), self._pace.again

        refusals = 0

        def reached() -> None:
            nonlocal pause, refusals
            pause, refusals = self._pace.again, 0

        try:
            while True:
                try:
                    await watch.follow(reached)
                except LoginError:
                    log.warning("imap_login_refused", mailbox=mailbox)
                    refusals += 1
                    if refusals >= _REFUSALS:
                        await self._hold(server)
                except (*FAILURES, *CANT_STORE) as error:
                    log.warning("imap_lost", mailbox=mailbox, error=type(error).__name__)
                except Exception as error:  # noqa: BLE001 - one mailbox's oddity ends no other's door
                    # Without its text, which may quote mail.
                    log.error("imap_failed", mailbox=mailbox, error=type(error).__name__)  # noqa: TRY400
                await asyncio.sleep(pause)
                pause = min(pause * 2, _AGAIN_MAX)
        finally:
            watch.close()

    async def _hold(self, server: MailboxServer) -> None:
        """Whose answers can't be read mustn't be written for."""

        async def work(connection: Connection) -> bool:
            return await mailbox_servers.hold_refused(connection, server, SOURCE)

        try:
            await transaction(self._pipeline.engine, work)
        except CANT_STORE as error:
            log.warning("hold_not_placed", error=type(error).__name__)


@asynccontextmanager
async def imap_door(
    pipeline: Pipeline, login: Callable[[MailboxServer], Login], pace: ImapPace = ImapPace()
) -> AsyncIterator[None]:
    """Watch inside the block."""
    task = asyncio.create_task(ImapDoor(pipeline, login, pace).run())
    try:
        yield
    finally:
        await _ended([task])


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
