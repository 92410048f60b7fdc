"""Has a person sign in: in a browser here, or in one elsewhere whose address they paste."""

import asyncio
import os
import sys
import webbrowser

import typer

from tenuto.cli.app import errors
from tenuto.domain.errors import InputError, LoginError
from tenuto.mail.oauth import Grant, OAuthClient
from tenuto.mail.oauth_flow import SignIn
from tenuto.mail.oauth_listener import listening

_PATIENCE = 600.0
_STDIN, _CHUNK = 0, 4096


async def signed_in(client: OAuthClient, *, browser: bool) -> Grant:
    """The tokens that somebody at a browser allows us to have.

    :raises LoginError: when they say no, or nothing for ten minutes.
    :raises InputError: when the provider doesn't know our client.
    :raises DependencyError: when the provider can't be reached.
    """
    async with listening() as listener:
        sign_in = SignIn.begun(client, listener.port)
        arrived = listener.expect(sign_in.code)
        typer.echo(sign_in.url)
        errors.print(
            "Sign in there as the mailbox. If the page that follows can't be shown (another "
            "machine's browser), paste its address here.",
            markup=False,
        )
        if browser and _has_browser():
            await asyncio.to_thread(webbrowser.open, sign_in.url)
        return await sign_in.redeem(await _first(arrived, sign_in))


async def _first(arrived: asyncio.Future[str], sign_in: SignIn) -> str:
    """The code that the browser brings, or the one in what is pasted."""
    pasted = asyncio.create_task(_pasted(sign_in))
    try:
        done, _ = await asyncio.wait(
            {arrived, pasted}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            raise LoginError("nobody signed in within ten minutes; begin anew")
        return done.pop().result()
    finally:
        arrived.cancel()
        pasted.cancel()


async def _pasted(sign_in: SignIn) -> str:
    typed = _Typed()
    try:
        while True:
            line = await typed.line()
            try:
                return sign_in.code(line)
            except InputError as error:
                if line.strip():
                    errors.print(str(error), markup=False)
    finally:
        typed.close()


class _Typed:
    """Lines of stdin, read when there are some: a thread that waits there can't be ended."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lines = asyncio.Queue[str]()
        self._rest = b""
        try:
            self._loop.add_reader(_STDIN, self._read)
        except OSError:
            self._open = False  # a file, or nothing: no person is there
        else:
            self._open = True

    async def line(self) -> str:
        return await self._lines.get()

    def close(self) -> None:
        if self._open:
            self._loop.remove_reader(_STDIN)
            self._open = False

    def _read(self) -> None:
        chunk = os.read(_STDIN, _CHUNK)
        if not chunk:
            self.close()
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._lines.put_nowait(line.decode(errors="replace"))


def _has_browser() -> bool:
    """A text browser would take the terminal away."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
