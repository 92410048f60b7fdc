"""A connection on which asyncpg executes itself.

SQLAlchemy keeps the pool and compiles the named parameters; its result machinery, made for an
ORM and for drivers that block, costs more than our queries do (docs/decisions/0005).
"""

from collections import namedtuple
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import asyncpg
from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

_DIALECT = dialect()  # type: ignore[no-untyped-call]
#: What was selected: its columns as attributes, in their order when unpacked.
Row: TypeAlias = Any
_NONE: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Rows:
    """What a statement returned."""

    rows: Sequence[Row]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def all(self) -> Sequence[Row]:
        """Every row."""
        return self.rows

    def first(self) -> Row | None:
        """The first row, if there is one."""
        return self.rows[0] if self.rows else None

    def one(self) -> Row:
        """The only row."""
        (row,) = self.rows
        return row


class Connection:
    """What a transaction works on; made by `db.engine`."""

    def __init__(self, driver: "asyncpg.Connection") -> None:
        self._driver = driver

    async def execute(self, statement: TextClause, values: Mapping[str, object] = _NONE) -> Rows:
        """Run it; `values` may hold more than it names.

        :raises asyncpg.PostgresError: as Postgres says.
        """
        sql, names = _compiled(statement.text)
        found = await self._driver.fetch(sql, *[values[name] for name in names])
        if not found:
            return Rows(())
        row = _row(tuple(found[0].keys()))
        return Rows([row(*record) for record in found])

    def savepoint(self) -> AbstractAsyncContextManager["Connection"]:
        """Within a transaction: what the block does is taken back when it raises."""
        return begun(self._driver)

    async def scalar(self, statement: TextClause, values: Mapping[str, object] = _NONE) -> Any:  # noqa: ANN401 - whatever was selected
        """The first column of the first row, or None without one."""
        sql, names = _compiled(statement.text)
        return await self._driver.fetchval(sql, *[values[name] for name in names])


@asynccontextmanager
async def pooled(engine: AsyncEngine) -> AsyncIterator["asyncpg.Connection"]:
    """A driver's connection, the block's own."""
    lent = await engine.raw_connection()
    while (driver := cast("asyncpg.Connection", lent.driver_connection)).is_closed():
        # Postgres ended it while it was idle: the pool is told, and lends another.
        lent.invalidate()
        lent = await engine.raw_connection()
    try:
        yield driver
    finally:
        if not driver.is_closed() and driver.is_in_transaction():
            # A rollback that was cut off: its locks must not wait for the next borrower.
            driver.terminate()
        if driver.is_closed():
            lent.invalidate()
        # One that was lent beyond the pool's size is closed for good, which waits for Postgres.
        await greenlet_spawn(lent.close)


@asynccontextmanager
async def begun(driver: "asyncpg.Connection", **options: object) -> AsyncIterator[Connection]:
    """A transaction: committed at the block's end, or rolled back.

    Where BEGIN is cut off, asyncpg goes on believing in a transaction, and would make a savepoint
    of the next one: its commit would be none.
    """
    transaction = driver.transaction(**options)
    try:
        await transaction.start()
    except BaseException:
        driver.terminate()
        raise
    try:
        yield Connection(driver)
    except BaseException:
        try:
            await transaction.rollback()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            # It is rolled back with its connection; what the caller must hear of is the cause.
            driver.terminate()
        raise
    await transaction.commit()


@lru_cache(maxsize=1000)
def _compiled(sql: str) -> tuple[str, tuple[str, ...]]:
    """`:name` as `$1`, and the names in that order."""
    made = text(sql).compile(dialect=_DIALECT)
    return made.string, tuple(made.positiontup or ())


@lru_cache(maxsize=1000)
def _row(columns: tuple[str, ...]) -> type[Any]:
    return namedtuple("Row", columns, rename=True)  # noqa: PYI024 - the columns are data
