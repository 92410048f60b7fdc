"""A database whose clock is set by hand, so that weeks pass in a minute."""

from datetime import datetime

from sqlalchemy import text

from db.connection import Connection

_INSTALL = (
    text("CREATE TABLE simulated_clock (at timestamptz NOT NULL)"),
    text("INSERT INTO simulated_clock VALUES (:at)"),
    text("""
        CREATE OR REPLACE FUNCTION tenuto_now() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT at FROM simulated_clock'
    """),
)
_FORWARD = text("UPDATE simulated_clock SET at = greatest(at, :at)")


async def install(connection: Connection, at: datetime) -> None:
    """Every instant of the product comes from one function: replace it."""
    for statement in _INSTALL:
        await connection.execute(statement, {"at": at})


async def forward(connection: Connection, at: datetime) -> None:
    """Set the clock on; it never goes back."""
    await connection.execute(_FORWARD, {"at": at})
