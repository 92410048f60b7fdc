"""Where enrollments stand, and names for them, as operators ask."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db import contacts, rows, sequences
from db.connection import Connection, Row
from tenuto.domain.enrollment import ExitReason, Status
from tenuto.domain.errors import NotFoundError
from tenuto.domain.scene import Scene


@dataclass(frozen=True)
class Listed:
    """Where one enrollment stands."""

    enrollment_id: UUID
    email: str
    sequence: str
    version: int
    status: Status
    #: The current step's id.
    step: str
    #: On the recipient's wall clock; None while paused and after the end.
    next_at: datetime | None
    zone: str
    #: Why then, or why no longer.
    reason: str | None
    exit_reason: ExitReason | None


@dataclass(frozen=True)
class UnknownSend:
    """A mail that left or did not: nobody knows yet."""

    enrollment_id: UUID
    email: str
    sequence: str
    step: str
    step_index: int
    claimed_at: datetime
    #: From then on it is no longer under way.
    deadline: datetime
    reason: str | None


_LISTED = f"""
    SELECT {rows.ENROLLMENT}, a.email, c.zone, c.zones FROM enrollments e
    JOIN contacts c ON c.id = e.contact_id
    JOIN addresses a ON a.id = e.address_id
"""  # noqa: S608 - a constant
LIST = text(f"""
    {_LISTED}
    WHERE (CAST(:sequence AS text) IS NULL OR e.sequence_id = :sequence)
        AND (CAST(:status AS enrollment_status) IS NULL
             OR e.status = CAST(:status AS enrollment_status))
    ORDER BY e.next_scheduled_at NULLS LAST, e.enrolled_at DESC, e.id LIMIT :limit
""")
OF_CONTACT = text(f"{_LISTED} WHERE e.contact_id = :contact ORDER BY e.enrolled_at, e.id")
_LIVE = text("""
    SELECT id FROM enrollments
    WHERE contact_id = :contact AND sequence_id = :sequence AND status IN ('active', 'paused')
""")
_UNKNOWN = text("""
    SELECT s.enrollment_id, a.email, e.sequence_id AS sequence, s.step_id AS step, s.step_index,
        s.claimed_at, s.deadline, s.reason
    FROM sends s JOIN enrollments e ON e.id = s.enrollment_id
    JOIN addresses a ON a.id = e.address_id
    WHERE s.state = 'unknown' ORDER BY s.claimed_at, s.id
""")
_COMPANY = text("SELECT id FROM companies WHERE domain = lower(:domain)")


async def enrollments(
    connection: Connection, sequence: str | None, status: Status | None, limit: int
) -> list[Listed]:
    """Of one sequence and in one status, or of all; those that are due first come first."""
    values = {"sequence": sequence, "status": status and status.value, "limit": limit}
    return [await _listed(connection, row) for row in await connection.execute(LIST, values)]


async def of_contact(connection: Connection, contact_id: UUID) -> list[Listed]:
    """All of one contact's, the oldest first."""
    found = await connection.execute(OF_CONTACT, {"contact": contact_id})
    return [await _listed(connection, row) for row in found]


async def unknown_sends(connection: Connection) -> list[UnknownSend]:
    """Every mail whose fate nobody knows, the oldest first."""
    return [UnknownSend(*row) for row in await connection.execute(_UNKNOWN)]


async def live_enrollment(connection: Connection, email: str, sequence: str) -> UUID:
    """The contact's one live enrollment in the sequence.

    :raises NotFoundError: when the contact or the enrollment doesn't exist.
    """
    contact = await contacts.get(connection, email)
    values = {"contact": contact, "sequence": sequence}
    found: UUID | None = await connection.scalar(_LIVE, values)
    if found is None:
        msg = f"{email} has no live enrollment in {sequence}; `tenuto show {email}` has them all"
        raise NotFoundError(msg)
    return UUID(int=found.int)


async def company(connection: Connection, domain: str) -> UUID:
    """The company behind a domain.

    :raises NotFoundError: when no contact has an address there.
    """
    found: UUID | None = await connection.scalar(_COMPANY, {"domain": domain.strip()})
    if found is None:
        msg = f"no company {domain} is known; a company is the domain of its contacts' addresses"
        raise NotFoundError(msg)
    return UUID(int=found.int)


async def _listed(connection: Connection, row: Row) -> Listed:
    at = rows.enrollment(row)
    version = await sequences.by_id(connection, at.sequence_version_id)
    zones = (row.zone,) if row.zone else tuple(row.zones)
    zone = Scene(at.step_entered_at, version.bundle.rules, zones, "").local_zone
    return Listed(
        enrollment_id=at.id,
        email=row.email,
        sequence=at.sequence_id,
        version=version.version,
        status=at.status,
        step=version.bundle.plan.steps[at.current_step_index].id,
        next_at=at.next_scheduled_at and at.next_scheduled_at.astimezone(zone),
        zone=zone.key,
        reason=at.reason,
        exit_reason=at.exit_reason,
    )
