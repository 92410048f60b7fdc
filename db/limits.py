"""The installation's limits: one row, read by every claim."""

from functools import lru_cache

from sqlalchemy import text

from db.connection import Connection
from tenuto.domain.limits import Limits

_READ = text("SELECT limits::text AS limits FROM installation_limits")
_WRITE = text("""
    UPDATE installation_limits SET limits = CAST(:limits AS jsonb), guards_companies = :guards,
        changed_at = tenuto_now(), changed_by = :by
""")


async def read(connection: Connection) -> Limits:
    """The limits as they are now."""
    return parsed(await connection.scalar(_READ))


async def write(connection: Connection, limits: Limits, by: str) -> None:
    """Replace them; every claim from here on goes by the new ones."""
    values = {"limits": limits.model_dump_json(), "guards": limits.guards_companies, "by": by}
    await connection.execute(_WRITE, values)


@lru_cache(maxsize=10)
def parsed(limits: str) -> Limits:
    """From the column, as text."""
    return Limits.model_validate_json(limits)
