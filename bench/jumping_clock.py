"""The database's one clock, made to jump: the real one, so far ahead."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_INSTALL = (
    "CREATE UNLOGGED TABLE bench_clock (ahead interval NOT NULL)",
    "INSERT INTO bench_clock VALUES (CAST(:start AS timestamptz) - clock_timestamp())",
    # It goes on while the workers race, so that what they do has an order.
    """
    CREATE OR REPLACE FUNCTION tenuto_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
        SELECT date_trunc('milliseconds', clock_timestamp() + ahead) FROM bench_clock $$
    """,
)
_NOW = text("SELECT tenuto_now()")
_JUMP = text("""
    UPDATE bench_clock SET ahead = ahead + greatest(:to - tenuto_now(), interval '0')
    RETURNING tenuto_now()
""")


async def install(engine: AsyncEngine, start: datetime) -> None:
    """From here on it is `start`, and later."""
    async with engine.begin() as connection:
        for statement in _INSTALL:
            await connection.execute(text(statement), {"start": start})


async def now(engine: AsyncEngine) -> datetime:
    """What it shows."""
    async with engine.connect() as connection:
        found: datetime = (await connection.execute(_NOW)).scalar_one()
    return found


async def jump(engine: AsyncEngine, to: datetime) -> None:
    """Put it forward; never back."""
    async with engine.begin() as connection:
        await connection.execute(_JUMP, {"to": to})
