"""A mail server run for one test: in a folder of its own, and as nobody where we are root."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_S = 5


def owner() -> pwd.struct_passwd:
    """Who it runs as: such programs refuse to be root."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


@asynccontextmanager
async def folder(prefix: str) -> AsyncIterator[Path]:
    """Not below pytest's own folder, where another user couldn't come to it."""
    made = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=prefix))
    try:
        yield made
    finally:
        await asyncio.to_thread(shutil.rmtree, made)


@dataclass
class MailServer:
    """One that greets at a port while it runs."""

    home: Path
    port: int
    command: tuple[str, ...]
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Until it greets; `home` and all in it are its own."""
        who = owner()
        await asyncio.to_thread(_give, self.home, who)
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            user=who.pw_uid,
            group=who.pw_gid,
            extra_groups=[] if os.getuid() == 0 else None,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        await _greets(self.process, self.port)

    async def stop(self) -> None:
        """In order, if it can: one that was begun a moment ago may not hear of it."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await self.process.wait()
        await self.kill()

    async def kill(self) -> None:
        """As a crash does; what it has begun for a mail would go on without it, too."""
        process, self.process = self.process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


@asynccontextmanager
async def running(home: Path, port: int, *command: str) -> AsyncIterator[MailServer]:
    """It greets at the port when the block begins."""
    server = MailServer(home, port, command)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


def _give(home: Path, who: pwd.struct_passwd) -> None:
    if os.getuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, who.pw_uid, who.pw_gid)


async def _greets(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(20):
        while process.returncode is None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            greeting = await reader.readline()
            writer.close()
            if greeting:
                return
    _, said = await process.communicate()
    raise AssertionError(said.decode())
