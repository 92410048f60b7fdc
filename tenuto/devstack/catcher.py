"""The mail catcher: a real SMTP server that takes every mail and delivers none."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from tenuto.devstack.mail_log import CaughtMail, MailLog
from tenuto.devstack.ports import LOOPBACK, choose_port

HOSTNAME = "catcher.localhost"
WAIT_S = 30

#: Given a recipient, an SMTP reply that refuses it ("550 5.1.1 No such user"), or None.
RcptPolicy = Callable[[str], str | None]


def _accept_everyone(_recipient: str) -> str | None:
    return None


class MailCatcher:
    """Use as `async with`. Mails and their log stay in `folder` over restarts.

    `port` None takes a free one, once: a restart of the same object has the same address.
    """

    def __init__(
        self, folder: Path, *, port: int | None = None, policy: RcptPolicy = _accept_everyone
    ) -> None:
        self.log = MailLog(folder)
        self._port = port
        self._policy = policy
        self._server: asyncio.Server | None = None
        self._sessions: WeakSet[SMTP] = WeakSet()
        self._arrival = asyncio.Condition()

    async def start(self) -> str:
        """Listen on loopback, and return the address as `smtp://host:port`."""
        self._port = choose_port(self._port, "the mail catcher")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, LOOPBACK, self._port)
        return self.url

    async def stop(self) -> None:
        """Close the port and the sessions that are open."""
        if self._server is None:
            return
        self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()
        await self._server.wait_closed()
        await asyncio.sleep(0)  # the closed sessions' tasks end in the next round of the loop
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; the port is 0 before the first start."""
        return LOOPBACK, self._port or 0

    @property
    def url(self) -> str:
        return "smtp://{}:{}".format(*self.address)

    @property
    def mails(self) -> Sequence[CaughtMail]:
        """All that came, oldest first."""
        return self.log.mails

    async def wait_for(self, count: int, timeout_s: float = WAIT_S) -> Sequence[CaughtMail]:
        """Wait until at least so many mails are here, and return all of them.

        Raises `TimeoutError`.
        """
        async with asyncio.timeout(timeout_s), self._arrival:
            await self._arrival.wait_for(lambda: len(self.mails) >= count)
            return self.mails

    # aiosmtpd calls the methods below by their names.

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        refusal = self._policy(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        # aiosmtpd writes the null return path as "<>".
        sender = (envelope.mail_from or "").removeprefix("<>")
        mail = self.log.add(sender, envelope.rcpt_tos, envelope.original_content or b"")
        async with self._arrival:
            self._arrival.notify_all()
        return f"250 2.0.0 OK: queued as {mail.number}"

    def _session(self) -> SMTP:
        session = SMTP(self, hostname=HOSTNAME, enable_SMTPUTF8=True, ident="Tenuto mail catcher")
        self._sessions.add(session)
        return session
