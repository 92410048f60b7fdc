"""Columns to values: the enrollment row as every query reads it."""

from uuid import UUID

from db.connection import Row
from tenuto.domain.enrollment import Enrollment, ExitReason, Status

#: The columns of an `Enrollment`, from an alias `e`.
ENROLLMENT = """
    e.id, e.contact_id, e.address_id, e.sequence_id, e.sequence_version_id, e.mailbox_id,
    e.status, e.current_step_index, e.step_entered_at, e.step_wait, e.revision, e.enrolled_at,
    e.next_scheduled_at, e.remaining_wait, e.reason, e.branch_deadline, e.tries,
    e.rescheduled, e.soft_bounces, e.exit_reason, e.ended_at
"""


def enrollment(row: Row) -> Enrollment:
    """The row's first columns, as `ENROLLMENT` names them."""
    reason = row.exit_reason
    return Enrollment(
        id=_uuid(row.id),
        contact_id=_uuid(row.contact_id),
        address_id=_uuid(row.address_id),
        sequence_id=row.sequence_id,
        sequence_version_id=_uuid(row.sequence_version_id),
        mailbox_id=_uuid(row.mailbox_id),
        status=Status(row.status),
        current_step_index=row.current_step_index,
        step_entered_at=row.step_entered_at,
        step_wait=row.step_wait,
        revision=row.revision,
        enrolled_at=row.enrolled_at,
        next_scheduled_at=row.next_scheduled_at,
        remaining_wait=row.remaining_wait,
        reason=row.reason,
        branch_deadline=row.branch_deadline,
        tries=row.tries,
        rescheduled=row.rescheduled,
        soft_bounces=row.soft_bounces,
        exit_reason=None if reason is None else ExitReason(reason),
        ended_at=row.ended_at,
    )


def _uuid(value: UUID) -> UUID:
    # asyncpg's own subclass is slower to pickle and prints alike; the plain one travels.
    return UUID(int=value.int)
