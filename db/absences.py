"""A person who is away: a hold on all that would reach them, or the end of it."""

from datetime import datetime, timedelta

from sqlalchemy import text

from db import holds
from db.facts import Facts
from db.occasion import Occasion, Told, retimed
from tenuto.domain import progress
from tenuto.domain.enrollment import ExitReason
from tenuto.domain.holds import HoldScope
from tenuto.domain.progress import Change

REASON = "out of office"
#: For a notice that names no return.
_USUAL = timedelta(days=7)


async def away(at: Occasion, until: datetime | None) -> list[Told]:
    """Hold the person until `until`; end what shouldn't wait that long.

    The hold is the person's, so that later enrollments have it too; the newest notice counts.
    """
    now: datetime = await at.connection.scalar(text("SELECT tenuto_now()"))
    until = until or now + _USUAL
    await holds.place(
        at.connection,
        HoldScope.CONTACT,
        str(at.contact_id),
        reason=REASON,
        until=until,
        source=at.source,
    )

    def follow(seen: Facts) -> Change | None:
        limit = timedelta(seconds=seen.version.bundle.rules.away_limit)
        if until - seen.now > limit:
            return progress.end(seen.enrollment, ExitReason.AWAY_TOO_LONG, seen.now)
        return retimed(seen)

    return await at.change(await at.live(), follow)
