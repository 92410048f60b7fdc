"""What tests ask of the suppression list, and who is on it."""

from typing import Any
from uuid import UUID

from db import contacts
from tenuto.domain.enrollment import Status
from tests.factories import Stage

ANN = "ann@example.com"


async def stored(stage: Stage) -> list[tuple[Any, ...]]:
    found = await stage.all(
        "SELECT kind, subject_hash, subject, reason, source, at FROM suppressions ORDER BY at, 2"
    )
    return [tuple(row) for row in found]


async def short(stage: Stage) -> list[tuple[Any, ...]]:
    return sorted((row[2], row[3], row[4]) for row in await stored(stage))


async def status(stage: Stage, enrollment: UUID) -> Status:
    return (await stage.row(enrollment)).status


async def erase(stage: Stage, email: str) -> None:
    await stage.do(contacts.delete, await stage.do(contacts.get, email), "test")


async def second_address(stage: Stage, enrollment: UUID, email: str) -> None:
    contact = (await stage.row(enrollment)).contact_id
    async with stage.engine.begin() as connection:
        insert = "INSERT INTO addresses (contact_id, email) VALUES ($1, $2)"
        await connection.exec_driver_sql(insert, (contact, email))
