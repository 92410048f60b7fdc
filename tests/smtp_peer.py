"""An SMTP server that misbehaves at one chosen moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Self

from tenuto.mail.server import SmtpServer


class Phase(StrEnum):
    BANNER = "banner"
    EHLO = "ehlo"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


class Stall:
    """Says nothing any more, and reads nothing, until `Peer.resume` is set."""


class Close:
    """Ends the connection without a word."""


_POLITE = {
    Phase.BANNER: "220 peer ESMTP",
    Phase.EHLO: "250-peer\n250 8BITMIME",
    Phase.MAIL: "250 ok",
    Phase.RCPT: "250 ok",
    Phase.DATA: "354 go ahead",
    Phase.DOT: "250 2.0.0 queued",
}


class Peer:
    """Answers politely but for the phases in `script`."""

    def __init__(self, script: dict[Phase, str | type[Stall | Close]]) -> None:
        self.script = script
        self.commands: list[str] = []
        #: What came after the last DATA, still dot-stuffed; whole if it ends in the dot.
        self.data = bytearray()
        self.reached = {phase: asyncio.Event() for phase in Phase}
        self.resume = asyncio.Event()
        self.gone = asyncio.Event()
        self.port = 0
        self._conversations = set[asyncio.Task[None]]()

    @classmethod
    @asynccontextmanager
    async def running(cls, **script: str | type[Stall | Close]) -> AsyncIterator[Self]:
        peer = cls({Phase(phase): action for phase, action in script.items()})
        server = await asyncio.start_server(peer._converse, "127.0.0.1", 0)
        peer.port = server.sockets[0].getsockname()[1]
        try:
            yield peer
        finally:
            peer.resume.set()
            await peer._see_off()
            server.close()
            await server.wait_closed()

    async def _see_off(self) -> None:
        """Come as the last client: those before have been let in then, and end as well."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write_eof()
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        await asyncio.gather(*self._conversations)

    @property
    def server(self) -> SmtpServer:
        return SmtpServer("127.0.0.1", self.port, starttls=False)

    @property
    def whole(self) -> bool:
        return self.data.endswith(b"\r\n.\r\n")

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.current_task()
        assert conversation is not None
        self._conversations.add(conversation)
        with suppress(ConnectionError):  # the client left, or the script says so
            await self._phases(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self.gone.set()

    async def _phases(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._act(Phase.BANNER, writer)
        while line := await reader.readline():
            self.commands.append(line.decode().rstrip("\r\n"))
            verb = line[:4].decode().upper()
            if verb == "QUIT":
                return
            phase = Phase.EHLO if verb == "HELO" else Phase(verb.lower())
            going_on = await self._act(phase, writer)
            if phase is Phase.DATA and going_on:
                await self._receive(reader, writer)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.data[:] = await reader.readline()
        if Phase.BODY in self.script:
            await self._act(Phase.BODY, writer)
        while not self.whole and (more := await reader.read(1 << 16)):
            self.data += more
        if self.whole and Phase.BODY not in self.script:
            await self._act(Phase.DOT, writer)

    async def _act(self, phase: Phase, writer: asyncio.StreamWriter) -> bool:
        """Whether the conversation goes on as the client would like."""
        self.reached[phase].set()
        action = self.script.get(phase) or _POLITE[phase]
        if action is Stall:
            await self.resume.wait()
            return False
        if not isinstance(action, str):
            writer.close()
            raise ConnectionAbortedError
        writer.write(b"".join(f"{line}\r\n".encode() for line in action.split("\n")))
        await writer.drain()
        return action == _POLITE.get(phase)
