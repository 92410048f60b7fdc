"""The door for services: enroll a contact, and record what became known of one.

    starter = Starter(engine, steering)
    contact = Contact(email="ann@example.com", attributes={"first_name": "Ann"})
    answer = await starter.enroll("founders-outreach", contact, by="signup-service")
    await starter.record("ann@example.com", Signal.ENGAGED, Engaged(event="meeting_booked"))

Rows are written first, by one transaction; the workflow is started or told after the commit.
Either may be asked twice: nothing doubles. While Temporal is down both still work, and the
reconciler starts and tells later.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.service import RPCError

from db import contacts, enrollments, happenings, sequences
from db.connection import Connection
from db.engine import UndoError, transaction
from db.enrollments import Outcome
from db.occasion import Told
from db.sequences import SequenceVersion
from starter import address
from starter.contact import Contact, checked
from starter.entry import REFUSED, enter
from tenuto.domain.enrollment import Trigger
from tenuto.domain.errors import ForbiddenError, InputError
from tenuto.domain.notice import EVENT_NAME, MODELS, Engaged, Notice, Signal
from tenuto.runtime.steering import Steering

log = structlog.get_logger()

#: Seconds for a start, after which the reconciler has it.
_PATIENCE = 5


@dataclass(frozen=True)
class Enrolled(enrollments.Enrolled):
    """What became of a request, with the enrollment's id where one is live."""

    #: Its workflow was started just now; else it runs already, or the reconciler starts it.
    started: bool = False


class Starter:
    """Given Postgres and Temporal; without Temporal, starting is left to the reconciler."""

    def __init__(self, engine: AsyncEngine, steering: Steering | None) -> None:
        self._engine = engine
        self._steering = steering

    async def enroll(
        self,
        sequence: str,
        contact: Contact,
        *,
        by: str,
        trigger: Trigger = Trigger.API,
        version: int | None = None,
    ) -> Enrolled:
        """Enroll a contact in a sequence's newest version, or in the one that is named.

        `by` is who asked: a service's name, or an operator's. Somebody who is in it already gets
        the same enrollment again; a suppressed one, or one who may not enter again, is refused
        by the outcome, and then nothing was written.

        :raises NotFoundError: no such sequence or mailbox.
        :raises InputError: an address, zone, country or attribute is wrong or missing.
        :raises ForbiddenError: the sequence doesn't take this trigger.
        """

        async def find(connection: Connection) -> SequenceVersion:
            return await sequences.get(connection, sequence, version)

        found = await transaction(self._engine, find)
        return await self.enroll_in(found, contact, trigger=trigger, by=by)

    async def enroll_in(
        self,
        version: SequenceVersion,
        contact: Contact,
        *,
        trigger: Trigger,
        by: str,
        dry_run: bool = False,
    ) -> Enrolled:
        """As `enroll`, in a version at hand. A dry run does all of it and takes it back."""
        answer = await self.commit_in(version, contact, trigger=trigger, by=by, dry_run=dry_run)
        return Enrolled(**vars(answer)) if dry_run else await self.launch(answer)

    async def commit_in(
        self,
        version: SequenceVersion,
        contact: Contact,
        *,
        trigger: Trigger,
        by: str,
        dry_run: bool = False,
    ) -> enrollments.Enrolled:
        """The first half of `enroll_in`: the row, without its workflow."""
        check_trigger(version, trigger)
        person = checked(contact)

        async def work(connection: Connection) -> enrollments.Enrolled:
            answer = await enter(connection, version, person, trigger, by)
            if dry_run or answer.outcome in REFUSED:
                raise UndoError(answer)
            return answer

        return await transaction(self._engine, work)

    async def launch(self, answer: enrollments.Enrolled) -> Enrolled:
        """The second half: start the workflow of a row that was committed just now."""
        started = False
        if answer.outcome is Outcome.ENROLLED and answer.enrollment_id:
            started = await self._start(answer.enrollment_id)
            await self.tell(answer.told)
        return Enrolled(**vars(answer), started=started)

    async def record(
        self,
        who: UUID | str,
        signal: Signal,
        notice: Notice | None = None,
        *,
        source: str = "service",
    ) -> list[Told]:
        """Commit what a handler of yours learned, with all that follows from it, then tell.

        `who` is an enrollment's id, or the address of a person, when all of theirs is meant;
        `notice` is the signal's model in `tenuto.domain.notice`, without a standing; `source`
        names your handler in the log. Returns the enrollments that changed.

        :raises NotFoundError: no such enrollment or contact.
        """
        model = MODELS[signal]
        # A plain notice says no more than the signal's own without values.
        notice = model() if notice is None or type(notice) is Notice else notice
        if not isinstance(notice, model):
            msg = f"{signal.value} goes with a {model.__name__}, not a {type(notice).__name__}"
            raise InputError(msg)
        if isinstance(notice, Engaged) and not EVENT_NAME.fullmatch(notice.event):
            msg = f"{notice.event!r} is no name of an event; write it like meeting_booked"
            raise InputError(msg)
        email = address.normalised(who) if isinstance(who, str) else ""

        async def work(connection: Connection) -> list[Told]:
            if isinstance(who, UUID):
                return await happenings.record(connection, who, signal, notice, source=source)
            person = await contacts.get(connection, email)
            return await happenings.record_for_person(
                connection, person, signal, notice, source=source
            )

        told = await transaction(self._engine, work)
        await self.tell(told)
        return told

    def without_temporal(self) -> "Starter":
        """One that leaves all starting and telling to the reconciler."""
        return Starter(self._engine, None)

    async def tell(self, told: Iterable[Told]) -> None:
        """Tell workflows of rows that were committed; the reconciler tells what is left."""
        if self._steering is not None:
            await self._steering.tell(list(told))

    async def _start(self, enrollment_id: UUID) -> bool:
        if self._steering is None:
            return False
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._steering.start_by_id(enrollment_id)
        except (RPCError, RuntimeError, TimeoutError) as error:
            # RuntimeError is what a client that connects lazily raises.
            kind = type(error).__name__
            log.warning("start_left_to_reconciler", enrollment=str(enrollment_id), error=kind)
            return False
        return True


def check_trigger(version: SequenceVersion, trigger: Trigger) -> None:
    """Whether the sequence takes contacts this way.

    :raises ForbiddenError: with the ways that it takes.
    """
    allowed = version.bundle.rules.triggers
    if trigger not in allowed:
        ways = ", ".join(way.value for way in allowed) or "no trigger at all"
        msg = f"{version.sequence_id} can't be entered by {trigger.value}, only by {ways}"
        raise ForbiddenError(msg)
