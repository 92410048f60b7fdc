"""A person who is away: a hold on all that would reach them, or the end of it."""

from datetime import datetime, timedelta

from sqlalchemy import text

from db import holds
from db.connection import Row
from db.facts import Facts
from db.occasion import Occasion, Told, retimed
from tenuto.domain import progress
from tenuto.domain.enrollment import ExitReason
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import OutOfOffice
from tenuto.domain.progress import Change

REASON = "out of office"
#: For a notice that names no return.
_USUAL = timedelta(days=7)


_RUNNING = text("""
    SELECT held_until, coalesce(noticed_at, held_from) AS noticed_at FROM holds
    WHERE scope = 'contact' AND target = :target AND reason = :reason
        AND held_until > tenuto_now()
    ORDER BY held_from DESC LIMIT 1
""")


async def away(at: Occasion, notice: OutOfOffice) -> list[Told]:
    """Hold the person until they are back; end what shouldn't wait that long.

    The hold is the person's, so that later enrollments have it too; the notice that came last
    counts, in whatever order they are read.
    """
    now: datetime = await at.connection.scalar(text("SELECT tenuto_now()"))
    came = notice.came_at or now
    until = notice.until or came + _USUAL
    running = await _running(at)
    if until <= now or (running and _weaker(notice, came, until, running)):
        return []
    await holds.place(
        at.connection,
        HoldScope.CONTACT,
        str(at.contact_id),
        reason=REASON,
        until=until,
        source=at.source,
        noticed_at=came,
    )

    def follow(seen: Facts) -> Change | None:
        limit = timedelta(seconds=seen.version.bundle.rules.away_limit)
        if until - seen.now > limit:
            return progress.end(seen.enrollment, ExitReason.AWAY_TOO_LONG, seen.now)
        return retimed(seen)

    return await at.change(await at.live(), follow)


async def back(at: Occasion, came_at: datetime | None) -> None:
    """They answer, and so are evidently back; unless the notice came after their answer."""
    running = await _running(at)
    if running and (came_at is None or came_at >= running.noticed_at):
        await holds.release(at.connection, HoldScope.CONTACT, str(at.contact_id), REASON)


async def _running(at: Occasion) -> Row | None:
    values = {"target": str(at.contact_id), "reason": REASON}
    return (await at.connection.execute(_RUNNING, values)).first()


def _weaker(notice: OutOfOffice, came: datetime, until: datetime, running: Row) -> bool:
    """An older notice, or one that may be forged and would end the absence sooner."""
    older: bool = came < running.noticed_at
    return older or (not notice.sure and until < running.held_until)
