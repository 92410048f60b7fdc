"""Listens on this machine for the browser that comes back from a sign-in (RFC 8252 section 7.3)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from tenuto.domain.errors import InputError, LoginError

#: Seconds for a browser to say what it wants.
_PATIENCE = 10.0
_LONGEST = 16_384
_DONE = b"<p>Signed in. Close this page, and look at the terminal.</p>"
_REFUSED = b"<p>It was not granted. Look at the terminal.</p>"
_STRANGE = b"<p>This page belongs to a sign-in that is over, or to none.</p>"
_HEAD = (
    "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n"
    "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
)

#: Given the address that a browser came with; as `SignIn.code`.
Read = Callable[[str], str]


class Listener:
    """Takes the one answer that belongs to the sign-in, and ignores whatever else knocks."""

    def __init__(self) -> None:
        self.port = 0
        self._read: Read | None = None
        self._code: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def expect(self, read: Read) -> asyncio.Future[str]:
        """From now on; the code, once the browser came, or the LoginError that `read` raised."""
        self._read = read
        return self._code

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, ValueError, EOFError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_PATIENCE):
                request = await reader.readuntil(b"\r\n\r\n")
                status, body = self._answer(request.split(b"\r\n", 1)[0].decode("ascii"))
                head = _HEAD.format(status=status, length=len(body)).encode()
                writer.write(head + body)
                await writer.drain()
        writer.close()

    def _answer(self, line: str) -> tuple[str, bytes]:
        method, target, _ = line.split(" ")
        if method != "GET" or self._read is None or self._code.done():
            return "400 Bad Request", _STRANGE
        try:
            self._code.set_result(self._read(target))
        except InputError:
            return "400 Bad Request", _STRANGE
        except LoginError as error:
            self._code.set_exception(error)
            return "200 OK", _REFUSED
        return "200 OK", _DONE


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """On 127.0.0.1, at a port that was free."""
    listener = Listener()
    server = await asyncio.start_server(listener._serve, "127.0.0.1", 0, limit=_LONGEST)  # noqa: SLF001 - its own
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await server.wait_closed()
