"""The schedule of one contact as enrolling would make it, read without writing anything."""

from dataclasses import dataclass, replace
from datetime import datetime

from db import contacts, enrollments, facts
from db.connection import Connection
from db.sequences import SequenceVersion
from tenuto.domain.preview import Planned, preview


@dataclass(frozen=True)
class Schedule:
    """What would happen, step by step."""

    email: str
    sequence: str
    version: int
    #: An IANA name.
    zone: str
    steps: list[Planned]
    #: Why enrolling would not bring this about; None: it would.
    obstacle: str | None


async def schedule(
    connection: Connection,
    email: str,
    version: SequenceVersion,
    *,
    zone: str | None = None,
    start: datetime | None = None,
) -> Schedule:
    """Preview a contact, known or not: their load, holds and attributes count where they are.

    `zone` (an IANA name) stands in for the contact's own; `start` (UTC) for this instant.
    """
    email = email.strip().lower()
    contact_id = await contacts.find(connection, email)
    found = await enrollments.start_facts(connection, contact_id, email, version)
    refusal = enrollments.refused(found, version)
    scene = facts.scene(found, version, email)
    scene = replace(scene, zone=zone or scene.zone, now=start or scene.now)
    known = {**(found.attributes or {}), "email": email}
    return Schedule(
        email=email,
        sequence=version.sequence_id,
        version=version.version,
        zone=scene.local_zone.key,
        steps=preview(version.bundle, scene, known),
        obstacle=f"{refusal.outcome} {refusal.why}".strip() if refusal else None,
    )
