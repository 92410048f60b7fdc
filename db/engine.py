"""Connections to Postgres, and transactions that start over when they lose a lock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar, cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tenuto.domain.errors import DependencyError

T = TypeVar("T")

#: lock_not_available, deadlock_detected, serialization_failure (PostgreSQL Appendix A).
_LOST_LOCK = frozenset({"55P03", "40P01", "40001"})
_TRIES = 8


class MovedError(Exception):
    """What decided a transaction's locks changed before they were taken: start over."""


def connect(url: str, *, pool_size: int = 10, lock_timeout: str = "5s") -> AsyncEngine:
    """An engine for `postgresql://…`; connects when first used.

    The lock time-out belongs to the session, so that no transaction pays a statement for it.
    """
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        connect_args={
            "server_settings": {"lock_timeout": lock_timeout, "timezone": "UTC", "jit": "off"},
        },
    )


@asynccontextmanager
async def disposed(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Close the engine's connections at the end."""
    try:
        yield engine
    finally:
        await engine.dispose()


async def transaction(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run `work` in one READ COMMITTED transaction, again when a lock is lost.

    :raises DependencyError: when Postgres can't be reached.
    """
    for attempt in range(_TRIES):
        try:
            async with engine.begin() as connection:
                return await work(connection)
        except (DBAPIError, MovedError) as error:
            if attempt == _TRIES - 1 or not _again(error):
                raise
        except OSError as error:
            msg = "Postgres can't be reached; check DATABASE_URL and that it runs"
            raise DependencyError(msg) from error
        await asyncio.sleep(0.01 * 2**attempt)
    msg = "unreachable: the last attempt returns or raises"
    raise AssertionError(msg)


def refuses_data(error: DBAPIError) -> bool:
    """Whether Postgres can't hold the values, however often it is asked (classes 22 and 54)."""
    return sqlstate(error).startswith(("22", "54"))


def _again(error: DBAPIError | MovedError) -> bool:
    if isinstance(error, MovedError):
        return True
    return sqlstate(error) in _LOST_LOCK


def sqlstate(error: DBAPIError) -> str:
    """The error's code, or an empty text when Postgres never gave one."""
    return cast("str | None", getattr(error.orig, "sqlstate", None)) or ""
