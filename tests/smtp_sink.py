"""An SMTP server that keeps each complete mail, and answers as a test says."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from enum import StrEnum
from typing import Self
from uuid import UUID

from tenuto.domain.ids import TokenSigner


class Phase(StrEnum):
    """What the client has done, and waits for an answer to."""

    BANNER = ""
    EHLO = "EHLO"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    #: The first line of the message is read; there is nothing to answer.
    BODY = "BODY"
    #: The final dot is read: from here on the mail counts.
    DOT = "."


_POLITE = {
    Phase.BANNER: b"220 sink.example ESMTP\r\n",
    Phase.EHLO: b"250-sink.example\r\n250 8BITMIME\r\n",
    Phase.MAIL: b"250 2.1.0 ok\r\n",
    Phase.RCPT: b"250 2.1.5 ok\r\n",
    Phase.DATA: b"354 go ahead\r\n",
    Phase.BODY: b"",
    Phase.DOT: b"250 2.0.0 queued\r\n",
}
_END = b"\r\n.\r\n"


@dataclass
class Talk:
    """One client's conversation."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    recipient: str = ""

    async def say(self, answer: bytes) -> None:
        self.writer.write(answer)
        await self.writer.drain()


#: Given what the client did and the polite answer to it; says that, another, or nothing.
Answer = Callable[[Talk, Phase, bytes], Awaitable[None]]


async def politely(talk: Talk, _phase: Phase, answer: bytes) -> None:
    await talk.say(answer)


class SmtpSink:
    """Its mails are what recipients really have, whatever the client came to know of it."""

    def __init__(self, answer: Answer = politely) -> None:
        self.mails: list[bytes] = []
        self.port = 0
        self._answer = answer
        self._talks = set[asyncio.Task[None]]()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await self.idle()
            await server.wait_closed()

    async def idle(self) -> None:
        """Until every conversation has ended, and all that was on the way is read."""
        await asyncio.gather(*self._talks)

    def count(self, signer: TokenSigner) -> Counter[tuple[UUID, int]]:
        """How many mails there are of each (enrollment, step), by their Message-IDs."""
        headers = (BytesHeaderParser().parsebytes(mail) for mail in self.mails)
        refs = (signer.parse_message_id(str(header["Message-ID"])) for header in headers)
        return Counter((ref.enrollment, ref.step) for ref in refs)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        with suppress(ConnectionError):  # the client was killed
            await self._converse(Talk(reader, writer))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _converse(self, talk: Talk) -> None:
        await self._on(talk, Phase.BANNER)
        while line := await talk.reader.readline():
            verb = line[:4].decode().upper()
            if verb == "QUIT":
                return
            phase = Phase(verb)
            if phase is Phase.RCPT:
                talk.recipient = line.decode().partition("<")[2].partition(">")[0]
            await self._on(talk, phase)
            if phase is Phase.DATA:
                await self._receive(talk)

    async def _receive(self, talk: Talk) -> None:
        data = bytearray(await talk.reader.readline())
        await self._on(talk, Phase.BODY)
        while not data.endswith(_END):
            more = await talk.reader.read(1 << 16)
            if not more:
                return
            data += more
        self.mails.append(bytes(data.removesuffix(_END)))
        await self._on(talk, Phase.DOT)

    async def _on(self, talk: Talk, phase: Phase) -> None:
        await self._answer(talk, phase, _POLITE[phase])
