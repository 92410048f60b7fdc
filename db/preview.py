"""The schedule of one contact as enrolling would make it, read without writing anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from db import contacts, enrollments, facts
from db.connection import Connection
from db.enrollments import Begun
from db.sequences import SequenceVersion
from tenuto.domain.local_calendar import LocalCalendar
from tenuto.domain.preview import Planned, preview
from tenuto.domain.reach import unreachable
from tenuto.domain.scene import Scene


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
    #: Every clock that must be open: several where the contact's country has several.
    zones: tuple[str, ...] = ()
    #: Who would write.
    mailbox: str = ""


@dataclass(frozen=True)
class Previewed:
    """A schedule, and the scene that it was made in."""

    schedule: Schedule
    scene: Scene
    #: Of the contact, as templates may name them.
    attributes: Mapping[str, str]


async def previewed(
    connection: Connection,
    email: str,
    version: SequenceVersion,
    *,
    zones: Sequence[str] = (),
    start: datetime | None = None,
    calendar: LocalCalendar | None = None,
) -> Previewed:
    """Preview a contact, known or not: their load, holds and attributes count where they are.

    `zones` (IANA names) stand in for the contact's own; `start` (UTC) for this instant;
    `calendar` is what enrolling would pin.
    """
    email = email.strip().lower()
    contact_id = await contacts.find(connection, email)
    found = await enrollments.start_facts(connection, contact_id, email, version)
    refusal = enrollments.refused(found, version)
    scene = await facts.scene(connection, found, version, email)
    scene = replace(
        scene,
        zones=tuple(zones) or scene.zones,
        now=start or scene.now,
        calendar=calendar or scene.calendar,
    )
    known = {**(found.attributes or {}), "email": email}
    never = unreachable(version.sequence_id, version.bundle.plan, scene)
    why = f"{refusal.outcome} {refusal.why}".strip() if refusal else never
    return _previewed(version, scene, known, found.address, why)


def of_begun(version: SequenceVersion, begun: Begun) -> Previewed:
    """The schedule of somebody who was enrolled just now, from the scene in which they were."""
    return _previewed(version, begun.scene, begun.attributes, begun.mailbox, None)


def _previewed(
    version: SequenceVersion,
    scene: Scene,
    known: Mapping[str, str],
    mailbox: str,
    obstacle: str | None,
) -> Previewed:
    made = Schedule(
        email=known["email"],
        sequence=version.sequence_id,
        version=version.version,
        zone=scene.local_zone.key,
        steps=preview(version.bundle, scene, known),
        obstacle=obstacle,
        zones=tuple(clock.zone.key for clock in scene.clocks),
        mailbox=mailbox,
    )
    return Previewed(made, scene, known)
