"""Everything that decides one enrollment's next move, read in one statement after the locks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from db import rows, sequences
from db.connection import Connection, Row
from db.sequences import SequenceVersion
from tenuto.domain.cadence import Cap, Load
from tenuto.domain.enrollment import Enrollment, SendState
from tenuto.domain.holds import Hold, HoldScope
from tenuto.domain.progress import Scene


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
    enrollment: Enrollment
    version: SequenceVersion
    scene: Scene
    mailbox: Mailbox
    email: str
    attributes: dict[str, str]
    #: Why the contact may get no mail at all: a suppression's reason, or "dead" address.
    suppressed: str | None
    ledger: Ledger | None


#: Spacing and caps look back no further than this.
HORIZON = timedelta(days=31)

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
CONTACT_LOAD = """
    ARRAY(SELECT counts_at FROM sends
          WHERE contact_id = {contact} AND counts_at > {now} - CAST(:horizon AS interval))
"""
#: No more than the cap's own number can matter: the newest ones decide.
MAILBOX_LOAD = """
    ARRAY(SELECT counts_at FROM sends
          WHERE mailbox_id = m.id AND counts_at > {now} - make_interval(secs => m.cap_seconds)
          ORDER BY counts_at DESC LIMIT m.cap_count)
"""
MAILBOX = """
    m.address, m.name, m.postal_address, m.verp, m.keeps_message_id, m.reply_tag, m.self_dkim,
    m.sent_folder, m.cap_count, m.cap_seconds
"""
SUPPRESSED = """
    (SELECT s.reason FROM suppressions s
     WHERE (s.kind = 'address'
            AND s.subject_hash = encode(sha256(convert_to({email}, 'UTF8')), 'hex'))
        OR (s.kind = 'domain' AND s.subject_hash
            = encode(sha256(convert_to(split_part({email}, '@', 2), 'UTF8')), 'hex'))
     LIMIT 1)
"""

_FACTS = text(f"""
    WITH moment AS MATERIALIZED (SELECT tenuto_now() AS now)
    SELECT moment.now, {rows.ENROLLMENT}, c.zone, c.attributes, a.email, a.status AS address_status,
        {MAILBOX},
        {SUPPRESSED.format(email="a.email")} AS suppressed,
        {CONTACT_LOAD.format(contact="e.contact_id", now="moment.now")} AS contact_load,
        {MAILBOX_LOAD.format(now="moment.now")} AS mailbox_load,
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
    LEFT JOIN sends l ON l.enrollment_id = e.id AND l.step_index = e.current_step_index
    WHERE e.id = :id
""")  # noqa: S608 - assembled from constants


async def of(connection: Connection, enrollment_id: UUID) -> Facts | None:
    """The facts of one enrollment as of this statement; None when there is no such row."""
    found = await connection.execute(_FACTS, {"id": enrollment_id, "horizon": HORIZON})
    row = found.first()
    if row is None:
        return None
    enrollment = rows.enrollment(row)
    version = await sequences.by_id(connection, enrollment.sequence_version_id)
    return Facts(
        now=row.now,
        enrollment=enrollment,
        version=version,
        scene=scene(row, version, row.email),
        mailbox=mailbox(row, enrollment.mailbox_id),
        email=row.email,
        attributes={**row.attributes, "email": row.email},
        suppressed="hard_bounce" if row.address_status == "dead" else row.suppressed,
        ledger=_ledger(row),
    )


def scene(row: Row, version: SequenceVersion, email: str) -> Scene:
    """What decides when, from the columns now, zone, holds, contact_load and mailbox_load."""
    return Scene(
        now=row.now,
        rules=version.bundle.rules,
        zone=row.zone,
        # The address, not an id: a preview of a contact who isn't there yet agrees.
        jitter_key=f"{email}:{version.sequence_id}:{version.version}",
        holds=[hold(*h) for h in row.holds],
        load=Load(
            contact=tuple(row.contact_load),
            mailbox=tuple(row.mailbox_load),
            mailbox_cap=Cap(count=row.cap_count, seconds=row.cap_seconds),
        ),
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
