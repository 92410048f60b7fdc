"""Enrolling for real in a transaction that is taken back at its end: who would get what, when.

Each contact meets those before it as if they had been enrolled: a mailbox's new starts queue up
by the very statements that book them. No mail of the mailbox waits for it; people who are known
already are locked until its end, as by enrolling them.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from db import contacts, enrollments, preview
from db.connection import Connection
from db.engine import UndoError
from db.preview import Previewed
from db.sequences import SequenceVersion
from starter import entry
from starter.contact import Contact, checked
from starter.enroll import Starter
from starter.entry import REFUSED, calendar_of
from tenuto.domain.enrollment import Trigger


class Rehearsal(Starter):
    """A starter that enrolls within one transaction, one contact after the other."""

    def __init__(
        self, engine: AsyncEngine, connection: Connection, start: datetime | None = None
    ) -> None:
        super().__init__(engine, None)
        self._connection = connection
        self._now = start

    async def commit_in(
        self,
        version: SequenceVersion,
        contact: Contact,
        *,
        trigger: Trigger,
        by: str,
        dry_run: bool = True,
    ) -> enrollments.Enrolled:
        """As a starter's; whatever is refused is taken back at once, and the rest goes on."""
        del trigger, by, dry_run
        person = checked(contact)
        try:
            async with self._connection.savepoint() as point:
                answer = await entry.rehearse(point, version, person, self._now)
                _take_back_if_refused(answer)
        except UndoError as undone:
            answer = undone.answer
        return answer

    def without_temporal(self) -> "Rehearsal":
        """It starts nothing as it is."""
        return self


def _take_back_if_refused(answer: enrollments.Enrolled) -> None:
    if answer.outcome in REFUSED:
        raise UndoError(answer)


async def preview_of(
    connection: Connection, version: SequenceVersion, contact: Contact, start: datetime | None
) -> Previewed:
    """The schedule of one contact, known or not, with the calendar that enrolling would pin.

    :raises InputError: an address, zone, country or region is wrong.
    """
    person = checked(contact)
    known = await contacts.find(connection, person.email)
    contact_id = await contacts.save(connection, person)
    calendar = await calendar_of(connection, version, contact_id)
    found = await preview.previewed(
        connection, person.email, version, start=start, calendar=calendar
    )
    if known is None or found.schedule.obstacle:
        # What templates need of somebody new comes when they are enrolled.
        return found
    lacking = entry.lacking(version, found.attributes)
    return replace(found, schedule=replace(found.schedule, obstacle=lacking))
