"""Who gets no mail any more: addresses and domains, found by hash."""

from hashlib import sha256
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection

_ADD = text("""
    INSERT INTO suppressions (kind, subject_hash, subject, reason, source)
    VALUES (CAST(:kind AS suppression_kind), :hash, :subject,
            CAST(:reason AS suppression_reason), :source)
    ON CONFLICT (kind, subject_hash) DO NOTHING
""")
_EMAILS = text("SELECT email FROM addresses WHERE contact_id = :contact ORDER BY email")


def hashed(subject: str) -> str:
    """The form in which a suppression is found; the same in SQL is `facts.SUPPRESSED`."""
    return sha256(subject.strip().lower().encode()).hexdigest()


async def suppress_address(connection: Connection, email: str, reason: str, source: str) -> None:
    """No mail to this address any more; the first reason stays."""
    await _add(connection, "address", email, reason, source)


async def suppress_domain(connection: Connection, domain: str, reason: str, source: str) -> None:
    """No mail to any address of this domain; every claim reads it from the commit on."""
    await _add(connection, "domain", domain, reason, source)


async def suppress_person(
    connection: Connection, contact_id: UUID, reason: str, source: str
) -> None:
    """No mail to any address of the contact, whose lock the caller holds."""
    for row in await connection.execute(_EMAILS, {"contact": contact_id}):
        await _add(connection, "address", row.email, reason, source)


async def _add(connection: Connection, kind: str, subject: str, reason: str, source: str) -> None:
    values = {
        "kind": kind,
        "hash": hashed(subject),
        "subject": subject.strip().lower(),
        "reason": reason,
        "source": source,
    }
    await connection.execute(_ADD, values)
