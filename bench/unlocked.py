"""The claim's locks taken away: the race must notice."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock
from uuid import UUID

from sqlalchemy import text

from db import locks
from db.connection import Connection

_MAILBOX = text("SELECT mailbox_id FROM enrollments WHERE id = :id")


@contextmanager
def unlocked() -> Iterator[None]:
    """Claims read what they would have locked, and lock nothing."""

    async def read(connection: Connection, enrollment_id: UUID) -> locks.Locked | None:
        found: UUID | None = await connection.scalar(_MAILBOX, {"id": enrollment_id})
        return None if found is None else locks.Locked(found, company=True)

    with mock.patch.object(locks, "lock_contact_and_mailbox_of", read):
        yield
