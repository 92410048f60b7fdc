"""The locks that guard a person and a mailbox.

Order everywhere: the company (only where companies are guarded), contacts sorted by id, then the
mailbox. Each is a statement of its own before
the reads that it protects: READ COMMITTED takes the snapshot of a statement before it waits, so
a lock and the count it protects in one statement let two win. NO KEY UPDATE, and before the
transaction's first write: the share lock of a foreign key, upgraded, deadlocks.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection

_CONTACT = text("SELECT id FROM contacts WHERE id = :id FOR NO KEY UPDATE")
_CONTACT_OF = text("""
    SELECT id FROM contacts
    WHERE id = (SELECT contact_id FROM enrollments WHERE id = :id) FOR NO KEY UPDATE
""")
#: A CTE with a lock is run to its end before what it filters: company, person, mailbox.
_PERSON_AND_MAILBOX_OF = text("""
    WITH guarded AS MATERIALIZED (
        SELECT k.id FROM companies k WHERE k.id = (
            SELECT c.company_id FROM enrollments e JOIN contacts c ON c.id = e.contact_id
            JOIN sequence_versions v ON v.id = e.sequence_version_id
            WHERE e.id = :id AND (v.guards_companies
                OR (SELECT i.guards_companies FROM installation_limits i)))
        FOR NO KEY UPDATE
    ), person AS MATERIALIZED (
        SELECT id FROM contacts
        WHERE id = (SELECT contact_id FROM enrollments WHERE id = :id)
            AND (SELECT count(*) FROM guarded) >= 0
        FOR NO KEY UPDATE
    )
    SELECT id AS mailbox, EXISTS (SELECT FROM guarded) AS company FROM mailboxes
    WHERE id = (SELECT mailbox_id FROM enrollments WHERE id = :id)
        AND EXISTS (SELECT FROM person)
    FOR NO KEY UPDATE
""")


@dataclass(frozen=True)
class Locked:
    """What a claim holds beside the person: its mailbox, and whether the company as well."""

    mailbox: UUID
    company: bool


async def lock_contact(connection: Connection, contact_id: UUID) -> bool:
    """Hold the person until the transaction ends; False when there is no such contact."""
    return (await connection.execute(_CONTACT, {"id": contact_id})).first() is not None


async def lock_contact_of(connection: Connection, enrollment_id: UUID) -> UUID | None:
    """As `lock_contact`, for the person of an enrollment (who never changes)."""
    found: UUID | None = await connection.scalar(_CONTACT_OF, {"id": enrollment_id})
    return found


async def lock_contact_and_mailbox_of(connection: Connection, enrollment_id: UUID) -> Locked | None:
    """As `lock_contact_of`, then the mailbox that the enrollment had when this began.

    Where companies were guarded then, the company comes first. The caller reads again whether
    what it holds still is what it needs. None when there is no such enrollment.
    """
    found = (await connection.execute(_PERSON_AND_MAILBOX_OF, {"id": enrollment_id})).first()
    return found and Locked(UUID(int=found.mailbox.int), found.company)


_PACED = text("""
    SELECT id FROM mailboxes
    WHERE id = :id AND (gap_seconds > 0 OR new_per_day IS NOT NULL OR CAST(:starts AS boolean))
    FOR NO KEY UPDATE
""")


async def lock_paced_mailbox(
    connection: Connection, mailbox_id: UUID, *, starts: bool = False
) -> None:
    """Hold a mailbox whose slots are booked one by one; comes after the contact's lock.

    `starts`: its new starts are, whatever the mailbox itself asks for.
    """
    await connection.execute(_PACED, {"id": mailbox_id, "starts": starts})


_PACED_OF = text("""
    SELECT id FROM mailboxes
    WHERE id = (SELECT mailbox_id FROM enrollments WHERE id = :id)
        AND (gap_seconds > 0 OR new_per_day IS NOT NULL) FOR NO KEY UPDATE
""")


async def lock_paced_mailbox_of(connection: Connection, enrollment_id: UUID) -> None:
    """As `lock_paced_mailbox`, for the mailbox of an enrollment."""
    await connection.execute(_PACED_OF, {"id": enrollment_id})
