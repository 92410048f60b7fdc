"""One contact enrolled in a transaction at hand: saved, placed in a calendar, checked."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from db import contacts, enrollments, local_calendars
from db.connection import Connection
from db.enrollments import Enrolled, Outcome
from db.sequences import SequenceVersion
from starter.pinned_calendar import pinned
from tenuto.domain.enrollment import Trigger
from tenuto.domain.errors import InputError
from tenuto.domain.local_calendar import LocalCalendar
from tenuto.mail.template import parse, required_attributes

#: Then what was saved of the contact is to be taken back.
REFUSED = frozenset({Outcome.SUPPRESSED, Outcome.REENTRY})


async def enter(
    connection: Connection,
    version: SequenceVersion,
    person: contacts.Contact,
    trigger: Trigger,
    by: str,
) -> Enrolled:
    """Everything that enrolling writes, or a refusal.

    :raises InputError: a template can't do without an attribute, or no hour is ever open.
    """
    contact_id, calendar_id = await _placed(connection, version, person)
    return _checked(
        version,
        await enrollments.enroll(
            connection, contact_id, person.email, version, trigger, by, calendar_id
        ),
    )


async def rehearse(
    connection: Connection,
    version: SequenceVersion,
    person: contacts.Contact,
    now: datetime | None,
) -> Enrolled:
    """As `enter`, in a transaction that will be taken back; `now` stands in for this instant."""
    contact_id, calendar_id = await _placed(connection, version, person)
    return _checked(
        version,
        await enrollments.rehearse(connection, contact_id, person.email, version, calendar_id, now),
    )


async def _placed(
    connection: Connection, version: SequenceVersion, person: contacts.Contact
) -> tuple[UUID, UUID | None]:
    """The contact, and the calendar to pin; none that says no more than Saturday and Sunday."""
    contact_id = await contacts.save(connection, person)
    calendar = await calendar_of(connection, version, contact_id)
    known = calendar != LocalCalendar()
    return contact_id, await local_calendars.save(connection, calendar) if known else None


async def calendar_of(
    connection: Connection, version: SequenceVersion, contact_id: UUID
) -> LocalCalendar:
    """The calendar to pin for a contact."""
    country, region = await contacts.whereabouts(connection, contact_id)
    return pinned(version.bundle.rules.holidays, country, region)


def _checked(version: SequenceVersion, answer: Enrolled) -> Enrolled:
    """Refuse now what would be a hole in a mail later; what is stored already counts."""
    if answer.begun is None:
        return answer
    if (why := lacking(version, answer.begun.attributes)) is not None:
        raise InputError(why)
    return answer


def lacking(version: SequenceVersion, known: Mapping[str, str]) -> str | None:
    """The attributes that its templates can't do without, and that a contact has not."""
    missing = [name for name in version.bundle.requires if not known.get(name, "").strip()]
    if not missing:
        return None
    named = ", ".join(f"{name} (for {_users(version, name)})" for name in missing)
    return f"the contact lacks {named}; give a value, or a default in the template"


def _users(version: SequenceVersion, attribute: str) -> str:
    """The templates that can't do without an attribute."""
    sources = version.bundle.templates.items()
    return ", ".join(
        name for name, source in sources if attribute in required_attributes(parse(name, source))
    )
