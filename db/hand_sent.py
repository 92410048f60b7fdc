"""What lies in a mailbox's Sent folder: copies of our own mails, and what its owner wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db import happenings, holds, locks
from db.connection import Connection
from db.occasion import Occasion, Told, retimed
from tenuto.domain.holds import HoldScope
from tenuto.domain.ids import SendRef
from tenuto.domain.notice import SendResolved, Signal

#: Of the hold on a person whom the mailbox's owner has written to by hand.
REASON = "owner wrote"
SOURCE = "sent folder"


@dataclass(frozen=True)
class SentCopy:
    """One mail in a Sent folder."""

    natural_key: str
    mailbox_id: UUID
    message_id: str | None
    subject: str
    #: Lower-case.
    recipients: Sequence[str]
    sent_at: datetime


_OURS = text("""
    SELECT enrollment_id, step_index FROM sends
    WHERE id IN (SELECT id FROM sends WHERE stored_message_id = ANY(:ids)
                 UNION SELECT id FROM sends WHERE message_id = ANY(:ids)) LIMIT 1
""")
#: The provider's own Message-ID, which answers refer to; and what a mail was called whose worker
#: died before it could write that down.
_LEARN = text("""
    UPDATE sends SET
        message_id = coalesce(message_id, :own),
        stored_message_id = CASE
            WHEN stored_message_id IS NULL AND :given IS DISTINCT FROM coalesce(message_id, :own)
            THEN CAST(:given AS text) ELSE stored_message_id END,
        subject = coalesce(subject, CASE WHEN EXISTS (SELECT FROM contacts c
            WHERE c.id = sends.contact_id AND c.deleted_at IS NULL) THEN CAST(:subject AS text) END)
    WHERE enrollment_id = :enrollment AND step_index = :step AND state IN ('sending', 'sent')
        AND mailbox_id = :mailbox
""")
#: Somebody said that it wasn't sent; it lies there all the same.
_AFTER_ALL = text("""
    UPDATE sends SET state = 'sent', reason = NULL, token = gen_random_uuid(), booked_at = NULL,
        claimed_at = coalesce(claimed_at, least(CAST(:at AS timestamptz), tenuto_now())),
        sent_at = least(CAST(:at AS timestamptz), tenuto_now()),
        counts_at = least(CAST(:at AS timestamptz), tenuto_now())
    WHERE enrollment_id = :enrollment AND step_index = :step AND mailbox_id = :mailbox
        AND state IN ('pending', 'skipped') AND reason = 'not_sent'
""")
_CONTACTS = text("SELECT DISTINCT contact_id FROM addresses WHERE email = ANY(:emails) ORDER BY 1")
_COUNT = text("""
    INSERT INTO hand_sent (contact_id, natural_key, mailbox_id, counts_at)
    SELECT :contact, :key, :mailbox, least(CAST(:at AS timestamptz), tenuto_now())
    ON CONFLICT DO NOTHING RETURNING counts_at
""")
_KNOWN = text("SELECT EXISTS (SELECT FROM hand_sent WHERE natural_key = :key)")
_BEGAN_BEFORE = text("""
    SELECT EXISTS (SELECT FROM enrollments WHERE contact_id = :contact
        AND status IN ('active', 'paused') AND enrolled_at < :at)
""")


async def ours(connection: Connection, message_ids: Sequence[str]) -> SendRef | None:
    """The send that a Message-ID was given to."""
    row = (await connection.execute(_OURS, {"ids": list(message_ids)})).first()
    return None if row is None else SendRef(UUID(int=row.enrollment_id.int), row.step_index)


async def confirm(connection: Connection, ref: SendRef, own: str, copy: SentCopy) -> list[Told]:
    """Our own mail lies there: so it was sent, under the name that it has there.

    `own`: the Message-ID that we gave it.
    """
    if await locks.lock_contact_of(connection, ref.enrollment) is None:
        return []
    ids = {"enrollment": ref.enrollment, "step": ref.step, "mailbox": copy.mailbox_id}
    await connection.execute(_AFTER_ALL, ids | {"at": copy.sent_at})
    notice = SendResolved(step=ref.step, outcome="sent")
    told = await happenings.record(
        connection, ref.enrollment, Signal.SEND_RESOLVED, notice, source=SOURCE
    )
    values = {"own": own, "given": copy.message_id or own, "subject": copy.subject}
    await connection.execute(_LEARN, values | ids)
    return told


async def known(connection: Connection, natural_key: str) -> bool:
    """Whether the owner wrote this by hand to somebody we know."""
    return bool(await connection.scalar(_KNOWN, {"key": natural_key}))


async def people(connection: Connection, emails: Sequence[str]) -> list[UUID]:
    """The contacts behind addresses, in the order in which they are locked."""
    rows = await connection.execute(_CONTACTS, {"emails": list(emails)})
    return [UUID(int=row.contact_id.int) for row in rows]


async def count(connection: Connection, contact_id: UUID, copy: SentCopy) -> list[Told]:
    """The owner wrote to this person: count it, once, and hold what would write beside it.

    What was written before the person came into a sequence holds nothing.
    """
    if not await locks.lock_contact(connection, contact_id):
        return []
    values = {
        "contact": contact_id,
        "key": copy.natural_key,
        "mailbox": copy.mailbox_id,
        "at": copy.sent_at,
    }
    counted = (await connection.execute(_COUNT, values)).first()
    if counted is None:
        return []
    at = Occasion(connection, contact_id, None, Signal.HELD, SOURCE)
    running = {"contact": contact_id, "at": counted.counts_at}
    if await connection.scalar(_BEGAN_BEFORE, running):
        await holds.place(
            connection, HoldScope.CONTACT, str(contact_id), reason=REASON, until=None, source=SOURCE
        )
    return await at.change(await at.live(), retimed)
