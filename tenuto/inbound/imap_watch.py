"""One mailbox's folders, read as mail comes: told by the server (IDLE), else looked at in turns.

A folder's mark moves only after what it passes is committed, so that a crash reads again, and
what is known already changes nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

import structlog
from imap_tools import BaseMailBox
from imap_tools.errors import UnexpectedCommandStatusError

from db import inbound_folders, mailbox_servers
from db.connection import Connection
from db.engine import connected, transaction
from db.mailbox_servers import MailboxServer
from tenuto.domain.errors import LoginError
from tenuto.domain.mail_folder import INBOX, Folder, Mark, Role
from tenuto.domain.mail_provider import Endpoint
from tenuto.inbound.pipeline import Pipeline
from tenuto.inbound.sent_folder import take_sent
from tenuto.mail import delivered
from tenuto.mail.imap_folder import FAILURES, Fetched, FolderReader
from tenuto.mail.imap_login import opened
from tenuto.mail.login import Login

#: Seconds that one waits to be told of news; between two waits the other folders are looked at.
PATIENCE = 30.0

#: Of a hold that this door places.
SOURCE = "imap"
#: Mails of a folder that are read before the inbox is looked at again.
_AT_ONCE = 50
#: Seconds for which one mail may break the connection, on several of them: a server that can't
#: give away any is mended by then.
_GIVE_UP_S, _TRIES = 1800.0, 5
_A_MOMENT = 0.2

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger()


class Watch:
    """Of one mailbox, in a thread of its own: one whose server hangs holds up no other."""

    def __init__(
        self, pipeline: Pipeline, server: MailboxServer, login: Login, patience: float = PATIENCE
    ) -> None:
        self._pipeline = pipeline
        self._server = server
        self._login = login
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, "imap")
        #: When the mails that break connections did so.
        self._failed = defaultdict[tuple[str, Mark], list[float]](list)

    async def follow(self, reached: Callable[[], None]) -> None:
        """Read what is there and then what comes, until the connection ends.

        `reached` is called whenever all is read.

        :raises: what `imap_login.opened` raises, one of `FAILURES`, or of `CANT_STORE`.
        """
        reader = await self._do(FolderReader, await self._opened())
        try:
            await self._change(mailbox_servers.heard_again, self._server, SOURCE)
            while True:
                more = {
                    folder.name: await self._read_if_open(reader, folder)
                    for folder in await self._do(reader.folders)
                }
                done = [name for name, left in more.items() if not left]
                await self._change(inbound_folders.mark_read, self._server.mailbox_id, done)
                reached()
                if not any(more.values()):
                    await self._wait(reader)
        finally:
            # Whatever the thread waits for ends with the connection.
            reader.hang_up()
            await self._do(reader.close)

    def close(self) -> None:
        """When it is followed no more."""
        self._thread.shutdown(wait=False)

    async def _do(self, call: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: call(*args, **named))

    async def _opened(self) -> BaseMailBox:
        endpoint = self._server.servers.imap
        if endpoint is None:
            msg = "only mailboxes with an IMAP server are watched"
            raise TypeError(msg)
        name, oauth = self._server.username, self._login.oauth
        credential = await self._login.credential()
        try:
            return await self._entered(endpoint, name, credential, oauth=oauth)
        except LoginError:
            # An access token may have ended a moment ago.
            credential = await self._login.credential(refused=credential)
            return await self._entered(endpoint, name, credential, oauth=oauth)

    async def _entered(
        self, endpoint: Endpoint, name: str, credential: str, *, oauth: bool
    ) -> BaseMailBox:
        entering = self._thread.submit(opened, endpoint, name, credential, oauth=oauth)
        try:
            return await asyncio.wrap_future(entering)
        except asyncio.CancelledError:
            # The thread goes on, and nobody will take what it comes back with.
            entering.add_done_callback(_left)
            raise

    async def _read_if_open(self, reader: FolderReader, folder: Folder) -> bool:
        """A folder that may not be looked into keeps nobody from the inbox."""
        try:
            return await self._read(reader, folder)
        except UnexpectedCommandStatusError:
            if folder.role is Role.INBOX:
                raise
            mailbox = str(self._server.mailbox_id)
            log.warning("folder_refused", mailbox=mailbox, role=folder.role.value)
            return False

    async def _read(self, reader: FolderReader, folder: Folder) -> bool:
        """What is new in a folder, in the order in which it came; True when there is more of it."""
        engine, mailbox = self._pipeline.engine, self._server.mailbox_id
        async with connected(engine) as connection:
            mark = (await inbound_folders.marks(connection, mailbox)).get(folder.name)
        if mark is not None and mark == await self._do(reader.end_of, folder):
            return False
        end = await self._do(reader.examine, folder)
        if mark is not None and mark.uid_validity == end.uid_validity and mark <= end:
            uids = await self._do(reader.after, mark.last_uid)
        else:
            async with connected(engine) as connection:
                day = await inbound_folders.unread_since(connection, mailbox, folder.name)
            uids = await self._do(reader.since, day)
            log.info("folder_begun", mailbox=str(mailbox), role=folder.role.value, mails=len(uids))
            first = min(uids, default=end.last_uid + 1)
            # What lay there before that day needs no look; and UIDs may have begun anew.
            start = Mark(end.uid_validity, first - 1)
            await self._change(inbound_folders.begin, mailbox, folder.name, start, day)
        # However much lies elsewhere: the inbox is looked at between.
        some = uids if folder.role is Role.INBOX else uids[:_AT_ONCE]
        for uid in some:
            await self._read_one(reader, folder, Mark(end.uid_validity, uid))
        if len(some) == len(uids):
            await self._save(folder, end)
        return len(some) < len(uids)

    async def _read_one(self, reader: FolderReader, folder: Folder, mark: Mark) -> None:
        try:
            mail = await self._do(reader.fetch, mark.last_uid)
        except FAILURES:
            failed = self._failed[folder.name, mark]
            failed.append(monotonic())
            if len(failed) < _TRIES or failed[-1] - failed[0] < _GIVE_UP_S:
                raise
            # One mail that its server can't give away mustn't hide all that came after it.
            log.error("mail_skipped", mailbox=str(self._server.mailbox_id), uid=mark.last_uid)  # noqa: TRY400
            await self._save(folder, mark)
            raise
        if mail is not None:
            await self._take(folder, mail)
        await self._save(folder, mark)

    async def _take(self, folder: Folder, mail: Fetched) -> None:
        server = self._server
        envelope = delivered.envelope(mail.raw, server.address, mail.arrived_at, datetime.now(UTC))
        if folder.role is Role.SENT:
            await take_sent(self._pipeline, server, mail.raw, envelope)
        else:
            door = f"imap {folder.role}"
            await self._pipeline.receive(mail.raw, envelope, door, mailbox_id=server.mailbox_id)

    async def _save(self, folder: Folder, mark: Mark) -> None:
        await self._change(inbound_folders.save, self._server.mailbox_id, folder.name, mark)

    async def _change(
        self,
        work: Callable[Concatenate[Connection, P], Awaitable[None]],
        *args: P.args,
        **named: P.kwargs,
    ) -> None:
        await transaction(
            self._pipeline.engine, lambda connection: work(connection, *args, **named)
        )

    async def _wait(self, reader: FolderReader) -> None:
        """Until there is news in the inbox, or it is time to look into the other folders."""
        if not reader.idles:
            await asyncio.sleep(self._patience)
            return
        end = await self._do(reader.examine, INBOX)
        async with connected(self._pipeline.engine) as connection:
            marks = await inbound_folders.marks(connection, self._server.mailbox_id)
        # What came before the folder was opened is never told of.
        if marks.get(INBOX.name) != end:
            await asyncio.sleep(_A_MOMENT)
            return
        if not await self._do(reader.begin_idle):
            await _readable(reader, self._patience)
        await self._do(reader.end_idle)


def _left(entering: Future[BaseMailBox]) -> None:
    if not entering.cancelled() and entering.exception() is None:
        entering.result().client.shutdown()


async def _readable(reader: FolderReader, seconds: float) -> None:
    """Until the server says something; waits in the event loop, so that a stop needs no thread."""
    loop, heard = asyncio.get_running_loop(), asyncio.Event()
    number = reader.socket.fileno()
    loop.add_reader(number, heard.set)
    try:
        async with asyncio.timeout(seconds):
            await heard.wait()
    except TimeoutError:
        pass
    finally:
        loop.remove_reader(number)
