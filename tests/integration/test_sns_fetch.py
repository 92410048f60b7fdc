"""What is asked of Amazon's addresses over HTTP, and what each answer means."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tenuto.domain.errors import DependencyError
from tenuto.inbound.providers.event import RefusedError
from tenuto.inbound.providers.sns import fetch

HOST = "127.0.0.1"


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}/x.pem"


def answer(status: str, body: bytes = b"", header: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{header}Connection: close\r\n\r\n".encode() + body


async def test_what_is_there_is_given() -> None:
    async with answering(answer("200 OK", b"certificate")) as url:
        assert await fetch(url) == b"certificate"


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found"])
async def test_what_isnt_there_never_will_be(status: str) -> None:
    async with answering(answer(status)) as url:
        with pytest.raises(RefusedError):
            await fetch(url)


async def test_nobody_is_followed_elsewhere() -> None:
    async with answering(answer("200 OK", b"evil")) as elsewhere:
        redirect = answer("302 Found", header=f"Location: {elsewhere}\r\n")
        async with answering(redirect) as url:
            with pytest.raises(RefusedError):
                await fetch(url)


async def test_an_endless_answer_is_refused() -> None:
    async with answering(answer("200 OK", b"x" * 2**20)) as url:
        with pytest.raises(RefusedError):
            await fetch(url)


@pytest.mark.parametrize(
    "broken", [answer("500 Oops"), answer("503 Later"), b"", b"HTTP/1.1 x\r\n"]
)
async def test_amazons_own_troubles_are_for_later(broken: bytes) -> None:
    async with answering(broken) as url:
        with pytest.raises(DependencyError):
            await fetch(url)


async def test_an_amazon_that_cant_be_reached_is_for_later() -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DependencyError):
        await fetch(f"http://{HOST}:{port}/x.pem")
