"""The claim: whether a mail may leave now, decided and recorded before any byte leaves.

Two transactions a send, this one and `db.settle`. A claim is unique on (enrollment, step) and
fenced by a random token: whoever finds `sending` under another token can't know whether that
mail left, so it becomes `unknown` and is never sent again by itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import facts, holds, locks, suppressed, transitions, unknowns
from db.connection import Connection
from db.engine import MovedError, transaction
from db.facts import Facts
from db.occasion import Occasion, make_way
from tenuto.domain import progress, threads
from tenuto.domain.cadence import earliest
from tenuto.domain.calendar import NeverOpenError
from tenuto.domain.enrollment import NO_COMMON_HOURS, Enrollment, SendState, Standing
from tenuto.domain.errors import NotFoundError
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Signal
from tenuto.domain.plan import Edge, EmailStep
from tenuto.domain.progress import Change


@dataclass(frozen=True)
class Claim:
    """The right to send one step's mail once, until the deadline."""

    token: UUID
    deadline: datetime
    step: EmailStep
    successor: Edge
    facts: Facts
    #: Earlier mails of the thread: (stored Message-ID, subject), oldest first.
    thread: tuple[tuple[str, str], ...]


_LISTEN_AGAIN = timedelta(minutes=15)
_CLAIM = text("""
    WITH claimed AS (
        UPDATE sends SET state = 'sending', token = :token, claimed_at = :now, reason = NULL,
            deadline = :deadline, counts_at = :deadline, mailbox_id = :mailbox, booked_at = NULL
        WHERE enrollment_id = :id AND step_index = :step AND state = 'pending' RETURNING id
    ), ramped AS (
        UPDATE mailboxes SET sending_days = sending_days + 1, last_sending_day = :today
        WHERE id = :mailbox AND ramp AND last_sending_day IS DISTINCT FROM :today
    )
    SELECT claimed.id, ARRAY(
        SELECT ARRAY[coalesce(t.stored_message_id, t.message_id), t.subject]
        FROM sends t WHERE t.enrollment_id = :id AND t.step_id = ANY(:thread)
            AND t.state = 'sent' AND t.bounced_at IS NULL AND t.message_id IS NOT NULL
            -- Another mailbox can't go on with a conversation that it never had.
            AND t.mailbox_id = :mailbox
        ORDER BY t.sent_at
    ) AS thread FROM claimed
""")
_UNKNOWN = text("""
    UPDATE sends SET state = 'unknown', reason = 'the worker died in mid-send'
    WHERE enrollment_id = :id AND step_index = :step AND state = 'sending'
""")
_SKIP = text("""
    UPDATE sends SET state = 'skipped', reason = :reason, token = NULL, counts_at = NULL
    WHERE enrollment_id = :id AND step_index = :step AND state = 'pending'
""")


async def claim(
    engine: AsyncEngine, enrollment_id: UUID, step: int, successor: Edge, time_to_send: timedelta
) -> Claim | Standing:
    """A claim on the step's mail, or where the enrollment stands instead.

    `time_to_send` bounds the SMTP conversation. A standing that still shows the same step says
    when to come back (`due`), or that somebody must resume it (paused).
    """

    async def work(connection: Connection) -> Claim | Standing:
        seen = await _locked(connection, enrollment_id)
        row = seen.enrollment
        if row.current_step_index != step:
            return row.standing
        if seen.ledger and seen.ledger.state is SendState.SENDING:
            return await _lost(connection, seen, successor)
        if not row.status.live:
            return row.standing
        change = (
            suppressed.forbidden(seen)
            or _later(seen)
            or await _overdue(connection, seen, successor)
        )
        if change is not None:
            plan = seen.version.bundle.plan
            moved = await transitions.apply(
                connection, row, change, plan, source="claim", told=True
            )
            # Whoever must give way hears of it from the reconciler, long before the old slot.
            await make_way(connection, seen, moved, "claim")
            return moved.standing
        if row.next_scheduled_at is None or row.next_scheduled_at > seen.now:
            return row.standing
        if seen.ledger is None or seen.ledger.state is not SendState.PENDING:
            return await _decided(connection, seen, successor)
        return await _take(connection, seen, successor, time_to_send)

    return await transaction(engine, work)


async def _locked(connection: Connection, enrollment_id: UUID) -> Facts:
    held = await locks.lock_contact_and_mailbox_of(connection, enrollment_id)
    seen = await facts.of(connection, enrollment_id)
    if seen is None:
        msg = f"there is no enrollment {enrollment_id}"
        raise NotFoundError(msg)
    if held is None or held.mailbox != seen.enrollment.mailbox_id:
        raise MovedError
    if seen.company_guarded and not held.company:
        # A limit per company was set between the two statements.
        raise MovedError
    return seen


async def _overdue(connection: Connection, seen: Facts, successor: Edge) -> Change | None:
    row = seen.enrollment
    if row.next_scheduled_at is None or row.next_scheduled_at > seen.now:
        return None
    if not progress.stale(row, seen.scene):
        return None
    return await skip(connection, seen, successor, "stale")


