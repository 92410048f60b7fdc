"""What became known of a person, with all that follows from it, in one transaction.

Doors, activities and commands all come here: stops, holds and new times are committed by
whoever learns of them first, under the person's lock; the workflows are told afterwards.
"""

from datetime import datetime, timedelta
from uuid import UUID

from db import (
    absences,
    bounces,
    colleagues,
    engagement,
    goals,
    guard,
    holds,
    locks,
    suppressions,
    unknowns,
)
from db.connection import Connection
from db.facts import Facts
from db.occasion import Occasion, Told, retimed
from tenuto.domain import progress
from tenuto.domain.enrollment import ExitReason
from tenuto.domain.errors import InputError, NotFoundError
from tenuto.domain.guard import feedback
from tenuto.domain.holds import ASKED_TO_PAUSE, HoldScope
from tenuto.domain.notice import (
    EVENT_NAME,
    Bounced,
    Engaged,
    Held,
    Notice,
    OutOfOffice,
    Removed,
    Rescheduled,
    SendResolved,
    Signal,
)
from tenuto.domain.progress import Change

_LAST_YEAR = 2200
#: Clocks differ, and some tell whole seconds.
_CLOCKS = timedelta(minutes=1)


async def record(
    connection: Connection,
    enrollment_id: UUID,
    signal: Signal,
    notice: Notice,
    *,
    source: str,
    own: bool = False,
) -> list[Told]:
    """Commit what happened to an enrollment; returns the workflows to tell.

    Doing it twice changes nothing the second time. The connection must not have written yet:
    the person's lock comes first. `own`: the enrollment's own workflow asks.

    :raises NotFoundError: when there is no such enrollment.
    """
    contact_id = await locks.lock_contact_of(connection, enrollment_id)
    if contact_id is None:
        msg = f"there is no enrollment {enrollment_id}"
        raise NotFoundError(msg)
    occasion = Occasion(
        connection, UUID(int=contact_id.int), enrollment_id, signal, source, own=own
    )
    return await _all_of(occasion, _bounded(notice))


async def record_for_person(
    connection: Connection, contact_id: UUID, signal: Signal, notice: Notice, *, source: str
) -> list[Told]:
    """As `record`, when only the person is known: all of theirs is meant."""
    if not await locks.lock_contact(connection, contact_id):
        msg = f"there is no contact {contact_id}"
        raise NotFoundError(msg)
    return await _all_of(Occasion(connection, contact_id, None, signal, source), _bounded(notice))


def _bounded(notice: Notice) -> Notice:
    """The notice, if arithmetic with its instants can't overflow."""
    for instant in (getattr(notice, "until", None), getattr(notice, "due", None)):
        if instant is not None and instant.year > _LAST_YEAR:
            msg = f"{instant:%Y-%m-%d} is too far away; leave the end out: it waits for a resume"
            raise InputError(msg)
    return notice


async def _all_of(at: Occasion, notice: Notice) -> list[Told]:
    """The effects on the person, and then what it says against a sequence and a mailbox."""
    told = await _effects(at, notice)
    kind = feedback(at.signal, notice)
    if kind is not None:
        bounce = notice if isinstance(notice, Bounced) else Bounced()
        await guard.note(at.connection, kind, at.contact_id, at.enrollment_id, bounce.step,
                         sender=bounce.sender)  # fmt: skip
    return told


async def _effects(at: Occasion, notice: Notice) -> list[Told]:
    match at.signal, notice:
        case Signal.REPLY_RECEIVED, _:
            return await _replied(at, notice.came_at)
        case Signal.UNSUBSCRIBED, _:
            await suppressions.suppress_person(at.connection, at.contact_id, "opt_out", at.source)
            return await at.end_all(ExitReason.OPT_OUT)
        case Signal.COMPLAINED, _:
            await suppressions.suppress_person(at.connection, at.contact_id, "complaint", at.source)
            return await at.end_all(ExitReason.COMPLAINT)
        case Signal.BOUNCED, Bounced():
            return await bounces.bounced(at, notice)
        case Signal.OUT_OF_OFFICE, OutOfOffice():
            return await absences.away(at, notice)
        case Signal.REMOVED, Removed(reason="left_company"):
            return await at.end_all(ExitReason.LEFT_COMPANY)
        case Signal.REMOVED, _:
            return await at.end(await _meant(at), ExitReason.MANUAL)
        case Signal.ENGAGED, Engaged(event=event, key=key) if EVENT_NAME.fullmatch(event):
            if not await engagement.record(at.connection, at.contact_id, event, key, at.source):
                return []
            return await goals.after_event(at, event)
        case _:
            return await _steered(at, notice)


async def _steered(at: Occasion, notice: Notice) -> list[Told]:
    match at.signal, notice:
        case Signal.HELD, Held(until=until, reason=reason):
            for scope, target in _targets(at):
                await holds.place(
                    at.connection, scope, target, reason=reason, until=until, source=at.source
                )
            return await at.change(await _meant(at), retimed)
        case Signal.RESUMED, _:
            for scope, target in [*_targets(at), *await _theirs(at)]:
                await holds.release(at.connection, scope, target, but=ASKED_TO_PAUSE)
            return await at.change(await _meant(at), retimed)
        case Signal.RESCHEDULED, Rescheduled(due=due) if due is not None:
            return await at.change(await _meant(at), lambda seen: _rescheduled(seen, due))
        case Signal.SEND_RESOLVED, SendResolved(step=step, outcome=outcome):
            return await unknowns.resolve(at, step, outcome)
        case _:
            return []


def _rescheduled(seen: Facts, due: datetime) -> Change | None:
    row = seen.enrollment
    if row.next_scheduled_at is None:
        # A hold is stronger than a new time; a resume comes first.
        return None
    return progress.reschedule(row, max(due, seen.now), seen.now)


async def _replied(at: Occasion, came_at: datetime | None) -> list[Told]:
    """A person answered: outreach to them is over, and they are evidently back.

    Where only the person is known, all of theirs is meant; but nothing that began later.
    """
    await absences.back(at, came_at)
    await colleagues.hold(at)

    def stops(seen: Facts) -> Change | None:
        rules = seen.version.bundle.rules
        mine = at.enrollment_id in {None, seen.enrollment.id}
        if came_at is not None and seen.enrollment.enrolled_at > came_at + _CLOCKS:
            return None
        if mine or rules.stop_on_reply == "person":
            return progress.end(seen.enrollment, ExitReason.REPLY, seen.now)
        return retimed(seen)

    return await at.change(await at.live(), stops)


async def _meant(at: Occasion) -> list[UUID]:
    return await at.live() if at.enrollment_id is None else [at.enrollment_id]


def _targets(at: Occasion) -> list[tuple[HoldScope, str]]:
    if at.enrollment_id is None:
        return [(HoldScope.CONTACT, str(at.contact_id))]
    return [(HoldScope.ENROLLMENT, str(at.enrollment_id))]


async def _theirs(at: Occasion) -> list[tuple[HoldScope, str]]:
    """Resuming a person resumes what was paused one by one as well."""
    live = await at.live() if at.enrollment_id is None else []
    return [(HoldScope.ENROLLMENT, str(enrollment_id)) for enrollment_id in live]
