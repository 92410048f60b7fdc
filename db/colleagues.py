"""What a reply means for the others of the company, where the sequence says so."""

from sqlalchemy import text

from db import facts, holds
from db.occasion import Occasion
from tenuto.domain.holds import HoldScope

REASON = "colleague replied"

_COMPANY = text("SELECT company_id FROM contacts WHERE id = :id")


async def hold(at: Occasion) -> None:
    """Hold the company until somebody resumes it; each claim meets the hold from the commit on."""
    if at.enrollment_id is None:
        return
    seen = await facts.of(at.connection, at.enrollment_id)
    company = await at.connection.scalar(_COMPANY, {"id": at.contact_id})
    if seen is None or company is None or not seen.version.bundle.rules.reply_holds_company:
        return
    await holds.place(
        at.connection,
        HoldScope.COMPANY,
        str(company),
        reason=REASON,
        until=None,
        source=at.source,
    )
