"""Holds: placed, replaced and released."""

from datetime import datetime

from sqlalchemy import text

from db.connection import Connection
from tenuto.domain.holds import HoldScope

_END = text("""
    UPDATE holds SET held_until = greatest(held_from, tenuto_now())
    WHERE scope = CAST(:scope AS hold_scope) AND target = :target
        AND (CAST(:reason AS text) IS NULL OR reason = :reason)
        AND reason IS DISTINCT FROM CAST(:but AS text)
        AND (held_until IS NULL OR held_until > tenuto_now())
    RETURNING 1
""")
_PLACE = text("""
    INSERT INTO holds (scope, target, reason, detail, held_from, held_until, source, noticed_at)
    SELECT CAST(:scope AS hold_scope), :target, :reason, :detail, now, :until, :source, :noticed
    FROM (SELECT tenuto_now() AS now) moment
    WHERE CAST(:until AS timestamptz) IS NULL OR :until > now
""")


async def place(  # noqa: PLR0913 - each is a column
    connection: Connection,
    scope: HoldScope,
    target: str,
    *,
    reason: str,
    until: datetime | None,
    source: str,
    detail: str | None = None,
    noticed_at: datetime | None = None,
) -> None:
    """Hold from now on; a running hold for the same reason ends now: the newest one counts.

    `detail` is what the reason leaves out; it stays in Postgres.
    """
    await release(connection, scope, target, reason)
    values = {"scope": scope.value, "target": target, "reason": reason, "until": until}
    more = {"source": source, "detail": detail, "noticed": noticed_at}
    await connection.execute(_PLACE, values | more)


async def release(
    connection: Connection,
    scope: HoldScope,
    target: str,
    reason: str | None = None,
    *,
    but: str | None = None,
) -> int:
    """End the running holds, of one reason or of all `but` one; returns how many there were."""
    values = {"scope": scope.value, "target": target, "reason": reason, "but": but}
    return len(await connection.execute(_END, values))
