"""How far the folders of mailboxes are read."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection
from tenuto.domain.mail_folder import Mark

_MARKS = text("""
    SELECT folder, uid_validity, last_uid FROM inbound_folders WHERE mailbox_id = :mailbox
""")
#: Another reader may be further.
_SAVE = text("""
    UPDATE inbound_folders SET last_uid = greatest(last_uid, :uid)
    WHERE mailbox_id = :mailbox AND folder = :folder AND uid_validity = :validity
""")
_BEGIN = text("""
    INSERT INTO inbound_folders (mailbox_id, folder, uid_validity, last_uid, read_at)
    VALUES (:mailbox, :folder, :validity, :uid, CAST(:since AS date))
    ON CONFLICT (mailbox_id, folder) DO UPDATE
        SET uid_validity = excluded.uid_validity, last_uid = excluded.last_uid
""")
_READ = text("""
    UPDATE inbound_folders SET read_at = tenuto_now()
    WHERE mailbox_id = :mailbox AND folder = ANY(:folders)
""")
#: Since this folder was read last, or else since the first mail that can still be answered; a day
#: more for zones, and clocks that differ.
_SINCE = text("""
    SELECT (coalesce(
        (SELECT f.read_at FROM inbound_folders f WHERE f.mailbox_id = m.id AND f.folder = :folder),
        (SELECT min(s.counts_at) FROM sends s WHERE s.mailbox_id = m.id
            AND s.counts_at > tenuto_now() - interval '90 days'),
        tenuto_now()) - interval '2 days')::date
    FROM mailboxes m WHERE m.id = :mailbox
""")


async def marks(connection: Connection, mailbox_id: UUID) -> Mapping[str, Mark]:
    """By folder; one that was never read isn't there."""
    rows = await connection.execute(_MARKS, {"mailbox": mailbox_id})
    return {row.folder: Mark(row.uid_validity, row.last_uid) for row in rows}


async def begin(
    connection: Connection, mailbox_id: UUID, folder: str, mark: Mark, since: date
) -> None:
    """Read a folder from a mark on whose UIDs say nothing (any more), as from that day."""
    values = {"mailbox": mailbox_id, "folder": folder, "since": since}
    await connection.execute(_BEGIN, values | {"validity": mark.uid_validity, "uid": mark.last_uid})


async def save(connection: Connection, mailbox_id: UUID, folder: str, mark: Mark) -> None:
    """Move a folder's mark forward; what lies before it is committed."""
    values = {"mailbox": mailbox_id, "folder": folder}
    await connection.execute(_SAVE, values | {"validity": mark.uid_validity, "uid": mark.last_uid})


async def mark_read(connection: Connection, mailbox_id: UUID, folders: Sequence[str]) -> None:
    """All that lies in these folders was read just now."""
    await connection.execute(_READ, {"mailbox": mailbox_id, "folders": list(folders)})


async def unread_since(connection: Connection, mailbox_id: UUID, folder: str) -> date:
    """From which day on a folder must be read whose UIDs say nothing (any more)."""
    since: date = await connection.scalar(_SINCE, {"mailbox": mailbox_id, "folder": folder})
    return since
