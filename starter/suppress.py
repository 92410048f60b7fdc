"""Suppressing: an address, everybody at a domain, or a file of both."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncEngine

from db import contacts, locks, suppressed, suppressions
from db.connection import Connection
from db.engine import connected, transaction
from db.occasion import Told
from starter.contact_file import BadRow
from starter.suppression_file import Row, subject
from tenuto.domain.suppression import Kind, Reason

_BATCH = 1000


async def suppress(
    engine: AsyncEngine, written: str, source: str, reason: Reason = Reason.MANUAL
) -> AsyncIterator[list[Told]]:
    """Let no mail go to an address or a domain any more, and end what is live there.

    Every claim and enrolment reads it from the first commit on; the enrollments are ended
    person by person, and what they must be told is yielded so. A run that was cut off is
    completed by the next.

    :raises InputError: when it is neither.
    """
    kind, name = subject(written)
    if kind is Kind.ADDRESS:
        yield await _suppress_address(engine, name, source, reason)
        return

    async def add(connection: Connection) -> bool:
        return await suppressions.suppress_domain(connection, name, reason, source)

    await transaction(engine, add)
    async for told in end_suppressed(engine, source):
        yield told


async def _suppress_address(
    engine: AsyncEngine, email: str, source: str, reason: Reason
) -> list[Told]:
    async def work(connection: Connection) -> list[Told]:
        person = await contacts.find(connection, email)
        if person is None:
            await suppressions.suppress_address(connection, email, reason, source)
            return []
        # First: the person's lock comes before the first write.
        await locks.lock_contact(connection, person)
        await suppressions.suppress_person(connection, person, reason, source)
        return await suppressed.end(connection, person, source)

    return await transaction(engine, work)


async def end_suppressed(engine: AsyncEngine, source: str) -> AsyncIterator[list[Told]]:
    """End, person by person, what would mail a suppressed address."""
    async with connected(engine) as connection:
        people = await suppressed.in_flight(connection)
    for person in people:
        yield await transaction(engine, partial(suppressed.end, contact_id=person, source=source))


@dataclass
class Tally:
    """What became of the rows so far."""

    rows: int = 0
    #: The last line that was read.
    line: int = 0
    new: int = 0
    #: Suppressed before, or twice in the file: the first reason stays.
    known: int = 0
    refused: list[BadRow] = field(default_factory=list)
    #: Lines whose reason or time isn't understood: they are suppressed all the same.
    reasons: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    #: Live enrollments that ended by it, or would.
    ended: int = 0


async def suppress_rows(
    engine: AsyncEngine, rows: Iterable[Row | BadRow], tally: Tally
) -> AsyncIterator[list[BadRow]]:
    """Suppress a batch after the other, and yield the rows that can't be. Run again: the same."""
    for batch in _batches(rows):
        good = [row.suppression for row in batch if isinstance(row, Row)]
        new = await transaction(engine, partial(suppressions.suppress_all, given=good))
        yield _counted(tally, batch, new)


async def rehearse_rows(
    engine: AsyncEngine, rows: Iterable[Row | BadRow], tally: Tally
) -> AsyncIterator[list[BadRow]]:
    """As `suppress_rows`, and writes nothing; counts what would end as well."""
    seen: set[tuple[Kind, str]] = set()
    async with connected(engine) as connection:
        for batch in _batches(rows):
            keys = {_key(row) for row in batch if isinstance(row, Row)} - seen
            stored = await suppressions.find(connection, {hash_ for _, hash_ in keys})
            seen |= keys
            yield _counted(tally, batch, len(keys - {(one.kind, one.hash) for one in stored}))
        for email in await suppressed.mailed(connection):
            domain = email.rpartition("@")[2]
            asked = {
                (Kind.ADDRESS, suppressions.hashed(email)),
                (Kind.DOMAIN, suppressions.hashed(domain)),
            }
            tally.ended += not seen.isdisjoint(asked)


def _key(row: Row) -> tuple[Kind, str]:
    return row.suppression.kind, row.suppression.hash


def _counted(tally: Tally, batch: list[Row | BadRow], new: int) -> list[BadRow]:
    bad = [row for row in batch if isinstance(row, BadRow)]
    good = [row for row in batch if isinstance(row, Row)]
    tally.rows += len(batch)
    tally.line = batch[-1].line
    tally.new += new
    tally.known += len(good) - new
    tally.refused += bad
    tally.reasons += [row.line for row in good if row.reason_unknown]
    tally.times += [row.line for row in good if row.time_unknown]
    return bad


def _batches(rows: Iterable[Row | BadRow]) -> Iterator[list[Row | BadRow]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
