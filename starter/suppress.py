"""Suppressing by hand: an address, or everybody at a domain."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from db import contacts, domains, happenings, suppressions
from db.connection import Connection
from db.engine import transaction
from db.occasion import Told
from starter import address
from tenuto.domain.notice import Notice, Signal

_REASON = "manual"


async def suppress(engine: AsyncEngine, subject: str, source: str) -> AsyncIterator[list[Told]]:
    """Let no mail go to an address or a domain any more, and end what is live there.

    Every claim and enrolment reads it from the first commit on; the enrollments are ended
    person by person, and what they must be told is yielded so.

    :raises InputError: when it is neither.
    """
    if "@" in subject:
        yield await _suppress_address(engine, address.normalised(subject), source)
        return
    async for told in _suppress_domain(engine, address.domain(subject), source):
        yield told


async def _suppress_address(engine: AsyncEngine, email: str, source: str) -> list[Told]:
    async def work(connection: Connection) -> list[Told]:
        person = await contacts.find(connection, email)
        if person is None:
            await suppressions.suppress_address(connection, email, _REASON, source)
            return []
        # First, since it takes the person's lock.
        told = await _end(connection, person, source)
        await suppressions.suppress_person(connection, person, _REASON, source)
        return told

    return await transaction(engine, work)


async def _suppress_domain(
    engine: AsyncEngine, domain: str, source: str
) -> AsyncIterator[list[Told]]:
    async def add(connection: Connection) -> list[UUID]:
        await suppressions.suppress_domain(connection, domain, _REASON, source)
        return await domains.people_in_flight(connection, domain)

    for person in await transaction(engine, add):
        yield await _end_one(engine, person, source)


async def _end_one(engine: AsyncEngine, person: UUID, source: str) -> list[Told]:
    async def work(connection: Connection) -> list[Told]:
        return await _end(connection, person, source)

    return await transaction(engine, work)


async def _end(connection: Connection, person: UUID, source: str) -> list[Told]:
    return await happenings.record_for_person(
        connection, person, Signal.REMOVED, Notice(), source=source
    )
