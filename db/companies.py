"""What the others of a company get, where gaps or caps per company are set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection


@dataclass(frozen=True)
class CompanyLoad:
    """Mails to a company's other people: what counts already, and what has a slot."""

    sent: Sequence[datetime] = ()
    booked: Sequence[datetime] = ()


_LOAD = text("""
    SELECT
        ARRAY(SELECT s.counts_at FROM sends s JOIN contacts c ON c.id = s.contact_id
              WHERE c.company_id = :company AND c.id <> :contact
                  AND s.counts_at > tenuto_now() - CAST(:horizon AS interval)) AS sent,
        ARRAY(SELECT s.booked_at FROM sends s JOIN contacts c ON c.id = s.contact_id
              WHERE c.company_id = :company AND c.id <> :contact
                  AND s.state = 'pending' AND s.booked_at IS NOT NULL) AS booked
""")


async def load(
    connection: Connection, company_id: UUID | None, contact_id: UUID, horizon: timedelta
) -> CompanyLoad:
    """Of the last `horizon`; whoever decides by it holds the company's lock."""
    if company_id is None:
        return CompanyLoad()
    values = {"company": company_id, "contact": contact_id, "horizon": horizon}
    row = (await connection.execute(_LOAD, values)).one()
    return CompanyLoad(row.sent, row.booked)
