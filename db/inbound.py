"""Mail that came in: what it is about, and the row that is kept of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection, Row
from tenuto.domain.arrival import Envelope
from tenuto.domain.correlate import Clue, Clues, MatchedBy
from tenuto.domain.ids import SendRef
from tenuto.domain.mail_class import SentMail


@dataclass(frozen=True)
class Match:
    """Whom a mail is about."""

    contact_id: UUID
    by: MatchedBy
    #: None when the person is known, but which of their enrollments isn't.
    enrollment_id: UUID | None = None
    #: Index of the step whose mail it answers, where that is known.
    step: int | None = None
    mail: SentMail = field(default_factory=SentMail)
    #: Known by address alone, and in no sequence when the mail came.
    idle: bool = False


@dataclass(frozen=True)
class Record:
    """What is kept of a mail beside its bytes."""

    natural_key: str
    #: Which door it came by.
    door: str
    class_: str
    rule: str
    effect: str
    contact_id: UUID | None = None
    enrollment_id: UUID | None = None
    matched_by: str | None = None
    #: The mailbox in whose folder it lay.
    mailbox_id: UUID | None = None
    #: What people look at: who says to have written it, about what, and what.
    from_address: str = ""
    subject: str = ""
    own_words: str = ""


_SEND = """
    SELECT e.id, e.contact_id, s.subject, s.step_index, a.email FROM enrollments e
    JOIN addresses a ON a.id = e.address_id
"""
_BY_REF = text(f"""
    {_SEND} LEFT JOIN sends s ON s.enrollment_id = e.id AND s.step_index = :step
    WHERE e.id = :id
""")
_BY_MESSAGE_ID = text(f"""
    {_SEND} JOIN sends s ON s.enrollment_id = e.id
    WHERE s.id IN (
        SELECT id FROM sends WHERE stored_message_id = ANY(:ids)
        UNION SELECT id FROM sends WHERE message_id = ANY(:ids))
    ORDER BY least(array_position(CAST(:ids AS text[]), s.stored_message_id),
                   array_position(CAST(:ids AS text[]), s.message_id)) LIMIT 1
""")  # noqa: S608 - a constant
_BY_ADDRESS = text("""
    SELECT a.contact_id, array_agg(e.id) FILTER (WHERE e.id IS NOT NULL) AS live
    FROM addresses a LEFT JOIN enrollments e
        ON e.contact_id = a.contact_id AND e.status IN ('active', 'paused')
        -- What came before can't be about it; clocks differ, and some tell whole seconds.
        AND e.enrolled_at <= CAST(:at AS timestamptz) + interval '1 minute'
    WHERE a.email = ANY(:emails)
    GROUP BY a.contact_id
    ORDER BY min(array_position(CAST(:emails AS text[]), a.email)) LIMIT 1
""")
_OURS = text("SELECT EXISTS (SELECT FROM mailboxes WHERE address = :address)")
_THEIRS = text("""
    SELECT EXISTS (SELECT FROM addresses WHERE contact_id = :contact AND email = :address)
""")
_TROUBLE = text("""
    UPDATE mailboxes SET trouble_at = tenuto_now(), trouble = :why
    WHERE id = (SELECT mailbox_id FROM enrollments WHERE id = :enrollment)
""")
_STORE = text("""
    INSERT INTO inbound_messages (natural_key, door, received_at, envelope_from, envelope_to, raw,
        from_address, subject, own_words, class, rule, contact_id, enrollment_id, matched_by,
        effect, mailbox_id)
    SELECT :key, :door, tenuto_now(), CASE WHEN erased THEN '' ELSE CAST(:sender AS text) END,
        CASE WHEN erased THEN '' ELSE CAST(:recipients AS text) END,
        CASE WHEN erased THEN '' ELSE CAST(:raw AS bytea) END,
        CASE WHEN erased THEN '' ELSE CAST(:from_address AS text) END,
        CASE WHEN erased THEN '' ELSE CAST(:subject AS text) END,
        CASE WHEN erased THEN '' ELSE CAST(:own_words AS text) END,
        :class, :rule, CAST(:contact AS uuid), CAST(:enrollment AS uuid),
        :matched_by, :effect, CAST(:mailbox AS uuid)
    -- What a deleted person writes is counted, not kept.
    FROM (SELECT EXISTS (SELECT FROM contacts WHERE id = :contact AND deleted_at IS NOT NULL)
        AS erased) known
    ON CONFLICT (natural_key) DO NOTHING RETURNING id
""")


async def match(connection: Connection, clues: Clues, received_at: datetime) -> Match | None:
    """Whom the surest clue that leads anywhere names. Only reads: the lock comes after it."""
    for clue in clues.found:
        found = await _followed(connection, clue)
        if found is not None:
            return found
    return await _by_address(connection, clues.addresses, received_at)


async def _followed(connection: Connection, clue: Clue) -> Match | None:
    if clue.ref is not None:
        return await by_ref(connection, clue.ref, clue.by)
    found = await connection.execute(_BY_MESSAGE_ID, {"ids": list(clue.message_ids)})
    return _match(found.first(), clue.by)


async def by_ref(connection: Connection, ref: SendRef, by: MatchedBy) -> Match | None:
    """The enrollment that a token of ours names; None when there is none any more."""
    found = await connection.execute(_BY_REF, {"id": ref.enrollment, "step": ref.step})
    return _match(found.first(), by)


def _match(row: Row | None, by: MatchedBy) -> Match | None:
    if row is None:
        return None
    mail = SentMail(subject=row.subject, recipient=row.email)
    return Match(_uuid(row.contact_id), by, _uuid(row.id), row.step_index, mail)


async def _by_address(
    connection: Connection, emails: Sequence[str], received_at: datetime
) -> Match | None:
    values = {"emails": list(emails), "at": received_at}
    found = await connection.execute(_BY_ADDRESS, values)
    row = found.first()
    if row is None:
        return None
    only = _uuid(row.live[0]) if row.live and len(row.live) == 1 else None
    return Match(_uuid(row.contact_id), MatchedBy.ADDRESS, only, idle=not row.live)


async def is_mailbox(connection: Connection, address: str) -> bool:
    """Whether we send from this address."""
    return bool(await connection.scalar(_OURS, {"address": address}))


async def is_theirs(connection: Connection, contact_id: UUID, address: str) -> bool:
    """Whether an address is one of the contact's."""
    values = {"contact": contact_id, "address": address}
    return bool(await connection.scalar(_THEIRS, values))


async def mark_trouble(connection: Connection, enrollment_id: UUID, why: str) -> None:
    """Write down that a server refused the mailbox of an enrollment, whose person is locked."""
    await connection.execute(_TROUBLE, {"enrollment": enrollment_id, "why": why})


async def store(
    connection: Connection, envelope: Envelope, raw: bytes, record: Record
) -> UUID | None:
    """Keep a mail, once: its id; None when it is here already."""
    values = {
        "key": record.natural_key,
        "door": record.door,
        "sender": envelope.sender,
        "recipients": " ".join(envelope.recipients),
        "raw": raw,
        "from_address": record.from_address,
        "subject": record.subject,
        "own_words": record.own_words,
        "class": record.class_,
        "rule": record.rule,
        "contact": record.contact_id,
        "enrollment": record.enrollment_id,
        "matched_by": record.matched_by,
        "effect": record.effect,
        "mailbox": record.mailbox_id,
    }
    stored: UUID | None = await connection.scalar(_STORE, values)
    return stored and _uuid(stored)


def _uuid(value: UUID) -> UUID:
    return UUID(int=value.int)
