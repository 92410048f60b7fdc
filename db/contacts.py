"""People: found, created, filled in, erased."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from db import locks, suppressions
from db.connection import Connection
from db.engine import MovedError
from db.occasion import Occasion, Told
from tenuto.domain.company import company_domain
from tenuto.domain.enrollment import ExitReason
from tenuto.domain.errors import NotFoundError
from tenuto.domain.notice import Signal


@dataclass(frozen=True)
class Contact:
    """What is known of a person when they come in."""

    #: Lower case.
    email: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    #: ISO 3166-1 alpha-2.
    country: str | None = None
    #: ISO 3166-2 without the country: BY with DE.
    region: str | None = None
    #: The IANA name of the one clock that it can be, or else those of all that it can be.
    zone: str | None = None
    zones: tuple[str, ...] = ()
    #: "contact", "region" or "country", whoever gave them; else "none".
    zone_source: str = "none"


_FIND = text("SELECT contact_id FROM addresses WHERE email = :email")
_WHERE = text("SELECT country, region FROM contacts WHERE id = :id")
_COMPANY = text("INSERT INTO companies (domain) VALUES (:domain) ON CONFLICT DO NOTHING")
# A statement of its own: one that waited for another's insert still has its old snapshot.
_COMPANY_ID = text("SELECT id FROM companies WHERE domain = :domain")
_CREATE = text("""
    INSERT INTO contacts
        (owner, company_id, attributes, country, region, zone, zones, zone_source)
    VALUES (:owner, :company, CAST(:attributes AS jsonb), :country, :region, :zone,
            CAST(:zones AS text[]), CAST(:zone_source AS zone_source)) RETURNING id
""")
_ADDRESS = text("""
    INSERT INTO addresses (contact_id, email) VALUES (:contact, :email)
    ON CONFLICT (email) DO NOTHING RETURNING id
""")
#: The region, and the clocks that it or the country gave, belong to the country that was.
_MOVES = "coalesce(country <> CAST(:country AS text), false)"
#: zone_source is ordered: contact, region, country, none.
_KNOWS_BETTER = f"""(
    CAST(:zone_source AS zone_source) <= zone_source OR zone_source <> 'contact' AND {_MOVES}
)"""
_FILL_IN = text(f"""
    UPDATE contacts SET attributes = attributes || CAST(:attributes AS jsonb),
        owner = coalesce(:owner, owner), country = coalesce(:country, country),
        region = coalesce(:region, CASE WHEN NOT {_MOVES} THEN region END),
        zone = CASE WHEN {_KNOWS_BETTER} THEN :zone ELSE zone END,
        zones = CASE WHEN {_KNOWS_BETTER} THEN CAST(:zones AS text[]) ELSE zones END,
        zone_source = CASE WHEN {_KNOWS_BETTER} THEN CAST(:zone_source AS zone_source)
                           ELSE zone_source END
    WHERE id = :id
""")  # noqa: S608 - assembled from constants


async def find(connection: Connection, email: str) -> UUID | None:
    """The contact behind an address."""
    found: UUID | None = await connection.scalar(_FIND, {"email": email.strip().lower()})
    return None if found is None else UUID(int=found.int)


async def get(connection: Connection, email: str) -> UUID:
    """As `find`.

    :raises NotFoundError: when the address belongs to nobody.
    """
    found = await find(connection, email)
    if found is None:
        msg = f"no contact has the address {email}; `tenuto enroll` adds contacts"
        raise NotFoundError(msg)
    return found


async def whereabouts(connection: Connection, contact_id: UUID) -> tuple[str | None, str | None]:
    """Country and region of a contact, as far as they are known."""
    row = (await connection.execute(_WHERE, {"id": contact_id})).one()
    return row.country, row.region


async def save(connection: Connection, contact: Contact) -> UUID:
    """Create the person or fill in what is new, and hold their lock; returns the id."""
    known = await find(connection, contact.email)
    if known is None:
        return await _create(connection, contact)
    await locks.lock_contact(connection, known)
    await connection.execute(_FILL_IN, _values(contact) | {"id": known})
    return known


async def _create(connection: Connection, contact: Contact) -> UUID:
    domain = company_domain(contact.email)
    company = await _company(connection, domain) if domain else None
    values = _values(contact) | {"company": company}
    created: UUID = await connection.scalar(_CREATE, values)
    address = {"contact": created, "email": contact.email}
    if (await connection.execute(_ADDRESS, address)).first() is None:
        # Somebody else created the same person just now: start over, and find them.
        raise MovedError
    return UUID(int=created.int)


async def _company(connection: Connection, domain: str) -> UUID:
    await connection.execute(_COMPANY, {"domain": domain})
    found: UUID = await connection.scalar(_COMPANY_ID, {"domain": domain})
    return found


def _values(contact: Contact) -> dict[str, object]:
    return {
        "owner": contact.owner,
        "attributes": json.dumps(dict(contact.attributes)),
        "country": contact.country,
        "region": contact.region,
        "zone": contact.zone,
        "zones": list(contact.zones),
        "zone_source": contact.zone_source,
    }


_ERASE = (
    # What remains names nobody: ids, times, states, and the hash that keeps the person safe.
    text("UPDATE suppressions SET subject = NULL WHERE subject IN "
         "(SELECT email FROM addresses WHERE contact_id = :id)"),
    text("UPDATE suppression_removals SET ground = '' WHERE kind = 'address' AND subject_hash IN "
         "(SELECT encode(sha256(convert_to(email, 'UTF8')), 'hex') FROM addresses "
         "WHERE contact_id = :id)"),
    text("UPDATE sends SET subject = NULL, smtp_reply = NULL WHERE contact_id = :id"),
    text("UPDATE inbound_messages SET raw = '', envelope_from = '', envelope_to = '', "
         "from_address = '', subject = '', own_words = '' WHERE contact_id = :id "
         "OR from_address IN (SELECT email FROM addresses WHERE contact_id = :id)"),
    text("UPDATE addresses SET status = 'dead', email = 'deleted-' || id || '@deleted.invalid' "
         "WHERE contact_id = :id"),
    text("UPDATE contacts SET attributes = '{}', owner = NULL, country = NULL, region = NULL, "
         "company_id = NULL, zone = NULL, zones = '{}', zone_source = 'none', "
         "deleted_at = tenuto_now() WHERE id = :id"),
)  # fmt: skip


async def delete(connection: Connection, contact_id: UUID, source: str) -> list[Told]:
    """End all that is live, then erase what names the person; suppressions stay, as hashes.

    :raises NotFoundError: when there is no such contact.
    """
    if not await locks.lock_contact(connection, contact_id):
        msg = f"there is no contact {contact_id}"
        raise NotFoundError(msg)
    occasion = Occasion(connection, contact_id, None, Signal.REMOVED, source)
    told = await occasion.end_all(ExitReason.CONTACT_DELETED)
    await suppressions.suppress_person(connection, contact_id, "manual", source)
    for statement in _ERASE:
        await connection.execute(statement, {"id": contact_id})
    return told
