"""Rivals who all look before any of them acts: what a lock must keep from happening."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from db import facts
from db.connection import Connection
from db.facts import Facts


def reading_together(rivals: int) -> Callable[[Connection, UUID], Awaitable[Facts | None]]:
    """Stands in for `facts.of`: nobody has its facts before all have theirs."""
    read, everyone = facts.of, asyncio.Barrier(rivals)

    async def read_together(connection: Connection, enrollment_id: UUID) -> Facts | None:
        seen = await read(connection, enrollment_id)
        await everyone.wait()
        return seen

    return read_together
