"""Everything that decides one enrollment's next move, read in one statement after the locks."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from db import companies, limits, local_calendars, pacing, rows, sequences
from db.connection import Connection, Row
from db.sequences import SequenceVersion
from tenuto.domain.cadence import Counted, Load
from tenuto.domain.delay import Gap
from tenuto.domain.enrollment import Enrollment, SendState
from tenuto.domain.holds import Hold, HoldScope
from tenuto.domain.local_calendar import LocalCalendar
from tenuto.domain.scene import Booking, Scene


@dataclass(frozen=True)
class Mailbox:
    """Who a mail is from, and what its server does to mail."""

    id: UUID
    address: str
    name: str
    postal_address: str
    verp: bool
    keeps_message_id: bool
    reply_tag: bool
    self_dkim: bool
    sent_folder: bool


@dataclass(frozen=True)
class Ledger:
    """The current step's line in the ledger, if it is an email step."""

    state: SendState
    token: UUID | None
    deadline: datetime | None


@dataclass(frozen=True)
class Facts:
    """One instant's view of an enrollment and all that bears on it."""

    now: datetime
    #: On the mailbox's clock.
    today: date
    enrollment: Enrollment
    version: SequenceVersion
    scene: Scene
    mailbox: Mailbox
    email: str
    attributes: dict[str, str]
    #: Why the contact may get no mail at all: a suppression's reason, or "dead" address.
    suppressed: str | None
    ledger: Ledger | None
    #: Whether limits hold for the company that the contact is in: who counts them locks it.
    company_guarded: bool
    #: Nobody has read the mailbox's answers for too long: its people may have answered.
    unread: bool

    @property
    def paced(self) -> bool:
        """Whether the mailbox's slots are booked one by one."""
        pace = self.scene.load.mailbox
        return pace is not None and bool(pace.gap or pace.new_per_day)


#: Spacing and caps look back no further than this.
HORIZON = timedelta(days=45)

HOLDS = """
    SELECT coalesce(json_agg(json_build_array(h.scope, h.reason, h.held_from, h.held_until)), '[]')
    FROM holds h
    WHERE (h.held_until IS NULL OR h.held_until > {since}) AND (
        (h.scope = 'enrollment' AND h.target = {enrollment}::text)
        OR (h.scope = 'contact' AND h.target = {contact}::text)
        OR (h.scope = 'company' AND h.target = {company}::text)
        OR (h.scope = 'sequence' AND h.target = {sequence})
        OR (h.scope = 'mailbox' AND h.target = {mailbox}::text)
        OR h.scope = 'everything')
"""
_GOT = """(
    SELECT s.counts_at, s.id::text AS id, o.sequence_version_id AS version
    FROM sends s JOIN enrollments o ON o.id = s.enrollment_id
    WHERE s.contact_id = {contact} AND s.counts_at > {now} - CAST(:horizon AS interval)
    UNION ALL SELECT counts_at, natural_key, NULL FROM hand_sent
    WHERE contact_id = {contact} AND counts_at > {now} - CAST(:horizon AS interval)
) got"""
#: What the contact got, and under which version: two arrays in one order. What the owner wrote by
#: hand has no version, and counts all the same.
CONTACT_LOAD = f"""
    ARRAY(SELECT counts_at FROM {_GOT} ORDER BY counts_at, id) AS contact_load,
    ARRAY(SELECT version FROM {_GOT} ORDER BY counts_at, id) AS contact_versions
"""  # noqa: S608 - a constant
#: Slots of the contact's other mails.
BOOKINGS = """
    (SELECT json_agg(json_build_array(b.enrollment_id, b.booked_at, b.starts, b.rank,
            o.enrolled_at, o.sequence_version_id))
     FROM sends b JOIN enrollments o ON o.id = b.enrollment_id
     WHERE b.contact_id = {contact} AND b.state = 'pending' AND b.booked_at IS NOT NULL
        AND b.enrollment_id <> {mine}) AS bookings
"""
MAILBOX = """
    m.address, m.name, m.postal_address, m.verp, m.keeps_message_id, m.reply_tag, m.self_dkim,
    m.sent_folder
"""
#: Of a mailbox with an IMAP server, since it was connected or read last.
_UNREAD = """
    EXISTS (SELECT FROM mailbox_servers i WHERE i.mailbox_id = m.id AND i.imap_host IS NOT NULL
        AND greatest(i.connected_at,
            (SELECT f.read_at FROM inbound_folders f
             WHERE f.mailbox_id = m.id AND f.folder = 'INBOX'))
            < moment.now - interval '1 hour') AS unread
"""
SUPPRESSED = """
    (SELECT s.reason FROM suppressions s
     WHERE (s.expires_at IS NULL OR s.expires_at > tenuto_now()) AND ((s.kind = 'address'
            AND s.subject_hash = encode(sha256(convert_to({email}, 'UTF8')), 'hex'))
        OR (s.kind = 'domain' AND s.subject_hash
            = encode(sha256(convert_to(split_part({email}, '@', 2), 'UTF8')), 'hex')))
     ORDER BY s.expires_at IS NULL DESC LIMIT 1)
"""

_PACING = pacing.columns(
    now="moment.now",
    mine="e.id",
    starting="begun.starting",
    limited="v.limits_starts",
    order="l.rank, e.enrolled_at, e.id",
    in_turn="CAST(:in_turn AS boolean)",
)

