"""One person's whole story: where they stand, what keeps them back, and all that happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db import contacts, facts, views
from db.connection import Connection
from db.views import Listed


@dataclass(frozen=True)
class Held:
    """A hold in force."""

    scope: str
    #: With its detail: "guardrail: bounces 5.2 % (6 of 115)".
    reason: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Entry:
    """One thing that happened, UTC."""

    at: datetime
    #: "transition", "send", "inbound" or "hold".
    kind: str
    sequence: str | None
    step_index: int | None
    #: The event, the send's state, the message's class, or the hold's scope.
    what: str
    why: str | None
    source: str | None


@dataclass(frozen=True)
class Person:
    """Everything about one contact that decides their mail."""

    email: str
    contact_id: UUID
    #: IANA names: several, where all that is known is a country with several; none, if nothing is.
    zones: Sequence[str]
    zone_source: str
    #: Why they get no mail at all.
    suppressed: str | None
    enrollments: Sequence[Listed]
    holds: Sequence[Held]
    timeline: Sequence[Entry]


_PERSON = text(f"""
    SELECT CASE WHEN c.zone IS NULL THEN c.zones ELSE ARRAY[c.zone] END AS zones,
        c.zone_source,
        CASE WHEN a.status = 'dead' THEN 'hard_bounce'
             ELSE {facts.SUPPRESSED.format(email="a.email")} END AS suppressed
    FROM contacts c JOIN addresses a ON a.contact_id = c.id AND a.email = :email
    WHERE c.id = :contact
""")  # noqa: S608 - assembled from constants
#: What can hold one of the contact's live enrollments.
_HOLDS = text("""
    WITH live AS MATERIALIZED (
        SELECT id, sequence_id, mailbox_id FROM enrollments
        WHERE contact_id = CAST(:contact AS uuid) AND status IN ('active', 'paused')
    ), targets (scope, target) AS (
        SELECT 'everything'::hold_scope, ''
        UNION SELECT 'contact', CAST(:contact AS text)
        UNION SELECT 'company', company_id::text FROM contacts WHERE id = CAST(:contact AS uuid)
        UNION SELECT 'enrollment', id::text FROM live
        UNION SELECT 'sequence', sequence_id FROM live
        UNION SELECT 'mailbox', mailbox_id::text FROM live
    )
    SELECT h.scope::text, concat_ws(': ', h.reason, h.detail), h.held_from, h.held_until
    FROM targets JOIN holds h USING (scope, target)
    WHERE h.held_until IS NULL OR h.held_until > tenuto_now() ORDER BY h.held_from
""")
_TIMELINE = text("""
    WITH mine AS MATERIALIZED (
        SELECT id, sequence_id FROM enrollments WHERE contact_id = CAST(:contact AS uuid)
    )
    SELECT t.at, 'transition' AS kind, mine.sequence_id AS sequence,
        t.current_step_index AS step_index, t.event::text AS what, t.reason AS why, t.source
    FROM mine JOIN transition_log t ON t.enrollment_id = mine.id
    UNION ALL
    SELECT coalesce(s.sent_at, s.claimed_at, s.created_at), 'send', mine.sequence_id,
        s.step_index, s.state::text, coalesce(s.reason, s.smtp_reply), NULL
    FROM mine JOIN sends s ON s.enrollment_id = mine.id
    UNION ALL
    SELECT i.received_at, 'inbound', mine.sequence_id, NULL, i.class, i.effect, i.door
    FROM inbound_messages i LEFT JOIN mine ON mine.id = i.enrollment_id
    WHERE i.contact_id = CAST(:contact AS uuid)
    UNION ALL
    SELECT h.held_from, 'hold', NULL, NULL, h.scope::text, h.reason, h.source
    FROM holds h WHERE h.scope = 'contact' AND h.target = CAST(:contact AS text)
    UNION ALL
    SELECT h.held_from, 'hold', mine.sequence_id, NULL, h.scope::text, h.reason, h.source
    FROM mine JOIN holds h ON h.scope = 'enrollment' AND h.target = mine.id::text
    ORDER BY at, kind DESC, step_index
""")


async def person(connection: Connection, email: str) -> Person:
    """One contact's story.

    :raises NotFoundError: when the address belongs to nobody.
    """
    email = email.strip().lower()
    contact = await contacts.get(connection, email)
    who = (await connection.execute(_PERSON, {"contact": contact, "email": email})).one()
    holds = await connection.execute(_HOLDS, {"contact": str(contact)})
    timeline = await connection.execute(_TIMELINE, {"contact": str(contact)})
    return Person(
        email=email,
        contact_id=contact,
        zones=who.zones,
        zone_source=who.zone_source,
        suppressed=who.suppressed,
        enrollments=await views.of_contact(connection, contact),
        holds=[Held(*row) for row in holds.all()],
        timeline=[Entry(*row) for row in timeline.all()],
    )
