"""By which server each mailbox's mail leaves, and what happens when that refuses the login."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from db import mailbox_servers
from db.connection import Connection
from db.engine import QUERY_ERRORS, connected, transaction
from db.mailbox_servers import MailboxServer
from tenuto.domain.errors import DependencyError
from tenuto.mail.login import Login
from tenuto.mail.server import SmtpServer

#: Seconds that a worker goes on with what it read: so late it hears of a new connection.
_FRESH = 10.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Way:
    """How mail of one mailbox leaves."""

    server: SmtpServer
    #: None: by the installation's server.
    own: MailboxServer | None = None


class MailServers:
    """Given the installation's server, and how one logs in to a mailbox's own."""

    def __init__(
        self,
        default: SmtpServer,
        login: Callable[[MailboxServer], Login],
        seconds: float = _FRESH,
    ) -> None:
        """`seconds`: for how long what was read holds."""
        self._default = default
        self._login = login
        self._seconds = seconds
        self._read: dict[UUID, tuple[float, Way]] = {}

    async def of(self, engine: AsyncEngine, mailbox_id: UUID) -> Way:
        """As Postgres said, a moment ago at most."""
        known = self._read.get(mailbox_id)
        if known is not None and monotonic() < known[0]:
            return known[1]
        async with connected(engine) as connection:
            own = await mailbox_servers.of(connection, mailbox_id)
        way = self._way(own)
        self._read[mailbox_id] = (monotonic() + self._seconds, way)
        return way

    def _way(self, own: MailboxServer | None) -> Way:
        if own is None:
            return Way(self._default)
        return Way(SmtpServer.at(own.servers.smtp, own.username, self._login(own)), own)


async def hold_refused(engine: AsyncEngine, own: MailboxServer) -> None:
    """Keep the mailbox's other mail from running into the same refusal.

    Raises nothing: what became of the mail at hand must still be written, and the next one comes
    here again.
    """

    async def work(connection: Connection) -> bool:
        return await mailbox_servers.hold_refused(connection, own)

    try:
        held = await transaction(engine, work)
    except (OSError, DependencyError, *QUERY_ERRORS) as error:
        log.warning("hold_not_placed", mailbox=str(own.mailbox_id), error=type(error).__name__)
        return
    log.warning("mailbox_login_refused", mailbox=str(own.mailbox_id), held=held)
