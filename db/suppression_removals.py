"""Suppressions that somebody took back: whose word it was, and on what ground."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from db import contacts, locks, suppressions
from db.connection import Connection
from db.suppressions import Suppression
from tenuto.domain.errors import ForbiddenError, NotFoundError
from tenuto.domain.suppression import Kind, Reason


@dataclass(frozen=True)
class Removal:
    """One that was taken back."""

    kind: Kind
    hash: str
    #: The suppression's own.
    reason: Reason
    source: str
    suppressed_at: datetime
    removed_at: datetime
    removed_by: str
    #: The person agreed to get mail again; else it was a mistake of ours.
    consent: bool
    ground: str


_REMOVE = text("""
    WITH gone AS (
        DELETE FROM suppressions
        WHERE kind = CAST(:kind AS suppression_kind) AND subject_hash = :hash
        RETURNING kind, subject_hash, reason, source, at
    ), revived AS (
        -- Else the address would still be dead.
        UPDATE addresses SET status = 'good' WHERE email = :subject AND EXISTS (SELECT FROM gone)
    )
    INSERT INTO suppression_removals
        (kind, subject_hash, reason, source, suppressed_at, removed_by, consent, ground)
    SELECT kind, subject_hash, reason, source, at, :by, :consent, :ground FROM gone
""")
_FIND = text("""
    SELECT kind, subject_hash, reason, source, suppressed_at, removed_at, removed_by, consent,
        ground
    FROM suppression_removals WHERE subject_hash = ANY(:hashes) ORDER BY removed_at
""")


async def remove(
    connection: Connection, kind: Kind, subject: str, *, by: str, consent: bool, ground: str
) -> Suppression:
    """Take a suppression back, and record it; what it ended stays ended. Returns what it was.

    :raises NotFoundError: when there is none.
    :raises ForbiddenError: when only the person can take it back, and there is no consent.
    """
    if kind is Kind.ADDRESS and (person := await contacts.find(connection, subject)):
        await locks.lock_contact(connection, person)
    found = await suppressions.find(connection, [suppressions.hashed(subject)])
    for one in found:
        if one.kind is kind:
            _allowed(subject, one, consent=consent)
            values = {"kind": kind.value, "hash": one.hash, "subject": subject, "by": by}
            await connection.execute(_REMOVE, values | {"consent": consent, "ground": ground})
            return one
    msg = f"{subject} isn't suppressed; `tenuto suppression check {subject}` tells what forbids it"
    raise NotFoundError(msg)


def _allowed(subject: str, one: Suppression, *, consent: bool) -> None:
    # Whoever was erased asked to be forgotten, whatever the reason says.
    if consent or not (one.reason.persons_own or one.subject is None):
        return
    why = one.reason.value if one.subject else "erased"
    msg = f"{subject} is suppressed ({why}): only they can take that back; say how by --consent"
    raise ForbiddenError(msg)


async def find(connection: Connection, hashes: Iterable[str]) -> list[Removal]:
    """What was taken back of these hashes, oldest first."""
    found = await connection.execute(_FIND, {"hashes": list(hashes)})
    return [
        Removal(
            kind=Kind(row.kind),
            hash=row.subject_hash,
            reason=Reason(row.reason),
            source=row.source,
            suppressed_at=row.suppressed_at,
            removed_at=row.removed_at,
            removed_by=row.removed_by,
            consent=row.consent,
            ground=row.ground,
        )
        for row in found
    ]
