"""The settle: what became of a mail, recorded whatever else has happened meanwhile.

Fenced by the claim's token. A live enrollment that still stands on the step moves on; one that
was stopped, held or moved by others keeps its place, and only the ledger changes.
"""

import re
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import claims, facts, guard, happenings, holds, locks, transitions, unknowns
from db.claims import Claim
from db.connection import Connection
from db.engine import transaction
from db.facts import Facts
from db.occasion import Occasion, Told, make_way, retimed
from tenuto.domain import progress
from tenuto.domain.delivery import (
    RETRY_AFTER,
    Broken,
    Fate,
    NotSent,
    Refused,
    Sent,
    Unclear,
)
from tenuto.domain.enrollment import ExitReason, SendState, Standing
from tenuto.domain.guard import Feedback
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Bounced, Signal
from tenuto.domain.progress import Change


@dataclass(frozen=True)
class Settled:
    """Where the enrollment stands, and which others of the person must be told something."""

    standing: Standing
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Mail:
    """What identifies the mail that was handed over; None of it when none was made."""

    message_id: str | None = None
    subject: str | None = None


_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")

_SETTLE = text("""
    UPDATE sends SET state = CAST(:state AS send_state), reason = :reason,
        smtp_reply = coalesce(:reply, sends.smtp_reply),
        message_id = :message_id,
        -- The Sent folder may have told already.
        stored_message_id = coalesce(:stored, sends.stored_message_id),
        -- What a deleted person was called must not come back.
        subject = CASE WHEN EXISTS (SELECT FROM contacts c WHERE c.id = sends.contact_id
            AND c.deleted_at IS NOT NULL) THEN NULL ELSE :subject END,
        sent_at = CASE WHEN :sent THEN tenuto_now() END,
        counts_at = CASE WHEN :sent THEN tenuto_now() WHEN :unclear THEN sends.deadline END,
        token = CASE WHEN :sent OR :unclear THEN sends.token END
    FROM sends mine
    WHERE sends.id = mine.id AND mine.enrollment_id = :id AND mine.step_index = :step
        AND mine.token = :token AND mine.state IN ('sending', 'unknown')
    RETURNING mine.state
""")
_LEDGER = text("""
    UPDATE sends SET state = CAST(:state AS send_state), reason = :reason
    WHERE enrollment_id = :id AND step_index = :step AND state = 'pending'
""")
_TROUBLE = text("UPDATE mailboxes SET trouble_at = tenuto_now(), trouble = :why WHERE id = :id")


async def settle(engine: AsyncEngine, claim: Claim, mail: Mail, fate: Fate) -> Settled:
    """Record the fate of a claimed mail, and go on from it."""

    async def work(connection: Connection) -> Settled:
        await locks.lock_contact(connection, claim.facts.enrollment.contact_id)
        if claim.facts.paced:
            # The next mail's slot is its own.
            await locks.lock_paced_mailbox(connection, claim.facts.mailbox.id)
        was = await connection.scalar(_SETTLE, _values(claim, mail, fate))
        seen = await facts.of(connection, claim.facts.enrollment.id)
        if seen is None or was is None:
            return Settled((seen or claim.facts).enrollment.standing)
        if isinstance(fate, NotSent | Refused) and _blames_us(fate):
            values = {"id": claim.facts.mailbox.id, "why": _nameless(fate.reply)}
            await connection.execute(_TROUBLE, values)
        go_on = _known_late if was == SendState.UNKNOWN else _go_on
        settled = await go_on(connection, claim, seen, fate)
        if isinstance(fate, Unclear):
            settled = await _by_evidence(connection, claim, settled)
        if isinstance(fate, Refused) and fate.block:
            row = claim.facts.enrollment
            step = row.current_step_index
            await guard.note(connection, Feedback.BLOCK, row.contact_id, row.id, step)
        return settled

    return await transaction(engine, work)


async def _by_evidence(connection: Connection, claim: Claim, settled: Settled) -> Settled:
    """Nobody answered, but a copy or an answer came while it was being sent."""
    row = claim.facts.enrollment
    if not await unknowns.evident(connection, row.id, row.current_step_index):
        return settled
    occasion = Occasion(
        connection, row.contact_id, row.id, Signal.SEND_RESOLVED, "settle", own=True
    )
    told = await unknowns.resolve(occasion, row.current_step_index, "sent")
    now = await facts.of(connection, row.id)
    standing = now.enrollment.standing if now else settled.standing
    return Settled(standing, (*settled.told, *told))


