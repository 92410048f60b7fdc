"""Mails of the past, what comes in against them, and what has paused itself since."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from db import guard, switches
from db.engine import connected
from db.guard import Guarded
from db.sequences import SequenceVersion
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Bounced, Signal
from tests.factories import Stage

#: Where the mails of the past lie in the ledger, behind all steps of the plan.
PAST = 100
_SENT = text("""
    INSERT INTO sends (enrollment_id, step_index, step_id, contact_id, mailbox_id, state, token,
        claimed_at, sent_at, counts_at)
    SELECT e.id, 100 + i, 'past', e.contact_id, e.mailbox_id, 'sent', gen_random_uuid(),
        at, at, at
    FROM enrollments e, generate_series(0, :number - 1) i,
        (SELECT tenuto_now() - CAST(:ago AS interval) AS at) moment WHERE e.id = :id
""")
OTHER = "ben@sender.example"


async def sent(
    stage: Stage,
    version: SequenceVersion,
    number: int,
    ago: timedelta = timedelta(),
    email: str = "past@firm.example",
) -> UUID:
    """Somebody who got so many mails of the sequence."""
    enrollment = await stage.enrolled(version, email)
    async with stage.engine.begin() as connection:
        await connection.execute(_SENT, {"id": enrollment, "number": number, "ago": ago})
    return enrollment


async def bounced(stage: Stage, enrollment: UUID, *mails: int) -> None:
    for mail in mails:
        await stage.record(enrollment, Signal.BOUNCED, Bounced(step=PAST + mail))


async def paused(stage: Stage) -> list[tuple[str, str, str]]:
    found = await stage.all(
        "SELECT scope, reason, detail FROM holds WHERE held_until IS NULL ORDER BY scope"
    )
    return [(row.scope, row.reason, row.detail) for row in found]


async def seen(stage: Stage) -> dict[str, Guarded]:
    async with connected(stage.engine) as connection:
        return {one.name: one for one in await guard.overview(connection)}


async def resume(stage: Stage, scope: HoldScope, target: str) -> None:
    async for _ in switches.switch_on(stage.engine, scope, target, source="test"):
        pass
