"""Who gets no mail any more: addresses and domains, found by hash."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import text

from db.connection import Connection
from tenuto.domain.suppression import Kind, Reason


@dataclass(frozen=True)
class Suppression:
    """One address or domain that gets no mail."""

    kind: Kind
    #: SHA-256 of the subject, in small hexadecimal digits.
    hash: str
    #: In its one spelling; None once the person has been erased.
    subject: str | None
    reason: Reason
    #: Who or what said so.
    source: str
    #: None, for one that isn't stored yet: now.
    at: datetime | None = None


#: What lasts takes the place of what ends by itself, and of what has ended; and what the person
#: asked for that of all else: nobody but them can take it back.
_UNLESS_KNOWN = """
    ON CONFLICT (kind, subject_hash) DO UPDATE SET reason = excluded.reason,
        source = excluded.source, at = excluded.at, expires_at = excluded.expires_at,
        subject = coalesce(excluded.subject, suppressions.subject)
    WHERE suppressions.expires_at IS NOT NULL
        OR (excluded.reason IN ('opt_out', 'complaint')
            AND suppressions.reason NOT IN ('opt_out', 'complaint'))
"""
_ADD = text(f"""
    INSERT INTO suppressions (kind, subject_hash, subject, reason, source, expires_at)
    VALUES (CAST(:kind AS suppression_kind), :hash, :subject,
            CAST(:reason AS suppression_reason), :source,
            tenuto_now() + CAST(:lasts AS interval))
    {_UNLESS_KNOWN} RETURNING id
""")  # noqa: S608 - assembled from constants
_EMAILS = text("SELECT email FROM addresses WHERE contact_id = :contact ORDER BY email")
# In the order of the keys: two of these at once can't wait for each other.
_ADD_ALL = text(f"""
    INSERT INTO suppressions (kind, subject_hash, subject, reason, source, at)
    SELECT DISTINCT ON (kind, hash) CAST(kind AS suppression_kind), hash, subject,
        CAST(reason AS suppression_reason), source, coalesce(at, tenuto_now())
    FROM unnest(CAST(:kinds AS text[]), CAST(:hashes AS text[]), CAST(:subjects AS text[]),
        CAST(:reasons AS text[]), CAST(:sources AS text[]), CAST(:ats AS timestamptz[]))
        WITH ORDINALITY AS given (kind, hash, subject, reason, source, at, place)
    ORDER BY kind, hash, reason IN ('opt_out', 'complaint') DESC, place
    {_UNLESS_KNOWN} RETURNING id
""")  # noqa: S608 - assembled from constants
_ADD_SIBLINGS = text("""
    INSERT INTO suppressions (kind, subject_hash, subject, reason, source)
    SELECT s.kind, encode(sha256(convert_to(other.email, 'UTF8')), 'hex'), other.email,
        s.reason, s.source
    FROM addresses given
    JOIN addresses other ON other.contact_id = given.contact_id AND other.id <> given.id
    JOIN suppressions s ON s.kind = 'address'
        AND s.subject_hash = encode(sha256(convert_to(given.email, 'UTF8')), 'hex')
    -- A dead address says nothing of the person's others.
    WHERE given.email = ANY(:emails) AND s.reason NOT IN ('hard_bounce', 'soft_bounces')
    ORDER BY 1, 2
    ON CONFLICT (kind, subject_hash) DO NOTHING
""")
_COLUMNS = "kind, subject_hash, subject, reason, source, at"
_FIND = text(f"""
    SELECT {_COLUMNS} FROM suppressions WHERE subject_hash = ANY(:hashes)
        AND (expires_at IS NULL OR expires_at > tenuto_now())
""")  # noqa: S608 - assembled from constants
_PAGE = text(f"""
    SELECT id, {_COLUMNS} FROM suppressions
    WHERE (at, id) > (CAST(:at AS timestamptz), CAST(:id AS uuid)) AND expires_at IS NULL
    ORDER BY at, id LIMIT :batch
""")  # noqa: S608 - assembled from constants
_FIRST = text("SELECT at, id FROM suppressions ORDER BY at, id LIMIT 1")
_BATCH = 5000


def hashed(subject: str) -> str:
    """The form in which a suppression is found; the same in SQL is `facts.SUPPRESSED`."""
    return sha256(subject.strip().lower().encode()).hexdigest()


async def suppress_address(
    connection: Connection, email: str, reason: str, source: str, lasts: timedelta | None = None
) -> bool:
    """No mail to this address any more; the first reason stays. False: so it was before.

    `lasts`: it ends by itself after so long.
    """
    return await _add(connection, "address", email, reason, source, lasts)


async def suppress_domain(connection: Connection, domain: str, reason: str, source: str) -> bool:
    """No mail to any address of this domain; every claim reads it from the commit on."""
    return await _add(connection, "domain", domain, reason, source)


async def suppress_person(
    connection: Connection, contact_id: UUID, reason: str, source: str
) -> bool:
    """No mail to any address of the contact, whose lock the caller holds."""
    rows = await connection.execute(_EMAILS, {"contact": contact_id})
    return any([await _add(connection, "address", row.email, reason, source) for row in rows])


async def _add(
    connection: Connection,
    kind: str,
    subject: str,
    reason: str,
    source: str,
    lasts: timedelta | None = None,
) -> bool:
    values = {
        "lasts": lasts,
        "kind": kind,
        "hash": hashed(subject),
        "subject": subject.strip().lower(),
        "reason": reason,
        "source": source,
    }
    return (await connection.execute(_ADD, values)).first() is not None


async def suppress_all(connection: Connection, given: Sequence[Suppression]) -> int:
    """Many at once, people with all their addresses; returns how many of them are new."""
    values = {
        "kinds": [one.kind.value for one in given],
        "hashes": [one.hash for one in given],
        "subjects": [one.subject for one in given],
        "reasons": [one.reason.value for one in given],
        "sources": [one.source for one in given],
        "ats": [one.at for one in given],
    }
    new = len(await connection.execute(_ADD_ALL, values))
    emails = [one.subject for one in given if one.kind is Kind.ADDRESS and one.subject]
    await connection.execute(_ADD_SIBLINGS, {"emails": emails})
    return new


async def find(connection: Connection, hashes: Iterable[str]) -> list[Suppression]:
    """Those that stand under these hashes, of either kind."""
    found = await connection.execute(_FIND, {"hashes": list(hashes)})
    return [_suppression(*row) for row in found]


async def everyone(connection: Connection) -> AsyncIterator[Suppression]:
    """All that last, the oldest first; in pages, so that a long list needs no memory."""
    after = (await connection.execute(_FIRST)).first()
    if after is None:
        return
    at, id_ = after.at, UUID(int=0)
    while page := (await connection.execute(_PAGE, {"at": at, "id": id_, "batch": _BATCH})).all():
        for row in page:
            yield _suppression(*row[1:])
        at, id_ = page[-1].at, page[-1].id


def _suppression(
    kind: str, hash_: str, subject: str | None, reason: str, source: str, at: datetime
) -> Suppression:
    return Suppression(Kind(kind), hash_, subject, Reason(reason), source, at)