async def _known_late(connection: Connection, claim: Claim, seen: Facts, fate: Fate) -> Settled:
    """It was taken for lost: only the ledger changes, and a hold that waited for it ends."""
    row = seen.enrollment
    if row.current_step_index != claim.facts.enrollment.current_step_index or not row.status.live:
        await _close_line(connection, claim, seen, fate)
    await holds.release(connection, HoldScope.ENROLLMENT, str(row.id), unknowns.REASON)
    occasion = Occasion(connection, row.contact_id, row.id, Signal.SEND_RESOLVED, "settle")
    told = await occasion.change([row.id], retimed)
    if isinstance(fate, Refused) and fate.recipient:
        told += await happenings.record(
            connection, row.id, Signal.BOUNCED, _dead(claim), source="smtp"
        )
    now = await facts.of(connection, row.id) or seen
    return Settled(now.enrollment.standing, tuple(told))


def _dead(claim: Claim) -> Bounced:
    """What a refused recipient means: the mail bounced before it left."""
    return Bounced(kind="hard", step=claim.facts.enrollment.current_step_index)


def _values(claim: Claim, mail: Mail, fate: Fate) -> dict[str, object]:
    state = {
        Sent: SendState.SENT,
        Refused: SendState.REFUSED,
        NotSent: SendState.PENDING,
        Unclear: SendState.UNKNOWN,
        Broken: SendState.SKIPPED,
    }[type(fate)]
    return {
        "id": claim.facts.enrollment.id,
        "step": claim.facts.enrollment.current_step_index,
        "token": claim.token,
        "state": state.value,
        "reason": fate.reason if isinstance(fate, NotSent | Unclear | Broken) else None,
        "reply": None if isinstance(fate, Unclear) else _nameless(fate.reply),
        "message_id": mail.message_id,
        "subject": mail.subject,
        "stored": fate.stored_message_id if isinstance(fate, Sent) else None,
        "sent": state is SendState.SENT,
        "unclear": state is SendState.UNKNOWN,
    }


def _nameless(reply: str) -> str:
    """A server's words without the addresses that they quote."""
    return _ADDRESS.sub("<address>", reply)[:500]


def _blames_us(fate: NotSent | Refused) -> bool:
    return fate.ours if isinstance(fate, NotSent) else not fate.recipient


async def _go_on(connection: Connection, claim: Claim, seen: Facts, fate: Fate) -> Settled:
    row, plan = seen.enrollment, seen.version.bundle.plan
    if isinstance(fate, Refused) and fate.recipient:
        told = await happenings.record(
            connection, row.id, Signal.BOUNCED, _dead(claim), source="smtp", own=True
        )
        after = await facts.of(connection, row.id) or seen
        return Settled(after.enrollment.standing, tuple(told))
    here = row.status.live and row.current_step_index == claim.facts.enrollment.current_step_index
    if not here:
        await _close_line(connection, claim, seen, fate)
        return Settled(row.standing)
    change = await _next(connection, claim, seen, fate)
    moved = await transitions.apply(connection, row, change, plan, source="settle", told=True)
    return Settled(moved.standing, tuple(await make_way(connection, seen, moved, "settle")))


async def _next(connection: Connection, claim: Claim, seen: Facts, fate: Fate) -> Change:
    row, plan = seen.enrollment, seen.version.bundle.plan
    if isinstance(fate, Broken):
        return progress.end(row, ExitReason.FAILURE, seen.now, fate.reason)
    if isinstance(fate, Unclear):
        return await claims.after_unknown(connection, seen, claim.successor)
    if not isinstance(fate, NotSent):
        return progress.move(row, plan, claim.successor, seen.scene)
    if fate.final or row.tries >= len(RETRY_AFTER):
        return await claims.skip(connection, seen, claim.successor, fate.reason)
    return progress.retry(row, RETRY_AFTER[row.tries], fate.reason, seen.scene)


async def _close_line(connection: Connection, claim: Claim, seen: Facts, fate: Fate) -> None:
    """Nothing was sent, and the enrollment went on or ended meanwhile: the line says so."""
    if not isinstance(fate, NotSent):
        return
    ended = not seen.enrollment.status.live
    values = {
        "id": seen.enrollment.id,
        "step": claim.facts.enrollment.current_step_index,
        "state": "cancelled" if ended else "skipped",
        "reason": seen.enrollment.reason if ended else "not_sent",
    }
    await connection.execute(_LEDGER, values)
