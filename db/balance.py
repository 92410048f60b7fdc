"""The audit of the books: position, transition log and ledger must tell one story (P5)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection


@dataclass(frozen=True)
class Imbalance:
    """One thing that two of the books say differently."""

    enrollment_id: UUID
    step: int | None
    what: str


#: Steps by index, with their kind, as each version's plan has them.
_STEPS = """
    steps AS (
        SELECT v.id AS version_id, (s.position - 1)::int AS step, s.value ->> 'kind' AS kind
        FROM sequence_versions v,
             jsonb_array_elements(v.bundle -> 'plan' -> 'steps') WITH ORDINALITY s(value, position)
    ), current AS (
        SELECT DISTINCT t.enrollment_id, t.current_step_index AS step
        FROM transition_log t JOIN enrollments e ON e.id = t.enrollment_id
        JOIN steps s ON s.version_id = e.sequence_version_id AND s.step = t.current_step_index
        WHERE s.kind = 'email' AND t.to_status IN ('active', 'paused')
    )
"""
_IMBALANCES = text(f"""
    WITH {_STEPS}
    SELECT c.enrollment_id, c.step, 'became current and has no line in the ledger' AS what
    FROM current c LEFT JOIN sends s ON s.enrollment_id = c.enrollment_id AND s.step_index = c.step
    WHERE s.id IS NULL
    UNION ALL
    SELECT s.enrollment_id, s.step_index, 'has a line in the ledger and never was current'
    FROM sends s LEFT JOIN current c
        ON c.enrollment_id = s.enrollment_id AND c.step = s.step_index
    WHERE c.enrollment_id IS NULL
    UNION ALL
    SELECT e.id, s.step_index, 'is ' || s.state || ' and is not the current step any more'
    FROM enrollments e JOIN sends s ON s.enrollment_id = e.id
    WHERE s.state = 'pending' AND (e.ended_at IS NOT NULL OR s.step_index <> e.current_step_index)
    UNION ALL
    SELECT e.id, s.step_index, 'is ' || s.state || ' and is still the current step'
    FROM enrollments e JOIN sends s
        ON s.enrollment_id = e.id AND s.step_index = e.current_step_index
    WHERE e.status = 'active' AND s.state IN ('sent', 'refused', 'skipped', 'cancelled')
    UNION ALL
    SELECT s.enrollment_id, s.step_index, 'has been sending for longer than it may'
    FROM sends s WHERE s.state = 'sending' AND s.deadline + interval '10 minutes' < tenuto_now()
    UNION ALL
    SELECT e.id, NULL, 'its row and the last line of its transition log differ'
    FROM enrollments e LEFT JOIN transition_log t
        ON t.enrollment_id = e.id AND t.revision = e.revision
    WHERE t.to_status IS DISTINCT FROM e.status
        OR t.current_step_index IS DISTINCT FROM e.current_step_index
        OR t.next_scheduled_at IS DISTINCT FROM e.next_scheduled_at
    UNION ALL
    SELECT t.enrollment_id, NULL, 'its transition log has a gap'
    FROM transition_log t GROUP BY t.enrollment_id HAVING count(*) <> max(t.revision)
    ORDER BY 1, 2
""")  # noqa: S608 - assembled from constants


async def imbalances(connection: Connection) -> list[Imbalance]:
    """Everything that doesn't add up; an empty list is the promise kept."""
    rows = await connection.execute(_IMBALANCES)
    return [Imbalance(UUID(int=row.enrollment_id.int), row.step, row.what) for row in rows]
