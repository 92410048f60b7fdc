"""What a command works with: settings, Postgres, and Temporal where it needs it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import connect, disposed
from tenuto.runtime import temporal
from tenuto.runtime.logs import processors
from tenuto.runtime.settings import Settings, load_settings
from tenuto.runtime.steering import Steering

T = TypeVar("T")


@dataclass(frozen=True)
class Session:
    """One command's connections."""

    settings: Settings
    engine: AsyncEngine

    async def steering(self) -> Steering:
        """Connects to Temporal on the way.

        :raises DependencyError: when it can't be reached.
        """
        client = await temporal.connect(self.settings)
        return Steering(client, self.engine, mail_workers=self.settings.mail_workers)


@asynccontextmanager
async def session() -> AsyncIterator[Session]:
    """Settings from the environment, and an engine that is closed at the end."""
    settings = load_settings()
    url = settings.database_url.get_secret_value()
    async with disposed(connect(url, pool_size=4)) as engine:
        yield Session(settings, engine)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end; what it logs goes to stderr, apart from its data."""
    structlog.configure(
        processors=processors(), logger_factory=lambda *_: structlog.PrintLogger(sys.stderr)
    )
    return asyncio.run(work)
