"""What the worker asks of Postgres, as pg_stat_statements counts it.

The worker has a role of its own, so that neither the enrolling nor the bench is in its counts.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

ROLE = "bench_worker"

_PREPARE = (
    "CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
    f"CREATE ROLE {ROLE} LOGIN SUPERUSER",
)
_RESET = text("SELECT pg_stat_statements_reset()")
# Transactions as begun, so that one which was rolled back counts as well.
_COUNT = text("""
    SELECT coalesce(sum(calls) FILTER (WHERE NOT bounds), 0)::integer AS statements,
        coalesce(sum(calls) FILTER (WHERE query ~* '^begin'), 0)::integer AS transactions
    FROM (
        SELECT calls, query, query ~* '^(begin|commit|rollback)' AS bounds
        FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid WHERE rolname = :role
    ) asked
""")


@dataclass(frozen=True)
class Asked:
    """Counts since the last reset."""

    #: Without BEGIN, COMMIT and ROLLBACK.
    statements: int
    transactions: int


async def prepare(engine: AsyncEngine) -> None:
    """Make the role and the extension."""
    async with engine.begin() as connection:
        for statement in _PREPARE:
            await connection.execute(text(statement))


async def reset(engine: AsyncEngine) -> None:
    """Count from here."""
    async with engine.begin() as connection:
        await connection.execute(_RESET)


async def count(engine: AsyncEngine) -> Asked:
    """What the worker asked since the reset."""
    async with engine.connect() as connection:
        row = (await connection.execute(_COUNT, {"role": ROLE})).one()
    return Asked(row.statements, row.transactions)
