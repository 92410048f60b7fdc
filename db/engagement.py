"""Recorded engagement events: what branches and goals look at."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection

_RECORD = text("""
    INSERT INTO engagement_events (contact_id, name, natural_key, at, source)
    SELECT :contact, :name, coalesce(CAST(:key AS text), now::text), now, :source
    FROM (SELECT tenuto_now() AS now) moment
    ON CONFLICT (contact_id, name, natural_key) DO NOTHING RETURNING id
""")
_SINCE = text("""
    SELECT name, min(at) AS first FROM engagement_events
    WHERE contact_id = :contact AND at >= :since GROUP BY name
""")


async def record(
    connection: Connection, contact_id: UUID, name: str, key: str | None, source: str
) -> bool:
    """Store an event once per natural key; without a key, once per instant. True: it is new."""
    values = {"contact": contact_id, "name": name, "key": key, "source": source}
    return (await connection.execute(_RECORD, values)).first() is not None


async def since(connection: Connection, contact_id: UUID, start: datetime) -> dict[str, datetime]:
    """The first instant of each event from `start` on, by name."""
    rows = await connection.execute(_SINCE, {"contact": contact_id, "since": start})
    return {row.name: row.first for row in rows}
