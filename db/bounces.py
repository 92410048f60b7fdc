"""Mail that came back: a dead address, or a mailbox that can't take it now."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text

from db import facts, holds, suppressions, unknowns
from db.facts import Facts
from db.occasion import Occasion, Told, retimed
from tenuto.domain import progress
from tenuto.domain.calendar import NeverOpenError
from tenuto.domain.enrollment import ExitReason
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Bounced
from tenuto.domain.progress import Change

#: A full mailbox may be emptied.
_SOFT_LASTS = timedelta(days=90)
#: Where nobody ever works.
_NO_CALENDAR = timedelta(days=3)
#: Of the hold on those whose server refuses us.
BLOCKED = "refused by their server"

_COMPANY = text("SELECT company_id FROM contacts WHERE id = :id")
_DEAD = text("""
    UPDATE addresses SET status = 'dead'
    WHERE id = (SELECT address_id FROM enrollments WHERE id = :id) RETURNING email
""")
_ALL_DEAD = text("UPDATE addresses SET status = 'dead' WHERE contact_id = :id RETURNING email")
_CAME_BACK = text("""
    UPDATE sends SET bounced_at = tenuto_now()
    WHERE enrollment_id = :id AND step_index = :step AND state IN ('sending', 'sent')
        AND bounced_at IS NULL
    RETURNING id
""")


async def came_back(at: Occasion, step: int | None) -> tuple[bool, list[Told]]:
    """Mark a mail that came back: whether that is news, and whom to tell.

    What came back had left: that settles one whose fate was unknown. Answers skip it from now on.
    """
    if at.enrollment_id is None or step is None:
        return True, []
    told = await unknowns.resolve(at, step, "sent")
    values = {"id": at.enrollment_id, "step": step}
    return (await at.connection.execute(_CAME_BACK, values)).first() is not None, told


async def bounced(at: Occasion, notice: Bounced) -> list[Told]:
    """A hard bounce kills the address and ends everything; a soft one holds, a second ends.

    A block says nothing against the address: their domain waits, for policies are a domain's. A
    mail's second report says nothing new.
    """
    news, told = await came_back(at, notice.step)
    if notice.kind == "hard":
        for email in await _dead(at):
            await suppressions.suppress_address(at.connection, email, "hard_bounce", at.source)
        return await at.end_all(ExitReason.HARD_BOUNCE)
    if notice.kind == "soft" and news:
        told += await _soft(at)
    if notice.kind == "block" and news:
        told += await _blocked(at)
    return told


async def _blocked(at: Occasion) -> list[Told]:
    """Hold the company for as long as after a soft bounce; at a free-mail domain the person."""
    if at.enrollment_id is None:
        return []
    seen = await facts.of(at.connection, at.enrollment_id)
    company = await at.connection.scalar(_COMPANY, {"id": at.contact_id})
    if seen is None:
        return []
    await holds.place(
        at.connection,
        HoldScope.COMPANY if company else HoldScope.CONTACT,
        str(company or at.contact_id),
        reason=BLOCKED,
        until=_rested(seen),
        source=at.source,
    )
    return await at.retime_all()


async def _dead(at: Occasion) -> list[str]:
    if at.enrollment_id is None:
        rows = await at.connection.execute(_ALL_DEAD, {"id": at.contact_id})
    else:
        rows = await at.connection.execute(_DEAD, {"id": at.enrollment_id})
    return [row.email for row in rows]


async def _soft(at: Occasion) -> list[Told]:
    if at.enrollment_id is None:
        return []
    seen = await facts.of(at.connection, at.enrollment_id)
    if seen is None:
        return []
    rules = seen.version.bundle.rules
    if seen.enrollment.soft_bounces + 1 >= rules.soft_bounce_times:
        await suppressions.suppress_address(
            at.connection, seen.email, "soft_bounces", at.source, lasts=_SOFT_LASTS
        )
        return await at.end([at.enrollment_id], ExitReason.SOFT_BOUNCES)
    await holds.place(
        at.connection,
        HoldScope.ENROLLMENT,
        str(at.enrollment_id),
        reason="soft bounce",
        until=_rested(seen),
        source=at.source,
    )
    return await at.change([at.enrollment_id], _counted)


def _rested(seen: Facts) -> datetime:
    """When somebody may have mended it, on the person's calendar."""
    try:
        return seen.version.bundle.rules.soft_bounce_hold.after(seen.now, seen.scene.clocks[0])
    except NeverOpenError:
        return seen.now + _NO_CALENDAR


def _counted(seen: Facts) -> Change:
    event, row = retimed(seen) or progress.unmoved(seen.enrollment)
    return event, replace(row, soft_bounces=row.soft_bounces + 1)
