"""Connections that a mail went over, kept for the next one: most of what a send costs is hello."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiosmtplib import SMTP, SMTPException

from tenuto.mail.server import SmtpServer

#: Seconds without a mail; servers wait for five minutes (RFC 5321 section 4.5.3.2.7).
_IDLE = 30.0


@dataclass(frozen=True)
class Line:
    """To whom, and who we say that we are."""

    server: SmtpServer
    hello: str

    def open(self) -> SMTP:
        """A client that isn't connected yet."""
        return SMTP(
            hostname=self.server.host,
            port=self.server.port,
            # A login of its own is `smtp_login.enter`'s to use.
            username=None if self.server.login else self.server.username,
            password=self.server.password,
            use_tls=self.server.tls,
            start_tls=self.server.starttls,
            local_hostname=self.hello,
            timeout=None,  # the caller's deadline holds for all of it
        )


class Connections:
    """Belongs to one event loop. What isn't used any more ends by itself."""

    def __init__(self, idle: float = _IDLE) -> None:
        """`idle`: seconds that a connection is kept."""
        self._seconds = idle
        self._idle = defaultdict[Line, dict[SMTP, asyncio.TimerHandle]](dict)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what is idle."""
        for line in self._idle:
            while client := self.kept(line):
                goodbye(client)

    def kept(self, line: Line) -> SMTP | None:
        """The newest that is idle and hasn't been lost; it is the caller's now."""
        idle = self._idle[line]
        while idle:
            client, timer = idle.popitem()
            timer.cancel()
            if client.is_connected:
                return client
        return None

    def let_go(self, server: SmtpServer) -> bool:
        """End what is idle at a server, whoever we said that we are; False if there was nothing."""
        ended = False
        for line in [line for line in self._idle if line.server == server]:
            while client := self.kept(line):
                goodbye(client)
                ended = True
        return ended

    def keep(self, line: Line, client: SMTP) -> None:
        """Leave one idle whose last mail was accepted."""
        idle = self._idle[line]

        def grown_old() -> None:
            del idle[client]
            goodbye(client)

        idle[client] = asyncio.get_running_loop().call_later(self._seconds, grown_old)


def goodbye(client: SMTP) -> None:
    """QUIT, without waiting for the answer: the outcome is known, and a wait could be cut short."""
    if client.protocol is not None:
        with suppress(SMTPException):
            client.protocol.write(b"QUIT\r\n")
    client.close()
