"""Guardrails: a sequence or a mailbox that does harm is held, until a person resumes it.

Counted over 30 days, but not back beyond the last resume. Both scopes are locked before anything
is counted, the mailbox first: of two events at once, the second one counts the first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy import text

from db import feedback, holds
from db.connection import Connection
from tenuto.domain import guard
from tenuto.domain.guard import Counts, Feedback, Guard, Level
from tenuto.domain.holds import HoldScope


@dataclass(frozen=True)
class Guarded:
    """A sequence or a mailbox, as its guardrail sees it."""

    scope: HoldScope
    #: As a hold names it.
    target: str
    #: As a person does.
    name: str
    state: Literal["ok", "warn", "paused"]
    #: What was seen when it paused, or is seen now; empty when all is well.
    why: str
    counts: Counts
    guard: Guard
    #: From when it is counted.
    since: datetime
    paused_at: datetime | None


@dataclass(frozen=True)
class _Watched:
    guard: Guard
    since: datetime
    #: Of the guardrail's hold in force.
    paused_at: datetime | None
    detail: str | None


_LOCK_MAILBOX = text("SELECT id FROM mailboxes WHERE id = :id FOR NO KEY UPDATE")
_LOCK_SEQUENCE = text("SELECT id FROM sequences WHERE id = :id FOR NO KEY UPDATE")
#: Only a guardrail's own hold has a detail: a person may type any reason.
_WATCHED = text("""
    SELECT greatest(tenuto_now() - interval '30 days', max(held_until)) AS since,
        max(held_from) FILTER (WHERE held_until IS NULL) AS paused_at,
        max(detail) FILTER (WHERE held_until IS NULL) AS detail,
        CASE WHEN :scope = 'sequence' THEN (
            SELECT bundle #> '{rules,guard}' FROM sequence_versions
            WHERE sequence_id = :target ORDER BY version DESC LIMIT 1) END AS guard
    FROM holds WHERE scope = CAST(:scope AS hold_scope) AND target = :target
        AND reason = :reason AND detail IS NOT NULL
""")
#: Its first days again, counted from the resume.
_FALL_BACK = text("""
    UPDATE mailboxes SET ramp = true, sending_days = 0, last_sending_day = NULL
    WHERE id = CAST(CAST(:target AS text) AS uuid)
""")
_ALL = text("""
    SELECT 'sequence' AS scope, id AS target, id AS name FROM sequences
    UNION ALL SELECT 'mailbox', id::text, address FROM mailboxes ORDER BY scope DESC, name
""")

_SENDER = "blocked as a sender"

log = structlog.get_logger()


async def note(
    connection: Connection,
    kind: Feedback,
    contact_id: UUID,
    enrollment_id: UUID | None,
    step: int | None,
    *,
    sender: bool = False,
) -> None:
    """Count what came in against a mail; hold the scopes whose threshold it reaches.

    The caller holds the person's lock, and has written all other effects. A second report of the
    same kind on one mail, and one on no mail of ours, change nothing. `sender`: a block was said
    to be meant for us as senders, not for the mail.
    """
    about = await feedback.mail(connection, contact_id, enrollment_id, step)
    if about is None:
        return
    await connection.execute(_LOCK_MAILBOX, {"id": about.mailbox_id})
    await connection.execute(_LOCK_SEQUENCE, {"id": about.sequence_id})
    if await feedback.store(connection, about, kind):
        await _check(connection, HoldScope.MAILBOX, str(about.mailbox_id))
        await _check(connection, HoldScope.SEQUENCE, about.sequence_id)
        if sender:
            await _pause_sender(connection, about.mailbox_id)


async def overview(connection: Connection) -> list[Guarded]:
    """Every sequence and every mailbox, sequences first."""
    found = await connection.execute(_ALL)
    return [await _guarded(connection, HoldScope(row.scope), row.target, row.name) for row in found]


async def _check(connection: Connection, scope: HoldScope, target: str) -> None:
    watched = await _watched(connection, scope, target)
    if watched.paused_at is not None:
        return
    counts = await feedback.counts(connection, scope, target, watched.since)
    verdict = guard.judge(counts, watched.guard)
    if verdict.level is Level.OK:
        return
    # Before the commit: what is so in the end, `tenuto guard` shows.
    event = "guardrail_paused" if verdict.level is Level.PAUSE else "guardrail_warns"
    log.warning(event, scope=scope.value, target=target, why=verdict.why)
    if verdict.level is Level.PAUSE:
        await _pause(connection, scope, target, verdict.why)


async def _pause_sender(connection: Connection, mailbox_id: UUID) -> None:
    """Who is refused as a sender needs no second refusal to know it."""
    target = str(mailbox_id)
    if (await _watched(connection, HoldScope.MAILBOX, target)).paused_at is None:
        log.warning("guardrail_paused", scope="mailbox", target=target, why=_SENDER)
        await _pause(connection, HoldScope.MAILBOX, target, _SENDER)


async def _pause(connection: Connection, scope: HoldScope, target: str, why: str) -> None:
    reason, source = guard.REASON, "guardrail"
    await holds.place(
        connection, scope, target, reason=reason, until=None, source=source, detail=why
    )
    if scope is HoldScope.MAILBOX:
        await connection.execute(_FALL_BACK, {"target": target})


async def _guarded(connection: Connection, scope: HoldScope, target: str, name: str) -> Guarded:
    watched = await _watched(connection, scope, target)
    counts = await feedback.counts(connection, scope, target, watched.since)
    verdict = guard.judge(counts, watched.guard)
    state: Literal["ok", "warn", "paused"] = "ok" if verdict.level is Level.OK else "warn"
    return Guarded(
        scope=scope,
        target=target,
        name=name,
        state="paused" if watched.paused_at else state,
        why=watched.detail or verdict.why,
        counts=counts,
        guard=watched.guard,
        since=watched.since,
        paused_at=watched.paused_at,
    )


async def _watched(connection: Connection, scope: HoldScope, target: str) -> _Watched:
    values = {"scope": scope.value, "target": target, "reason": guard.REASON}
    row = (await connection.execute(_WATCHED, values)).one()
    own = Guard() if row.guard is None else Guard.model_validate(row.guard)
    return _Watched(own, row.since, row.paused_at, row.detail)
