"""The lineup as rows: published, and everybody enrolled, before the clock first jumps."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from bench.lineup import Lineup, Person
from db import contacts, enrollments, limits, mailboxes, sequences
from db.connection import Connection
from db.contacts import Contact
from db.engine import transaction
from db.sequences import SequenceVersion
from tenuto.domain.enrollment import Trigger
from tenuto.domain.plan import Edge, EmailStep


@dataclass(frozen=True)
class Course:
    """What the race needs to know of the rows."""

    versions: Mapping[str, SequenceVersion]
    #: In the lineup's order.
    mailboxes: Sequence[UUID]

    def successor(self, sequence: str, step: int) -> Edge:
        """The way on from an email step."""
        found = self.versions[sequence].bundle.plan.steps[step]
        if not isinstance(found, EmailStep):
            raise TypeError(found)
        return found.next


async def line_up(engine: AsyncEngine, lineup: Lineup, workers: int) -> Course:
    """Write all of it; so many enroll at once."""

    async def publish(connection: Connection) -> Course:
        await limits.write(connection, lineup.limits, "bench")
        saved = [await mailboxes.save(connection, one) for one in lineup.mailboxes]
        made = [(await sequences.publish(connection, one))[0] for one in lineup.bundles]
        return Course({one.sequence_id: one for one in made}, saved)

    course = await transaction(engine, publish)
    versions, queue = list(course.versions.values()), deque(lineup.people)

    async def work() -> None:
        while queue:
            person = queue.popleft()
            for number in person.sequences:
                await _enroll(engine, versions[number], person)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
    return course


async def _enroll(engine: AsyncEngine, version: SequenceVersion, person: Person) -> None:
    contact = Contact(person.email, {"first_name": "Pat"}, zone=person.zone, zone_source="contact")

    async def work(connection: Connection) -> None:
        contact_id = await contacts.save(connection, contact)
        await enrollments.enroll(
            connection, contact_id, person.email, version, Trigger.IMPORT, "bench"
        )

    await transaction(engine, work)
