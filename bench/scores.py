"""What the rows and the log say of a race: deferrals, those in vain, and what is left."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenuto.domain.cadence import SLACK

_ROWS = text("""
    SELECT (SELECT count(*) FROM transition_log
            WHERE event = 'deferred' AND source = 'claim')::integer AS deferred,
        (SELECT count(*) FROM enrollments WHERE ended_at IS NULL)::integer AS unfinished,
        (SELECT deadlocks FROM pg_stat_database
            WHERE datname = current_database())::integer AS deadlocks
""")
_WAKEUPS = text("""
    WITH log AS (
        SELECT *, lag(next_scheduled_at) OVER (PARTITION BY enrollment_id ORDER BY revision) AS due
        FROM transition_log
    ), constraints AS (
        -- A reason names all that kept it: the last one decided.
        SELECT enrollment_id, current_step_index, count(*) AS wakeups,
            regexp_replace(reason, '^deferred: (.*, then )?', '') AS reason
        FROM log WHERE event = 'deferred' AND source = 'claim' AND reason LIKE 'deferred: %'
            AND at <= due + CAST(:slack AS interval)
        GROUP BY enrollment_id, current_step_index, 4
    )
    SELECT reason, sum(wakeups)::integer AS wakeups, count(*)::integer AS constraints,
        (SELECT count(DISTINCT (enrollment_id, current_step_index))
            FROM constraints)::integer AS mails
    FROM constraints GROUP BY reason ORDER BY reason
""")


@dataclass(frozen=True)
class Rows:
    """Counts over all of them."""

    deferred: int
    unfinished: int
    deadlocks: int


@dataclass(frozen=True)
class Wakeups:
    """How often a mail was deferred, where it was at all: by one constraint, and by any."""

    mean: float
    per_mail: float
    by_reason: Mapping[str, float]


async def rows(engine: AsyncEngine) -> Rows:
    """As they are now."""
    async with engine.connect() as connection:
        return Rows(*(await connection.execute(_ROWS)).one())


async def wakeups(engine: AsyncEngine) -> Wakeups:
    """Of mails that were looked at in time: a slot that has passed is nobody's."""
    async with engine.connect() as connection:
        found = (await connection.execute(_WAKEUPS, {"slack": SLACK})).all()
    total, kept = sum(row.wakeups for row in found), sum(row.constraints for row in found)
    return Wakeups(
        mean=round(total / kept, 3) if kept else 1.0,
        per_mail=round(total / found[0].mails, 3) if found else 1.0,
        by_reason={row.reason: round(row.wakeups / row.constraints, 3) for row in found},
    )
