"""What a reply means for the others of the company, where the sequence says so."""

from sqlalchemy import text

from db import facts, holds
from db.occasion import Occasion
from tenuto.domain.holds import HoldScope

REASON = "colleague replied"

_COMPANY = text("SELECT company_id FROM contacts WHERE id = :id")


async def hold(at: Occasion) -> None:
    """Hold the company until somebody resumes it; each claim meets the hold from the commit on.

    Only an answer that ends something does: a word of thanks after a resume holds nobody again.
    """
    company = await at.connection.scalar(_COMPANY, {"id": at.contact_id})
    if company is None or not await _asked_for(at):
        return
    await holds.place(
        at.connection,
        HoldScope.COMPANY,
        str(company),
        reason=REASON,
        until=None,
        source=at.source,
    )


async def _asked_for(at: Occasion) -> bool:
    live = await at.live()
    meant = live if at.enrollment_id is None else [one for one in live if one == at.enrollment_id]
    found = [await facts.of(at.connection, one) for one in meant]
    return any(seen and seen.version.bundle.rules.reply_holds_company for seen in found)
