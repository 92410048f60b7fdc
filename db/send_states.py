"""How far a mail of ours has come."""

from uuid import UUID

from sqlalchemy import text

from db.connection import Connection
from tenuto.domain.enrollment import SendState

_STATE = text("SELECT state FROM sends WHERE enrollment_id = :id AND step_index = :step")


async def of(connection: Connection, enrollment_id: UUID, step: int) -> SendState | None:
    """The state of one step's mail; None when there is no such mail."""
    found = await connection.scalar(_STATE, {"id": enrollment_id, "step": step})
    return None if found is None else SendState(found)
