"""What the demo works with: a stack of its own, and the doors that services use."""

import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from db import limits, mailboxes, sequences
from db.connection import Connection
from db.engine import connect, disposed, transaction
from db.mailboxes import MailboxSettings
from db.sequences import SequenceVersion
from starter.enroll import Starter
from starter.publish import load_all, publish
from tenuto.devstack.catcher import RcptPolicy
from tenuto.devstack.stack import FREE, Stack
from tenuto.domain.errors import ForbiddenError, InputError
from tenuto.domain.limits import Cap, Limits
from tenuto.runtime import temporal
from tenuto.runtime.steering import Steering

EXAMPLES = Path(__file__).parents[2] / "examples"
DATABASE = "tenuto_demo"
_POSTAL_ADDRESS = "Tenuto Ltd, 1 Example Street, 10115 Berlin"
#: Far above what a demo sends: the sequences' own rules are to be seen at work.
_MAILBOX_CAP = Cap(count=10_000, seconds=86_400)
_MAILBOXES = (("anna@tenuto.example", "Anna Berg"), ("news@tenuto.example", "Tenuto News"))
#: Settings of ours and of the parts: none of the user's own may reach the demo.
_SETTINGS = ("TENUTO_", "TEMPORAL_", "DATABASE_URL", "SMTP_URL")


@dataclass(frozen=True)
class World:
    """One demo's parts."""

    stack: Stack
    engine: AsyncEngine
    starter: Starter
    #: Where the show goes.
    console: Console

    async def publish(self, *files: str) -> None:
        """Publish files of `examples/`."""
        await publish(self.engine, load_all([EXAMPLES / file for file in files]))

    async def version(self, sequence: str) -> SequenceVersion:
        """The newest version of a sequence."""

        async def find(connection: Connection) -> SequenceVersion:
            return await sequences.get(connection, sequence)

        return await transaction(self.engine, find)


@asynccontextmanager
async def world(
    folder: Path, console: Console, progress: Callable[[str], None], policy: RcptPolicy
) -> AsyncIterator[World]:
    """A new, empty one in `folder`, which is wiped first; all of it runs inside the block."""
    if not EXAMPLES.is_dir():
        raise InputError(f"the demo needs the sequences in {EXAMPLES}: run it from a checkout")
    with _alone(folder):
        _isolate(folder)
        async with Stack(folder, FREE, progress, database=DATABASE, policy=policy) as stack:
            url = stack.environment["DATABASE_URL"]
            client = await temporal.connect(stack.settings)
            async with disposed(connect(url)) as engine:
                await transaction(engine, open_mailboxes)
                starter = Starter(engine, Steering(client, engine))
                yield World(stack, engine, starter, console)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"a demo already runs in {folder}; wait for its end, or stop it"
            raise ForbiddenError(msg) from None
        yield


def _isolate(folder: Path) -> None:
    """An empty folder to be in, and no settings from outside: neither variables nor `.env`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith(_SETTINGS)]:
        del os.environ[name]
    os.environ["TEMPORAL_CONFIG_FILE"] = os.devnull


async def open_mailboxes(connection: Connection) -> None:
    """The demo's mailboxes, at the pace of a demo."""
    # Weeks pass in a minute: no pace that is made for days would fit.
    await limits.write(connection, Limits(), "demo")
    for address, name in _MAILBOXES:
        settings = MailboxSettings(
            address, name, _POSTAL_ADDRESS, _MAILBOX_CAP, gap=0, new_per_day=None, ramp=False
        )
        await mailboxes.save(connection, settings)