async def skip(connection: Connection, seen: Facts, successor: Edge, reason: str) -> Change:
    """Go on without the current step's mail."""
    row = seen.enrollment
    values = {"id": row.id, "step": row.current_step_index, "reason": reason}
    await connection.execute(_SKIP, values)
    return progress.move(row, seen.version.bundle.plan, successor, seen.scene)


def _later(seen: Facts) -> Change | None:
    """What keeps the mail from leaving now: None, if nothing does."""
    row, scene, plan = seen.enrollment, seen.scene, seen.version.bundle.plan
    if row.next_scheduled_at is None or row.next_scheduled_at > seen.now:
        return None
    try:
        free = progress.free_to_act(row, plan, scene)
        if free is None:
            return progress.hold(row, progress.held_by(scene), scene)
        return _unread(seen) if seen.unread else _too_early(seen, free)
    except NeverOpenError:
        return progress.hold(row, NO_COMMON_HOURS, scene)


def _unread(seen: Facts) -> Change:
    """Whoever can't be heard isn't written to: an answer may lie there."""
    row, scene, free = seen.enrollment, seen.scene, seen.now + _LISTEN_AGAIN
    moment = scene.moment(seen.version.bundle.plan, row, free)
    event, new = progress.defer(row, moment.at, "deferred: answers unread")
    return event, replace(new, slot=scene.ask(row, free))


def _too_early(seen: Facts, free: datetime) -> Change | None:
    """By what has left and is on its way alone it may leave, or it books a slot."""
    row, scene, plan = seen.enrollment, seen.scene, seen.version.bundle.plan
    step = row.current_step_index
    load = replace(scene.load, turn=scene.turn(plan, step)).claimed
    if free <= seen.now:
        moment = earliest(seen.now, scene.cadence(plan.steps[step].id), load)
        if moment.at <= seen.now:
            return None
    moment = scene.moment(plan, row, free)
    held = f"held: {progress.held_by(scene)}"
    event, new = progress.defer(
        row, moment.at, f"deferred: {moment.reason}" if moment.reason else held
    )
    return event, replace(new, slot=scene.ask(row, free))


async def _lost(connection: Connection, seen: Facts, successor: Edge) -> Standing:
    """Somebody died in mid-send: the mail's fate is unknown, the enrollment goes on once."""
    row, plan = seen.enrollment, seen.version.bundle.plan
    values = {"id": row.id, "step": row.current_step_index}
    await connection.execute(_UNKNOWN, values)
    if not row.status.live:
        return await _settled_by_evidence(connection, row, row.current_step_index)
    change = await after_unknown(connection, seen, successor)
    moved = await transitions.apply(connection, row, change, plan, source="claim", told=True)
    await make_way(connection, seen, moved, "claim")
    return await _settled_by_evidence(connection, moved, row.current_step_index)


async def _settled_by_evidence(connection: Connection, row: Enrollment, step: int) -> Standing:
    """A copy or an answer may have come before the claim was found to be lost."""
    if not await unknowns.evident(connection, row.id, step):
        return row.standing
    occasion = Occasion(connection, row.contact_id, row.id, Signal.SEND_RESOLVED, "claim", own=True)
    await unknowns.resolve(occasion, step, "sent")
    now = await facts.of(connection, row.id)
    return now.enrollment.standing if now else row.standing


async def _decided(connection: Connection, seen: Facts, successor: Edge) -> Standing:
    """The step's mail has its fate already (a resume after an unknown one): go on."""
    plan = seen.version.bundle.plan
    change = progress.move(seen.enrollment, plan, successor, seen.scene)
    moved = await transitions.apply(
        connection, seen.enrollment, change, plan, source="claim", told=True
    )
    await make_way(connection, seen, moved, "claim")
    return moved.standing


async def after_unknown(connection: Connection, seen: Facts, successor: Edge) -> Change:
    """What the sequence says to do while the fate of a mail is unknown."""
    row, plan = seen.enrollment, seen.version.bundle.plan
    if plan.on_unknown == "continue":
        return progress.move(row, plan, successor, seen.scene)
    await holds.place(
        connection,
        HoldScope.ENROLLMENT,
        str(row.id),
        reason=unknowns.REASON,
        until=None,
        source="claim",
    )
    return progress.hold(row, unknowns.REASON, seen.scene)


async def _take(
    connection: Connection, seen: Facts, successor: Edge, time_to_send: timedelta
) -> Claim | Standing:
    row, bundle = seen.enrollment, seen.version.bundle
    step = bundle.plan.steps[row.current_step_index]
    if not isinstance(step, EmailStep):
        msg = f"step {step.id} is not an email step"
        raise TypeError(msg)
    claimed = Claim(uuid4(), seen.now + time_to_send, step, successor, seen, ())
    values = {
        "id": row.id,
        "step": row.current_step_index,
        "token": claimed.token,
        "now": seen.now,
        "deadline": claimed.deadline,
        "mailbox": row.mailbox_id,
        "today": seen.today,
        "thread": list(threads.earlier(bundle, step.id)),
    }
    taken = (await connection.execute(_CLAIM, values)).first()
    if taken is None:
        # The lock allows no such thing; but no mail leaves without a claim that is written down.
        raise MovedError
    return replace(claimed, thread=tuple((name, subject) for name, subject in taken.thread))
