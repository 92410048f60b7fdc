"""What the workflows still have to learn of their rows: the reconciler's side of the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from db import rows, sequences
from db.connection import Connection, Row
from db.sequences import SequenceVersion
from tenuto.domain.enrollment import Enrollment


@dataclass(frozen=True)
class Untold:
    """A row that its workflow may not know as it is."""

    enrollment: Enrollment
    version: SequenceVersion
    #: It was woken for being overdue at the last scan already.
    nudged: bool


_MARK = text("""
    UPDATE enrollments SET told_revision = :revision
    WHERE id = :id AND told_revision < :revision
""")
_SCAN = text(f"""
    SELECT {rows.ENROLLMENT}, e.nudged_at IS NOT NULL AS nudged FROM enrollments e
    WHERE e.id > :after AND (
        (e.told_revision < e.revision AND e.changed_at <= tenuto_now() - CAST(:grace AS interval))
        OR (e.status = 'active' AND e.next_scheduled_at < tenuto_now() - CAST(:grace AS interval)
            AND e.changed_at <= tenuto_now() - CAST(:grace AS interval)))
    ORDER BY e.id LIMIT :batch
""")  # noqa: S608 - assembled from constants
_LIVE = text(f"""
    SELECT {rows.ENROLLMENT}, false AS nudged FROM enrollments e
    WHERE e.id > :after AND e.status IN ('active', 'paused') ORDER BY e.id LIMIT :batch
""")  # noqa: S608 - assembled from constants
_ONE = text(f"""
    SELECT {rows.ENROLLMENT}, e.nudged_at IS NOT NULL AS nudged
    FROM enrollments e WHERE e.id = :id
""")  # noqa: S608 - assembled from constants
_NUDGE = text("""
    UPDATE enrollments SET nudged_at = tenuto_now()
    WHERE id = :id AND status = 'active' AND next_scheduled_at < tenuto_now()
""")
_FIRST = UUID(int=0)


async def mark_told(connection: Connection, enrollment_id: UUID, revision: int) -> None:
    """The workflow was given this revision (or is gone, and needs none)."""
    await connection.execute(_MARK, {"id": enrollment_id, "revision": revision})


async def mark_nudged(connection: Connection, enrollment_id: UUID) -> None:
    """An overdue row's workflow was woken; overdue still at the next scan, it is stuck."""
    await connection.execute(_NUDGE, {"id": enrollment_id})


async def overdue_or_untold(
    connection: Connection, grace: timedelta, after: UUID = _FIRST, batch: int = 500
) -> Sequence[Untold]:
    """Rows that were not told of, or are overdue, for longer than `grace`; in order of id."""
    values = {"grace": grace, "after": after, "batch": batch}
    return [await _untold(connection, row) for row in await connection.execute(_SCAN, values)]


async def live(connection: Connection, after: UUID = _FIRST, batch: int = 500) -> Sequence[Untold]:
    """Every live row, in order of id: what must run when Temporal has lost everything."""
    values = {"after": after, "batch": batch}
    return [await _untold(connection, row) for row in await connection.execute(_LIVE, values)]


async def one(connection: Connection, enrollment_id: UUID) -> Untold:
    """The row as it is now."""
    return await _untold(connection, (await connection.execute(_ONE, {"id": enrollment_id})).one())


async def _untold(connection: Connection, row: Row) -> Untold:
    enrollment = rows.enrollment(row)
    version = await sequences.by_id(connection, enrollment.sequence_version_id)
    return Untold(enrollment, version, row.nudged)
