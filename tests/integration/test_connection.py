"""What a borrowed connection is, whatever its last borrower did or Postgres suffered."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from db.connection import Connection, pooled
from db.engine import UndoError, connect, connected, disposed, snapshot, transaction

PID = text("SELECT pg_backend_pid() AS pid")
KILL = text("SELECT pg_terminate_backend(:pid)")


async def test_names_become_numbers_and_rows_have_names(database_url: str) -> None:
    async with disposed(connect(database_url)) as engine, connected(engine) as connection:
        query = text("""
            SELECT CAST(:b AS int) AS b, CAST(:a AS text) AS a, CAST(:b AS int) + 1 AS more,
                '{"x": 1}'::jsonb
        """)
        row = (await connection.execute(query, {"a": "x", "b": 1, "unused": 0})).one()
        assert (row.a, row.b, row.more, row.jsonb) == ("x", 1, 2, {"x": 1})
        assert tuple(row) == (1, "x", 2, {"x": 1})
        nothing = await connection.execute(text("SELECT 1 WHERE false"))
        assert (nothing.first(), len(nothing), list(nothing)) == (None, 0, [])


async def test_an_error_takes_all_back(database_url: str) -> None:
    async with disposed(connect(database_url)) as engine:

        async def work(connection: Connection) -> str:
            await connection.execute(text("CREATE TABLE made (id int)"))
            raise UndoError("taken back")

        assert await transaction(engine, work) == "taken back"
        async with connected(engine) as connection:
            assert await connection.scalar(text("SELECT to_regclass('made')")) is None


async def test_one_that_postgres_ended_while_idle_is_replaced(database_url: str) -> None:
    async with (
        disposed(connect(database_url, pool_size=1)) as engine,
        disposed(connect(database_url)) as other,
    ):
        async with pooled(engine) as driver:
            pid = driver.get_server_pid()
        async with connected(other) as killer:
            await killer.scalar(KILL, {"pid": pid})
        async with asyncio.timeout(30):
            while not driver.is_closed():
                await asyncio.sleep(0.01)
        async with connected(engine) as connection:
            assert await connection.scalar(PID) != pid


async def test_one_with_an_open_transaction_is_not_lent_again(database_url: str) -> None:
    async with disposed(connect(database_url, pool_size=1)) as engine:
        async with pooled(engine) as driver:
            pid = driver.get_server_pid()
            await driver.execute("BEGIN")
        async with pooled(engine) as driver:
            assert driver.get_server_pid() != pid
            assert not driver.is_in_transaction()


async def test_a_cancelled_transaction_leaves_no_lock(database_url: str) -> None:
    async with disposed(connect(database_url)) as engine:
        locked = asyncio.Event()

        async def work(connection: Connection) -> None:
            await connection.execute(text("SELECT pg_advisory_xact_lock(7)"))
            locked.set()
            await connection.execute(text("SELECT pg_sleep(60)"))

        task = asyncio.create_task(transaction(engine, work))
        await locked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with connected(engine) as connection:
            assert await connection.scalar(text("SELECT pg_try_advisory_lock(7)"))


async def test_a_plan_that_a_migration_made_invalid_is_made_anew(database_url: str) -> None:
    async with disposed(connect(database_url, pool_size=1)) as engine:

        async def alter(connection: Connection, statement: str) -> None:
            await connection.execute(text(statement))

        async def read(connection: Connection) -> tuple[object, ...]:
            return tuple((await connection.execute(text("SELECT * FROM made"))).one())

        await transaction(engine, lambda c: alter(c, "CREATE TABLE made AS SELECT 1 AS id"))
        assert await transaction(engine, read) == (1,)
        async with disposed(connect(database_url)) as other:
            await transaction(other, lambda c: alter(c, "ALTER TABLE made ADD COLUMN x int"))
        assert await transaction(engine, read) == (1, None)


async def test_a_snapshot_sees_one_instant(database_url: str) -> None:
    count = text("SELECT count(*) FROM sequences")
    async with disposed(connect(database_url)) as engine, snapshot(engine) as before:
        assert await before.scalar(count) == 0
        async with connected(engine) as connection:
            await connection.execute(text("INSERT INTO sequences (id) VALUES ('new')"))
        assert await before.scalar(count) == 0


async def test_those_lent_in_a_rush_are_closed_after_it(database_url: str) -> None:
    async with disposed(connect(database_url, pool_size=2)) as engine:
        together = asyncio.Barrier(4)

        async def borrow() -> asyncpg.Connection:
            async with pooled(engine) as driver:
                await together.wait()
                return driver

        lent = await asyncio.gather(*(borrow() for _ in range(4)))
        assert sorted(driver.is_closed() for driver in lent) == [False, False, True, True]


@pytest.mark.parametrize("turns", range(12))
async def test_cancelled_at_any_moment_it_commits_what_it_says_next(
    database_url: str, turns: int
) -> None:
    """A BEGIN that was cut off made a savepoint of the next transaction."""
    insert = text("INSERT INTO sequences (id) VALUES (:name)")
    count = text("SELECT count(*) FROM sequences")

    async def work(connection: Connection) -> None:
        await connection.execute(insert, {"name": "cut off"})

    async def again(connection: Connection) -> None:
        await connection.execute(insert, {"name": "again"})

    async with (
        disposed(connect(database_url, pool_size=1)) as engine,
        disposed(connect(database_url)) as other,
    ):
        async with connected(engine) as connection:
            await connection.scalar(count)
        cut = asyncio.create_task(transaction(engine, work))
        for _ in range(turns):
            await asyncio.sleep(0)
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
        await transaction(engine, again)
        async with connected(other) as connection:
            names = [row.id for row in await connection.execute(text("SELECT id FROM sequences"))]
        assert "again" in names


async def test_a_begin_that_fails_leaves_nothing_behind(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with disposed(connect(database_url, pool_size=1)) as engine:

        async def fail(*_arguments: object, **_options: object) -> None:
            raise asyncpg.QueryCanceledError("canceling statement due to user request")

        async def read(connection: Connection) -> object:
            return await connection.scalar(text("SELECT 1"))

        assert await transaction(engine, read) == 1
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, "execute", fail)
            with pytest.raises(asyncpg.QueryCanceledError):
                await transaction(engine, read)
        assert await transaction(engine, read) == 1


async def test_what_ended_the_work_is_heard_of_though_the_rollback_fails(
    database_url: str,
) -> None:
    async with disposed(connect(database_url, pool_size=1)) as engine:

        async def work(connection: Connection) -> None:
            await connection.scalar(KILL, {"pid": await connection.scalar(PID)})

        # The end itself, or that the connection is gone; not what the rollback met.
        with pytest.raises(asyncpg.PostgresError):
            await transaction(engine, work)
        async with connected(engine) as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
