"""The one place that writes an enrollment's status: guarded, logged, and ledgered."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection
from tenuto.domain.enrollment import Enrollment
from tenuto.domain.errors import ForbiddenError
from tenuto.domain.plan import EmailStep, Plan
from tenuto.domain.progress import Change
from tenuto.domain.transition import after

#: Row, log line and ledger in one statement: none can be written without the others. The
#: revision is a second fence beside the contact's lock. What the workflow itself caused it will
#: learn from the activity's result, so that the row counts as told.
_APPLY = text("""
    WITH moved AS (
        UPDATE enrollments SET
            status = CAST(:status AS enrollment_status), exit_reason = CAST(:exit AS exit_reason),
            current_step_index = :step, next_scheduled_at = :due, step_entered_at = :entered,
            step_wait = :wait, remaining_wait = :left, reason = :reason,
            branch_deadline = :deadline, tries = :tries, rescheduled = :rescheduled,
            soft_bounces = :soft_bounces,
            ended_at = :ended, revision = :revision, nudged_at = NULL, changed_at = tenuto_now(),
            told_revision = CASE WHEN :told THEN :revision ELSE told_revision END
        WHERE id = :id AND revision = :revision - 1
        RETURNING id, contact_id, mailbox_id, changed_at
    ), logged AS (
        INSERT INTO transition_log (enrollment_id, revision, at, event, from_status, to_status,
            current_step_index, next_scheduled_at, reason, source)
        SELECT id, :revision, changed_at, CAST(:event AS enrollment_event),
            CAST(:old_status AS enrollment_status), CAST(:status AS enrollment_status),
            :step, :due, :reason, :source FROM moved
    ), current_mail AS (
        INSERT INTO sends (enrollment_id, step_index, step_id, contact_id, mailbox_id, starts,
            booked_at, ready_at, rank)
        SELECT id, :step, CAST(:email_step AS text), contact_id, mailbox_id,
            NOT EXISTS (SELECT FROM sends p WHERE p.enrollment_id = :id AND p.step_index <> :step),
            :due, :ready, :rank
        FROM moved WHERE CAST(:email_step AS text) IS NOT NULL
        ON CONFLICT (enrollment_id, step_index) DO UPDATE SET booked_at = excluded.booked_at,
            mailbox_id = excluded.mailbox_id,
            ready_at = coalesce(excluded.ready_at, sends.ready_at),
            rank = coalesce(excluded.rank, sends.rank)
        WHERE sends.state = 'pending'
    ), stopped AS (
        UPDATE sends SET state = 'cancelled', reason = :reason
        FROM moved WHERE sends.enrollment_id = moved.id AND sends.state = 'pending'
            AND CAST(:ended AS timestamptz) IS NOT NULL
    )
    SELECT id FROM moved
""")


async def apply(
    connection: Connection,
    old: Enrollment,
    change: Change,
    plan: Plan,
    *,
    source: str,
    told: bool = False,
) -> Enrollment:
    """Write one change of an enrollment, and return the row as it is now.

    The caller holds the contact's lock and read `old` under it. `told`: the workflow learns of
    it by the result of its own activity.

    :raises ForbiddenError: when the table doesn't know the event from the old status.
    """
    event, new = change
    status = after(old.status, event)
    if status is None:
        msg = f"an enrollment that is {old.status.value} can't be {event.value}"
        raise ForbiddenError(msg)
    new = replace(new, status=status, revision=old.revision + 1)
    values = _values(new) | {
        "event": event.value,
        "old_status": old.status.value,
        "email_step": _current_email(new, plan),
        "source": source,
        "told": told,
    }
    written: UUID | None = await connection.scalar(_APPLY, values)
    if written is None:
        msg = "the row changed under its lock: a writer doesn't take the contact's lock"
        raise AssertionError(msg)
    return new


def _values(new: Enrollment) -> dict[str, object]:
    return {
        "id": new.id,
        "status": new.status.value,
        "exit": new.exit_reason.value if new.exit_reason else None,
        "step": new.current_step_index,
        "due": new.next_scheduled_at,
        "entered": new.step_entered_at,
        "wait": new.step_wait,
        "left": new.remaining_wait,
        "reason": new.reason,
        "deadline": new.branch_deadline,
        "tries": new.tries,
        "rescheduled": new.rescheduled,
        "soft_bounces": new.soft_bounces,
        "ended": new.ended_at,
        "ready": new.slot and new.slot.ready_at,
        "rank": new.slot and new.slot.rank,
        "revision": new.revision,
    }


def _current_email(new: Enrollment, plan: Plan) -> str | None:
    if not new.status.live:
        return None
    step = plan.steps[new.current_step_index]
    return step.id if isinstance(step, EmailStep) else None
