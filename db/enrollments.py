"""Enrolling: the row first, under the person's lock; the workflow follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import text

from db import facts, locks, occasion, pacing, pools
from db.connection import Connection, Row
from db.occasion import Told
from db.sequences import SequenceVersion
from tenuto.domain import progress
from tenuto.domain.enrollment import NO_COMMON_HOURS, Enrollment, Standing, Status, Trigger
from tenuto.domain.errors import InputError
from tenuto.domain.plan import EmailStep
from tenuto.domain.reach import never, unreachable
from tenuto.domain.scene import Scene


class Outcome(StrEnum):
    """What became of one request to enroll."""

    ENROLLED = "enrolled"
    #: Live already: the same enrollment is returned.
    ALREADY = "already enrolled"
    SUPPRESSED = "suppressed"
    #: The sequence's re-entry rule says no.
    REENTRY = "was enrolled before"


@dataclass(frozen=True)
class Begun:
    """How an enrollment began, and in which scene."""

    row: Enrollment
    scene: Scene
    #: What is known of the contact, their address among it.
    attributes: Mapping[str, str]
    #: The mailbox's address.
    mailbox: str


@dataclass(frozen=True)
class Enrolled:
    """The answer; an id and a standing where there is a live enrollment."""

    outcome: Outcome
    enrollment_id: UUID | None = None
    standing: Standing | None = None
    why: str = ""
    #: The person's other enrollments that gave way to this one.
    told: tuple[Told, ...] = ()
    #: Where it was made just now.
    begun: Begun | None = field(default=None, compare=False, repr=False)


#: No enrollment has it.
_NONE = "CAST('00000000-0000-0000-0000-000000000000' AS uuid)"
#: Nothing compares with it: it has no place yet, and everybody is before it.
_LAST = "NULL::bigint, NULL::timestamptz, NULL::uuid"
_START = text(f"""
    WITH moment AS MATERIALIZED (SELECT tenuto_now() AS now)
    SELECT moment.now, c.id AS contact_id, c.zone, c.zones, c.company_id,
        c.attributes,
        a.id AS address_id, a.status AS address_status, m.id AS mailbox_id,
        CAST(:calendar AS uuid) AS local_calendar_id, true AS starting,
        (SELECT i.limits::text FROM installation_limits i) AS limits,
        {facts.MAILBOX}, {pacing.LIMITS},
        {facts.SUPPRESSED.format(email="CAST(:email AS text)")} AS suppressed,
        {facts.CONTACT_LOAD.format(contact="c.id", now="moment.now")},
        {facts.BOOKINGS.format(contact="c.id", mine=_NONE)},
        {pacing.columns("moment.now", _NONE, "true", "CAST(:limited AS boolean)", _LAST, "true")},
        ({
    facts.HOLDS.format(
        since="moment.now",
        enrollment="''",
        contact="c.id",
        company="c.company_id",
        sequence=":sequence",
        mailbox="m.id",
    )
}) AS holds,
        before.id AS before_id, before.status AS before_status, before.ended_at
    FROM moment
    JOIN mailboxes m ON m.id = :mailbox
    LEFT JOIN contacts c ON c.id = :contact
    LEFT JOIN addresses a ON a.contact_id = c.id AND a.email = :email
    LEFT JOIN LATERAL (
        SELECT id, status, ended_at FROM enrollments
        WHERE contact_id = c.id AND sequence_id = :sequence
        ORDER BY ended_at IS NULL DESC, ended_at DESC LIMIT 1
    ) before ON true
""")  # noqa: S608 - assembled from constants
_INSERT = text("""
    WITH made AS (
        INSERT INTO enrollments (id, contact_id, address_id, sequence_id, sequence_version_id,
            mailbox_id, status, current_step_index, next_scheduled_at, step_entered_at, step_wait,
            remaining_wait, reason, trigger, triggered_by, revision, enrolled_at, changed_at,
            local_calendar_id)
        VALUES (:id, :contact, :address, :sequence, :version, :mailbox,
            CAST(:status AS enrollment_status), :step, :due, :now, :wait, :left, :reason,
            CAST(:trigger AS entry_trigger), :triggered_by, 1, :now, :now, :calendar)
        RETURNING id
    ), logged AS (
        INSERT INTO transition_log (enrollment_id, revision, at, event, to_status,
            current_step_index, next_scheduled_at, reason, source)
        SELECT id, 1, :now, 'enrolled', CAST(:status AS enrollment_status), :step, :due, :reason,
            :triggered_by FROM made
    )
    INSERT INTO sends (enrollment_id, step_index, step_id, contact_id, mailbox_id, starts,
        booked_at, ready_at, rank)
    SELECT id, :step, CAST(:email_step AS text), :contact, :mailbox, true, :due, :ready, :rank
    FROM made
    WHERE CAST(:email_step AS text) IS NOT NULL
