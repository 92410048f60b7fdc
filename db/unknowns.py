"""Mails whose fate nobody knew, once evidence settles it."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from db import holds
from db.connection import Connection
from db.occasion import Occasion, Told, retimed
from tenuto.domain.errors import ForbiddenError
from tenuto.domain.holds import HoldScope

#: The hold that keeps an enrollment on its step, where the sequence says so.
REASON = "unknown send"
#: A frozen worker may still deliver: "not sent" is not believed sooner.
_PATIENCE = timedelta(minutes=15)

_FIND = text("""
    SELECT s.id, s.deadline + :patience > tenuto_now() AS early,
        e.current_step_index = s.step_index AND e.ended_at IS NULL AS here
    FROM sends s JOIN enrollments e ON e.id = s.enrollment_id
    WHERE s.enrollment_id = :id AND s.step_index = :step AND s.state = 'unknown'
""")
_SENT = text("""
    UPDATE sends SET state = 'sent', sent_at = claimed_at, counts_at = claimed_at, reason = NULL
    WHERE id = :id
""")
_NOT_SENT = text("""
    UPDATE sends SET state = CAST(:state AS send_state), reason = 'not_sent', token = NULL,
        counts_at = NULL
    WHERE id = :id
""")


#: Perhaps its worker is dead, and nobody will ever write down what became of it.
_EVIDENT = text("""
    UPDATE sends SET evident_at = coalesce(evident_at, tenuto_now())
    WHERE enrollment_id = :id AND step_index = :step AND state = 'sending'
""")
_KNOWN = text("""
    SELECT evident_at IS NOT NULL FROM sends
    WHERE enrollment_id = :id AND step_index = :step AND state = 'unknown'
""")


async def evident(connection: Connection, enrollment_id: UUID, step: int) -> bool:
    """Whether a mail that is unknown now was shown to be sent before it became so."""
    values = {"id": enrollment_id, "step": step}
    return bool(await connection.scalar(_KNOWN, values))


async def resolve(at: Occasion, step: int, outcome: Literal["sent", "not_sent"]) -> list[Told]:
    """Settle one mail by evidence; an enrollment that waited for it goes on.

    `not_sent` opens the same claim again while the enrollment stands on the step.

    :raises ForbiddenError: when "not sent" is said too early to be known.
    """
    found = await at.connection.execute(
        _FIND, {"id": at.enrollment_id, "step": step, "patience": _PATIENCE}
    )
    row = found.first()
    if row is None or at.enrollment_id is None:
        if outcome == "sent":
            await at.connection.execute(_EVIDENT, {"id": at.enrollment_id, "step": step})
        return []
    if outcome == "sent":
        await at.connection.execute(_SENT, {"id": row.id})
    elif row.early:
        msg = "too early: a frozen worker may still deliver; try again 15 minutes past the deadline"
        raise ForbiddenError(msg)
    else:
        state = "pending" if row.here else "skipped"
        await at.connection.execute(_NOT_SENT, {"id": row.id, "state": state})
    await holds.release(at.connection, HoldScope.ENROLLMENT, str(at.enrollment_id), REASON)
    return await at.change([at.enrollment_id], retimed)