_FACTS = text(f"""
    WITH moment AS MATERIALIZED (SELECT tenuto_now() AS now)
    SELECT moment.now, {rows.ENROLLMENT}, c.zone, c.zones, c.company_id, c.attributes, a.email,
        a.status AS address_status, e.local_calendar_id, begun.starting,
        (SELECT i.limits::text FROM installation_limits i) AS limits,
        {MAILBOX}, {pacing.LIMITS}, {_UNREAD},
        {SUPPRESSED.format(email="a.email")} AS suppressed,
        {CONTACT_LOAD.format(contact="e.contact_id", now="moment.now")},
        {BOOKINGS.format(contact="e.contact_id", mine="e.id")},
        {_PACING},
        ({
    HOLDS.format(
        since="e.step_entered_at",
        enrollment="e.id",
        contact="e.contact_id",
        company="c.company_id",
        sequence="e.sequence_id",
        mailbox="e.mailbox_id",
    )
}
        ) AS holds,
        l.state, l.token, l.deadline
    FROM moment, enrollments e
    JOIN contacts c ON c.id = e.contact_id
    JOIN addresses a ON a.id = e.address_id
    JOIN mailboxes m ON m.id = e.mailbox_id
    JOIN sequence_versions v ON v.id = e.sequence_version_id
    LEFT JOIN sends l ON l.enrollment_id = e.id AND l.step_index = e.current_step_index
    CROSS JOIN LATERAL (
        SELECT NOT EXISTS (SELECT FROM sends p WHERE p.enrollment_id = e.id
            AND p.step_index <> e.current_step_index) AS starting
    ) begun
    WHERE e.id = :id
""")  # noqa: S608 - assembled from constants


async def of(connection: Connection, enrollment_id: UUID, *, in_turn: bool = True) -> Facts | None:
    """The facts of one enrollment as of this statement; None when there is no such row.

    `in_turn`: a new start that has a place in the mailbox's queue keeps it before those who came
    later, whatever days they have booked. Else it has the days that nobody has booked.
    """
    values = {"id": enrollment_id, "horizon": HORIZON, "in_turn": in_turn}
    row = (await connection.execute(_FACTS, values)).first()
    if row is None:
        return None
    enrollment = rows.enrollment(row)
    version = await sequences.by_id(connection, enrollment.sequence_version_id)
    found = await scene(connection, row, version, row.email)
    return Facts(
        now=row.now,
        today=row.today,
        enrollment=enrollment,
        version=version,
        scene=found,
        mailbox=mailbox(row, enrollment.mailbox_id),
        email=row.email,
        attributes={**row.attributes, "email": row.email},
        suppressed="hard_bounce" if row.address_status == "dead" else row.suppressed,
        ledger=_ledger(row),
        company_guarded=row.company_id is not None and found.guards_companies,
        unread=row.unread,
    )


async def scene(connection: Connection, row: Row, version: SequenceVersion, email: str) -> Scene:
    """What decides when, from the columns that these queries share."""
    found = Scene(
        now=row.now,
        rules=version.bundle.rules,
        zones=(row.zone,) if row.zone else tuple(row.zones or ()),
        # The address, not an id: a preview of a contact who isn't there yet agrees.
        jitter_key=f"{email}:{version.sequence_id}:{version.version}",
        calendar=await _calendar(connection, row.local_calendar_id),
        limits=limits.parsed(row.limits),
        mailbox_opening=pacing.opening(row),
        holds=[hold(*h) for h in row.holds],
        load=await _load(connection, row, version),
        bookings=[await _booking(connection, *b) for b in row.bookings or ()],
        starting=row.starting,
    )
    if not found.guards_companies:
        return found
    others = await companies.load(connection, row.company_id, row.contact_id, HORIZON)
    load = replace(found.load, company=others.sent, company_booked=others.booked)
    return replace(found, load=load)


async def _calendar(connection: Connection, calendar_id: UUID | None) -> LocalCalendar:
    if calendar_id is None:
        return LocalCalendar()
    return await local_calendars.by_id(connection, calendar_id)


async def _load(connection: Connection, row: Row, version: SequenceVersion) -> Load:
    gaps = [
        (await sequences.by_id(connection, id_)).bundle.rules.gap if id_ else Gap()
        for id_ in row.contact_versions
    ]
    return Load(
        contact=tuple(map(Counted, row.contact_load, gaps)),
        mailbox=await pacing.pace(connection, row, version.sequence_id),
    )


async def _booking(
    connection: Connection,
    enrollment: str,
    at: str,
    starts: bool,  # noqa: FBT001 - the JSON array has it
    rank: int | None,
    since: str,
    version: str,
) -> Booking:
    theirs = await sequences.by_id(connection, UUID(version))
    return Booking(
        enrollment_id=UUID(enrollment),
        at=datetime.fromisoformat(at),
        starts=starts,
        rank=rank or 0,
        since=datetime.fromisoformat(since),
        gap=theirs.bundle.rules.gap,
    )


def hold(scope: str, reason: str, since: str, until: str | None) -> Hold:
    """From the JSON array that `HOLDS` builds."""
    end = datetime.fromisoformat(until) if until else None
    return Hold(HoldScope(scope), reason, datetime.fromisoformat(since), end)


def mailbox(row: Row, mailbox_id: UUID) -> Mailbox:
    """From the columns that `MAILBOX` names."""
    return Mailbox(
        id=mailbox_id,
        address=row.address,
        name=row.name,
        postal_address=row.postal_address,
        verp=row.verp,
        keeps_message_id=row.keeps_message_id,
        reply_tag=row.reply_tag,
        self_dkim=row.self_dkim,
        sent_folder=row.sent_folder,
    )


def _ledger(row: Row) -> Ledger | None:
    if row.state is None:
        return None
    return Ledger(SendState(row.state), row.token, row.deadline)
