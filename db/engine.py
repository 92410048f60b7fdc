"""Connections to Postgres, and transactions that start over when they lose a lock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.connection import Connection, begun, pooled
from tenuto.domain.errors import DependencyError

T = TypeVar("T")

#: What a query raises that failed, or one that got no connection.
QUERY_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError)
#: lock_not_available, deadlock_detected, serialization_failure (PostgreSQL Appendix A).
_LOST_LOCK = frozenset({"55P03", "40P01", "40001"})
_TRIES = 8
_BY_INDEX = text("SET LOCAL enable_seqscan = off")


class MovedError(Exception):
    """What decided a transaction's locks changed before they were taken: start over."""


class UndoError(Exception, Generic[T]):
    """Raised by a transaction's work: take it all back, and answer this."""

    def __init__(self, answer: T) -> None:
        self.answer = answer


def connect(url: str, *, pool_size: int = 10, lock_timeout: str = "5s") -> AsyncEngine:
    """An engine for `postgresql://…`; connects when first used.

    The lock time-out belongs to the session, so that no transaction pays a statement for it.
    """
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        # Nothing is lent back with a transaction open, see `pooled`.
        pool_reset_on_return=None,
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


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """A connection to read with; each statement by itself."""
    async with pooled(engine) as driver:
        yield Connection(driver)


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """As `connected`; all statements see one instant, that of the first."""
    async with (
        pooled(engine) as driver,
        begun(driver, isolation="repeatable_read", readonly=True) as connection,
    ):
        yield connection


async def transaction(engine: AsyncEngine, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Run `work` in one READ COMMITTED transaction, again when a lock is lost.

    :raises DependencyError: when Postgres can't be reached.
    """
    for attempt in range(_TRIES):
        try:
            async with pooled(engine) as driver, begun(driver) as connection:
                return await work(connection)
        except UndoError as undone:
            answer: T = undone.answer
            return answer
        except (asyncpg.PostgresError, MovedError) as error:
            if attempt == _TRIES - 1 or not _again(error):
                raise
        except OSError as error:
            msg = "Postgres can't be reached; check DATABASE_URL and that it runs"
            raise DependencyError(msg) from error
        await asyncio.sleep(0.01 * 2**attempt)
    msg = "unreachable: the last attempt returns or raises"
    raise AssertionError(msg)


async def rehearsal(engine: AsyncEngine, work: Callable[[Connection], Awaitable[T]]) -> T:
    """As `transaction`, and leaves nothing behind."""

    async def undone(connection: Connection) -> T:
        # Nobody analyzes rows that aren't committed: plans made for empty tables would be kept.
        await connection.execute(_BY_INDEX)
        raise UndoError(await work(connection))

    return await transaction(engine, undone)


def _again(error: asyncpg.PostgresError | MovedError) -> bool:
    # A plan that a migration made invalid was dropped with the error.
    if isinstance(error, MovedError | asyncpg.InvalidCachedStatementError):
        return True
    return sqlstate(error) in _LOST_LOCK


def refuses_data(error: BaseException) -> bool:
    """Whether Postgres can't hold the values, however often it is asked (classes 22 and 54)."""
    return isinstance(error, asyncpg.DataError) or sqlstate(error).startswith(("22", "54"))


def sqlstate(error: BaseException) -> str:
    """The error's code, or an empty text when Postgres never gave one."""
    cause: Any = getattr(error, "orig", None) or error
    return getattr(cause, "sqlstate", None) or ""
