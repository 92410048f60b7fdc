"""What owners of mailboxes are still to be told by mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection, Row
from tenuto.domain.owner_notice import OwnerNotice


@dataclass(frozen=True)
class Due:
    """One that is to be sent now."""

    id: UUID
    kind: OwnerNotice
    inbound_id: UUID
    mailbox_id: UUID
    mailbox: str
    mailbox_name: str
    #: Who is told.
    to: str
    #: Whose it is about: who wrote, what and when.
    from_address: str
    subject: str
    own_words: str
    sequence: str | None


#: To the mailbox itself, what lies in its inbox anyway needs no telling.
_ADD = text("""
    INSERT INTO owner_notices (kind, inbound_id, mailbox_id)
    SELECT CAST(:kind AS owner_notice), i.id, m.id
    FROM inbound_messages i JOIN mailboxes m ON m.id = coalesce(
        (SELECT e.mailbox_id FROM enrollments e WHERE e.id = i.enrollment_id),
        i.mailbox_id,
        (SELECT s.mailbox_id FROM sends s WHERE s.contact_id = i.contact_id
         ORDER BY s.counts_at DESC NULLS LAST LIMIT 1))
    WHERE i.id = :inbound
        AND NOT (m.notify IS NULL AND i.mailbox_id = m.id AND i.door = 'imap inbox'
            AND :kind = 'reply')
        -- Who floods the queue with somebody's name doesn't flood the owner.
        AND NOT (:kind = 'review' AND EXISTS (SELECT FROM inbound_messages o
            WHERE o.contact_id = i.contact_id AND o.id <> i.id AND o.effect = 'review'
                AND o.decided_at IS NULL))
    ON CONFLICT DO NOTHING
""")
#: Whoever takes one has so long to send it; two at once take different ones.
_TAKE = text("""
    WITH due AS (
        SELECT id FROM owner_notices WHERE over_at IS NULL AND next_try_at <= tenuto_now()
        ORDER BY next_try_at LIMIT :most FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE owner_notices n SET tries = tries + 1,
            next_try_at = tenuto_now() + least(60 * 2 ^ least(tries, 6), 3600) * interval '1 s'
        FROM due WHERE n.id = due.id RETURNING n.id, n.kind, n.inbound_id, n.mailbox_id
    )
    SELECT t.id, t.kind, t.inbound_id, t.mailbox_id, m.address, m.name,
        coalesce(m.notify, m.address) AS "to", i.from_address, i.subject, i.own_words,
        e.sequence_id
    FROM taken t JOIN mailboxes m ON m.id = t.mailbox_id
    JOIN inbound_messages i ON i.id = t.inbound_id
    LEFT JOIN enrollments e ON e.id = i.enrollment_id
""")
_OVER = text("UPDATE owner_notices SET over_at = tenuto_now() WHERE id = :id")
_GIVE_UP = text("""
    UPDATE owner_notices SET over_at = tenuto_now()
    WHERE over_at IS NULL AND created_at < tenuto_now() - CAST(:age AS interval)
    RETURNING id
""")


async def add(connection: Connection, kind: OwnerNotice, inbound_id: UUID) -> None:
    """Have the owner of the mailbox told of a mail that was stored in this transaction."""
    await connection.execute(_ADD, {"kind": kind.value, "inbound": inbound_id})


async def take(connection: Connection, most: int) -> list[Due]:
    """Those that are due; each comes again, later and later, until it is marked as over."""
    return [_due(row) for row in await connection.execute(_TAKE, {"most": most})]


async def mark_over(connection: Connection, notice_id: UUID) -> None:
    """It has left, or may not leave."""
    await connection.execute(_OVER, {"id": notice_id})


async def give_up(connection: Connection, age: timedelta) -> Sequence[UUID]:
    """Forget those that couldn't be sent for so long; they stay in `tenuto inbox list`."""
    return [UUID(int=row.id.int) for row in await connection.execute(_GIVE_UP, {"age": age})]


def _due(row: Row) -> Due:
    return Due(
        id=UUID(int=row.id.int),
        kind=OwnerNotice(row.kind),
        inbound_id=UUID(int=row.inbound_id.int),
        mailbox_id=UUID(int=row.mailbox_id.int),
        mailbox=row.address,
        mailbox_name=row.name,
        to=row.to,
        from_address=row.from_address,
        subject=row.subject,
        own_words=row.own_words,
        sequence=row.sequence_id,
    )