""")


async def enroll(
    connection: Connection,
    contact_id: UUID,
    email: str,
    version: SequenceVersion,
    trigger: Trigger,
    triggered_by: str,
    calendar_id: UUID | None = None,
) -> Enrolled:
    """Enroll a contact whose lock the caller holds (`contacts.save` takes it).

    `calendar_id`: the local calendar that the enrollment is pinned to. Asking again while the
    enrollment lives returns the same one, and changes nothing.

    :raises InputError: when the windows leave no hour in which it could ever be mailed.
    """
    start = await start_facts(connection, contact_id, email, version, calendar_id, lock=True)
    origin = {"trigger": trigger.value, "triggered_by": triggered_by, "calendar": calendar_id}
    return await _begin(connection, version, email, start, origin)


async def rehearse(
    connection: Connection,
    contact_id: UUID,
    email: str,
    version: SequenceVersion,
    calendar_id: UUID | None,
    now: datetime | None,
) -> Enrolled:
    """As `enroll`, for a transaction that is taken back: no mail of the mailbox waits for it.

    `now` (UTC) stands in for this instant.
    """
    start = await start_facts(connection, contact_id, email, version, calendar_id)
    manual = Trigger.MANUAL.value
    origin = {"trigger": manual, "triggered_by": "rehearsal", "calendar": calendar_id}
    return await _begin(connection, version, email, start, origin, now)


async def _begin(
    connection: Connection,
    version: SequenceVersion,
    email: str,
    start: Row,
    origin: Mapping[str, object],
    now: datetime | None = None,
) -> Enrolled:
    if (refusal := refused(start, version)) is not None:
        return refusal
    scene = await facts.scene(connection, start, version, email)
    scene = replace(scene, now=now or scene.now)
    contact_id = UUID(int=start.contact_id.int)
    row = first_row(version, contact_id, start.address_id, start.mailbox_id, scene)
    await connection.execute(_INSERT, {**_values(row, version), **origin})
    told = await occasion.give_way(connection, contact_id, scene, row, "enroll")
    begun = Begun(row, scene, {**start.attributes, "email": email}, start.address)
    return Enrolled(Outcome.ENROLLED, row.id, row.standing, told=tuple(told), begun=begun)


async def start_facts(
    connection: Connection,
    contact_id: UUID | None,
    email: str,
    version: SequenceVersion,
    calendar_id: UUID | None = None,
    *,
    lock: bool = False,
) -> Row:
    """What bears on a start, in one statement: `facts.scene`'s columns, and what may refuse it.

    None stands for a person who isn't there yet: a preview asks so, and writes nothing. `lock`:
    the mailbox's slots are locked, for one to be taken.
    """
    mailbox_id = await pools.choose(connection, version.bundle.rules, contact_id)
    limited = version.bundle.rules.new_per_day is not None
    if lock:
        await locks.lock_paced_mailbox(connection, mailbox_id, starts=limited)
    found = await connection.execute(
        _START,
        {
            "contact": contact_id,
            "email": email,
            "mailbox": mailbox_id,
            "calendar": calendar_id,
            "sequence": version.sequence_id,
            "horizon": facts.HORIZON,
            "limited": limited,
        },
    )
    row: Row = found.one()
    return row


def refused(start: Row, version: SequenceVersion) -> Enrolled | None:
    """Why there is to be no new enrollment; None: there may be one."""
    if start.before_id is not None and start.ended_at is None:
        return Enrolled(Outcome.ALREADY, UUID(int=start.before_id.int))
    if start.suppressed or start.address_status == "dead":
        return Enrolled(Outcome.SUPPRESSED, why=start.suppressed or "hard_bounce")
    if why := _reentry_refused(start, version):
        return Enrolled(Outcome.REENTRY, why=why)
    return None


def first_row(
    version: SequenceVersion, contact_id: UUID, address_id: UUID, mailbox_id: UUID, scene: Scene
) -> Enrollment:
    """The row as it begins: on its first step, due at the first legal instant."""
    plan = version.bundle.plan
    row = Enrollment(
        id=uuid4(),
        contact_id=contact_id,
        address_id=UUID(int=address_id.int),
        sequence_id=version.sequence_id,
        sequence_version_id=version.id,
        mailbox_id=UUID(int=mailbox_id.int),
        status=Status.ACTIVE,
        current_step_index=plan.start.to,
        step_entered_at=scene.now,
        step_wait=timedelta(),
        revision=1,
        enrolled_at=scene.now,
    )
    _, row = progress.move(row, plan, plan.start, scene)
    if row.ended_at is not None:
        msg = "a sequence whose first step is its end can't be published"
        raise AssertionError(msg)
    if row.reason == f"held: {NO_COMMON_HOURS}":
        raise InputError(never(version.sequence_id, scene))
    if (why := unreachable(version.sequence_id, plan, scene)) is not None:
        raise InputError(why)
    return row if row.remaining_wait is None else replace(row, status=Status.PAUSED)


def _reentry_refused(start: Row, version: SequenceVersion) -> str:
    if start.before_id is None:
        return ""
    rule = version.bundle.rules.reenter
    if rule.mode == "never":
        return f"ended {start.before_status}, and the sequence may be entered once"
    again = start.ended_at + timedelta(seconds=rule.seconds)
    return "" if again <= start.now else f"may enter again from {again:%Y-%m-%d %H:%M} UTC"


def _values(row: Enrollment, version: SequenceVersion) -> dict[str, object]:
    step = version.bundle.plan.steps[row.current_step_index]
    return {
        "id": row.id,
        "contact": row.contact_id,
        "address": row.address_id,
        "sequence": row.sequence_id,
        "version": row.sequence_version_id,
        "mailbox": row.mailbox_id,
        "status": row.status.value,
        "step": row.current_step_index,
        "due": row.next_scheduled_at,
        "now": row.enrolled_at,
        "wait": row.step_wait,
        "left": row.remaining_wait,
        "reason": row.reason,
        "email_step": step.id if isinstance(step, EmailStep) else None,
        "ready": row.slot and row.slot.ready_at,
        "rank": row.slot and row.slot.rank,
    }
