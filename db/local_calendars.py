"""Local calendars as they were known: immutable rows, shared by all who were told the same."""

import json
from hashlib import sha256
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection, Row
from tenuto.domain.local_calendar import LocalCalendar

#: Calendars are immutable, so that what was read once stays true; ids are unique everywhere.
_known: dict[UUID, LocalCalendar] = {}
_KEEP = 2000

_INSERT = text("""
    INSERT INTO local_calendars (place, weekend, closed, content_hash)
    VALUES (:place, CAST(:weekend AS smallint[]), CAST(:closed AS date[]), :hash)
    ON CONFLICT (content_hash) DO NOTHING
""")
# A statement of its own: one that waited for another's insert still has its old snapshot.
_BY_HASH = text("SELECT id FROM local_calendars WHERE content_hash = :hash")
_BY_ID = text("SELECT place, weekend, closed FROM local_calendars WHERE id = :id")


async def save(connection: Connection, calendar: LocalCalendar) -> UUID:
    """The id of the row that holds this content; the same content has one row."""
    values = {
        "place": calendar.place,
        "weekend": sorted(calendar.weekend),
        "closed": sorted(calendar.closed),
        "hash": _content_hash(calendar),
    }
    # Most are there already: one read does for them.
    found: UUID | None = await connection.scalar(_BY_HASH, values)
    if found is None:
        await connection.execute(_INSERT, values)
        found = (await connection.execute(_BY_HASH, values)).one().id
    # asyncpg's own subclass is slower to pickle and prints alike; the plain one travels.
    return UUID(int=found.int)


async def by_id(connection: Connection, calendar_id: UUID) -> LocalCalendar:
    """The calendar that an enrollment is pinned to; read from Postgres once per process."""
    if calendar_id not in _known:
        row = (await connection.execute(_BY_ID, {"id": calendar_id})).one()
        if len(_known) >= _KEEP:
            _known.clear()
        _known[calendar_id] = _calendar(row)
    return _known[calendar_id]


def _content_hash(calendar: LocalCalendar) -> str:
    """SHA-256, hex, over canonical JSON of everything: a set has no order of its own."""
    days = [day.isoformat() for day in sorted(calendar.closed)]
    content = [calendar.place, sorted(calendar.weekend), days]
    return sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def _calendar(row: Row) -> LocalCalendar:
    return LocalCalendar(row.place, frozenset(row.weekend), frozenset(row.closed))
