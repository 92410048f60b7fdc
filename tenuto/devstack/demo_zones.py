"""The demo's fifth act: twelve zones enter the real sequence, and reality equals the preview."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rich import box
from rich.table import Table
from sqlalchemy import text

from db import preview
from db.connection import Connection
from db.engine import connected, snapshot
from db.sequences import SequenceVersion
from starter.contact import Contact
from tenuto.devstack.demo_opening import OUTREACH
from tenuto.devstack.demo_world import World
from tenuto.domain.enrollment import Trigger
from tenuto.domain.preview import Planned

ZONES = (
    "Pacific/Honolulu",
    "America/Los_Angeles",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Europe/London",
    "Europe/Berlin",
    "Africa/Nairobi",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Pacific/Auckland",
)
_PATIENCE_S = 60
_FIRST_BOOKING = text("""
    SELECT e.enrolled_at, t.next_scheduled_at, t.reason
    FROM enrollments e JOIN transition_log t ON t.enrollment_id = e.id AND t.revision = 1
    WHERE e.id = :id
""")


@dataclass(frozen=True)
class Booking:
    """When the row says that mail one leaves, and what the preview said of the same moment."""

    contact: Contact
    enrolled_at: datetime
    at: datetime
    reason: str
    previewed: Planned

    @property
    def as_previewed(self) -> bool:
        return (self.at, self.reason) == (self.previewed.at, self.previewed.reason)

    @property
    def now(self) -> bool:
        """They are inside their window."""
        return self.at <= self.enrolled_at


async def run(world: World) -> list[Booking]:
    """Enroll them; returns those whose booking differs from the preview."""
    version = await world.version(OUTREACH)
    people = [_contact(zone) for zone in ZONES]
    # A snapshot from before they come in: the preview is asked as if they hadn't yet.
    async with snapshot(world.engine) as before:
        await preview.previewed(before, people[0].email, version)
        enrolled = await asyncio.gather(*(_enroll(world, person) for person in people))
        bookings = [
            await _booking(world, before, version, person, enrollment)
            for person, enrollment in zip(people, enrolled, strict=True)
        ]
    world.console.print(_table(bookings))
    await _wait_for_mails(world, [booking for booking in bookings if booking.now])
    return [booking for booking in bookings if not booking.as_previewed]


def _contact(zone: str) -> Contact:
    city = zone.rpartition("/")[2].replace("_", " ")
    return Contact(
        email=f"{city.replace(' ', '').lower()}@zones.example",
        attributes={"first_name": "Sam", "company": f"the {city} office"},
        zone=zone,
    )


async def _enroll(world: World, contact: Contact) -> UUID:
    answer = await world.starter.enroll(OUTREACH, contact, by="demo", trigger=Trigger.MANUAL)
    if answer.enrollment_id is None:
        msg = f"{contact.email} wasn't enrolled: {answer.outcome} {answer.why}"
        raise AssertionError(msg)
    return answer.enrollment_id


async def _booking(
    world: World,
    before: Connection,
    version: SequenceVersion,
    contact: Contact,
    enrollment: UUID,
) -> Booking:
    async with connected(world.engine) as connection:
        row = (await connection.execute(_FIRST_BOOKING, {"id": enrollment})).one()
    found = await preview.previewed(
        before, contact.email, version, zones=(contact.zone or "UTC",), start=row.enrolled_at
    )
    return Booking(
        contact, row.enrolled_at, row.next_scheduled_at, row.reason, found.schedule.steps[0]
    )


def _table(bookings: Sequence[Booking]) -> Table:
    table = Table("contact", "mail one", "as previewed", box=box.SIMPLE)
    for booking in bookings:
        same = "[green]yes[/]" if booking.as_previewed else f"[red]no: {booking.previewed.at}[/]"
        table.add_row(booking.contact.email, _when(booking), same)
    return table


def _when(booking: Booking) -> str:
    """`next Mon 09:07 Asia/Tokyo: outside hours`, on their own clock."""
    local = booking.previewed.local
    if booking.now or local is None:
        return f"now, {local:%a %H:%M} {booking.contact.zone}: inside hours"
    reason = booking.reason.removeprefix("deferred: ")
    return f"next {local:%a %H:%M} {booking.contact.zone}: {reason}"


async def _wait_for_mails(world: World, bookings: Sequence[Booking]) -> None:
    """Those inside their window get mail one."""
    awaited = {booking.contact.email for booking in bookings}
    if not awaited:
        world.console.print("It is nobody’s business hours now: all of them wait.")
        return
    catcher = world.stack.catcher
    async with asyncio.timeout(_PATIENCE_S):
        while awaited - {mail.recipients[0] for mail in catcher.mails}:
            await catcher.wait_for(len(catcher.mails) + 1, _PATIENCE_S)
    count = len(awaited)
    world.console.print(f"{count} inside their hours, and mail one has arrived at each of them.")
