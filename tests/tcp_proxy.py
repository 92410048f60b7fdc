"""A TCP proxy before Postgres or Temporal that can stop the traffic at a chosen moment."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from tests.halt import Halt

#: A moment that the traffic comes by; whether it may pass.
Hook = Callable[[], Awaitable[bool]]


async def passing() -> bool:
    return True


class Link:
    """One connection through a proxy: passes everything on."""

    async def to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.to_client(reader, writer)

    async def to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()


@dataclass
class Transaction:
    """A transaction, known by a statement in it, and its moments."""

    #: A part of the statement's text. It comes by once per connection: later it has a name.
    marker: bytes
    on_statement: Hook = passing
    on_commit: Hook = passing
    #: The server has committed, and says so.
    on_committed: Hook = passing


_SSL_REQUEST = 80877103


class PostgresLink(Link):
    """Knows the messages of a client (PostgreSQL documentation, chapter 55)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._inside = False
        self._committing = False

    async def to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        code = None
        while code in {None, _SSL_REQUEST}:  # the server answers N, and the client starts over
            head = await reader.readexactly(8)
            length, code = struct.unpack("!II", head)
            writer.write(head + await reader.readexactly(length - 8))
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            if not await self._may_pass(body):
                return
            writer.write(head + body)
            await writer.drain()

    async def _may_pass(self, body: bytes) -> bool:
        if self._transaction.marker in body:
            self._inside = True
            return await self._transaction.on_statement()
        if self._inside and body.startswith(b"COMMIT"):
            self._inside, self._committing = False, True
            return await self._transaction.on_commit()
        return True

    async def to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if self._committing:
                self._committing = False
                if not await self._transaction.on_committed():
                    return
            writer.write(data)
            await writer.drain()


@dataclass
class Result:
    """An activity's result on its way to Temporal: how much of it gets there."""

    halt: Halt
    #: 0, or a half, or 1; after a whole one the answer is held back.
    part: float
    marker: bytes = b'"revision"'
    #: From when on a result is the one that is meant.
    expected: bool = False

    async def expect(self) -> bool:
        self.expected = True
        return True


class TemporalLink(Link):
    """Knows the frames of a gRPC client (RFC 9113 section 4.1), and the result by a word in it."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self._mute = False

    async def to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(len(_PREFACE)))
        while True:
            head = await reader.readexactly(9)
            frame = head + await reader.readexactly(int.from_bytes(head[:3]))
            if self._result.expected and self._result.marker in _inflated(frame[14:]):
                writer.write(frame[: int(len(frame) * self._result.part)])
                self._mute = True
                await self._result.halt.here()
                return
            writer.write(frame)
            await writer.drain()

    async def to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (data := await reader.read(1 << 16)) and not self._mute:
            writer.write(data)
            await writer.drain()
        if data:
            await self._result.halt.over.wait()


_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def _inflated(message: bytes) -> bytes:
    """What follows the five bytes before a gRPC message; the SDK compresses it by default."""
    if not message.startswith(b"\x1f\x8b"):
        return message
    return zlib.decompressobj(wbits=31).decompress(message)


@asynccontextmanager
async def proxy(port: int, link: Callable[[], Link]) -> AsyncIterator[int]:
    """A proxy before a port on loopback; yields its own port."""
    links = set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        links.add(task)
        await _join(port, link(), reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*links)
        await server.wait_closed()


async def _join(
    port: int, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Until either side is gone; then the other is let go as well."""
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
    ways = [
        asyncio.create_task(link.to_server(reader, up_writer)),
        asyncio.create_task(link.to_client(up_reader, writer)),
    ]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for one in (writer, up_writer):
        one.transport.abort()
    for way in ways:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await way
