"""Sequences and their immutable versions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection, Row
from tenuto.domain.errors import NotFoundError
from tenuto.domain.sequence import Bundle


@dataclass(frozen=True)
class SequenceVersion:
    """One published version; it never changes."""

    id: UUID
    sequence_id: str
    version: int
    content_hash: str
    published_at: datetime
    bundle: Bundle


#: Versions are immutable, so that what was read once stays true; ids are unique everywhere.
_known: dict[UUID, SequenceVersion] = {}
_KEEP = 500

_COLUMNS = "id, sequence_id, version, content_hash, published_at, bundle"
_BY_ID = text(f"SELECT {_COLUMNS} FROM sequence_versions WHERE id = :id")  # noqa: S608 - a constant
_BY_NUMBER = text(f"""
    SELECT {_COLUMNS} FROM sequence_versions
    WHERE sequence_id = :sequence AND (CAST(:version AS integer) IS NULL OR version = :version)
    ORDER BY version DESC LIMIT 1
""")  # noqa: S608 - a constant
_ALL = text(f"""
    SELECT {_COLUMNS} FROM sequence_versions
    WHERE CAST(:sequence AS text) IS NULL OR sequence_id = :sequence
    ORDER BY sequence_id, version
""")  # noqa: S608 - a constant
_NAME = text("INSERT INTO sequences (id) VALUES (:id) ON CONFLICT DO NOTHING")
_LOCK = text("SELECT id FROM sequences WHERE id = :id FOR UPDATE")
_INSERT = text(f"""
    INSERT INTO sequence_versions
        (sequence_id, version, content_hash, bundle, guards_companies, limits_starts)
    VALUES (:sequence, :version, :hash, CAST(:bundle AS jsonb), :guards, :starts)
    RETURNING {_COLUMNS}
""")  # noqa: S608 - a constant


async def publish(
    connection: Connection, bundle: Bundle, *, lock: bool = True
) -> tuple[SequenceVersion, bool]:
    """The version that holds this content, and whether it is a new one.

    The same content as the newest version makes none; two publishers take turns. Without `lock`
    nobody who enrolls has to wait: for a transaction that will be taken back.
    """
    await connection.execute(_NAME, {"id": bundle.slug})
    if lock:
        await connection.execute(_LOCK, {"id": bundle.slug})
    newest = await find(connection, bundle.slug)
    content_hash = bundle.content_hash()
    if newest and newest.content_hash == content_hash:
        return newest, False
    values = {
        "sequence": bundle.slug,
        "version": newest.version + 1 if newest else 1,
        "hash": content_hash,
        "bundle": bundle.model_dump_json(),
        "guards": bundle.rules.limits.guards_companies,
        "starts": bundle.rules.new_per_day is not None,
    }
    return _version((await connection.execute(_INSERT, values)).one()), True


async def find(
    connection: Connection, sequence: str, version: int | None = None
) -> SequenceVersion | None:
    """One version of a sequence, the newest when none is named."""
    found = await connection.execute(_BY_NUMBER, {"sequence": sequence, "version": version})
    row = found.first()
    return _version(row) if row else None


async def get(connection: Connection, sequence: str, version: int | None = None) -> SequenceVersion:
    """As `find`.

    :raises NotFoundError: with what to type to publish one.
    """
    found = await find(connection, sequence, version)
    if found is None:
        named = sequence if version is None else f"{sequence} version {version}"
        msg = f"no sequence {named} is published; `tenuto versions` lists those that are"
        raise NotFoundError(msg)
    return found


async def by_id(connection: Connection, version_id: UUID) -> SequenceVersion:
    """The version that an enrollment is pinned to; read from Postgres once per process."""
    if version_id not in _known:
        if len(_known) >= _KEEP:
            _known.clear()
        _known[version_id] = _version((await connection.execute(_BY_ID, {"id": version_id})).one())
    return _known[version_id]


async def history(connection: Connection, sequence: str | None) -> list[SequenceVersion]:
    """Every version, of one sequence or of all, oldest first."""
    rows = await connection.execute(_ALL, {"sequence": sequence})
    return [_version(row) for row in rows]


def _version(row: Row) -> SequenceVersion:
    return SequenceVersion(
        id=UUID(int=row.id.int),
        sequence_id=row.sequence_id,
        version=row.version,
        content_hash=row.content_hash,
        published_at=row.published_at,
        bundle=Bundle.model_validate(row.bundle),
    )
