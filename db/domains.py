"""People by the domain of their address."""

from uuid import UUID

from sqlalchemy import text

from db.connection import Connection

_IN_FLIGHT = text("""
    SELECT DISTINCT e.contact_id FROM enrollments e JOIN addresses a ON a.id = e.address_id
    WHERE e.status IN ('active', 'paused') AND split_part(a.email, '@', 2) = :domain
    ORDER BY e.contact_id
""")


async def people_in_flight(connection: Connection, domain: str) -> list[UUID]:
    """Contacts with a live enrollment that mails an address of this domain."""
    rows = await connection.execute(_IN_FLIGHT, {"domain": domain})
    return [UUID(int=row.contact_id.int) for row in rows]
