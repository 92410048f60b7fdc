"""What was known of a place when somebody was enrolled is kept once, and as it was."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db import local_calendars
from db.connection import Connection
from db.engine import transaction
from starter.local_calendars import local_calendar
from tenuto.domain.local_calendar import LocalCalendar
from tests.factories import Stage

BAVARIA = local_calendar("DE", "BY", range(2026, 2029))
DUBAI = LocalCalendar("AE", frozenset({4, 5}), frozenset({date(2026, 12, 2)}))


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test reads from its own Postgres."""
    monkeypatch.setattr(local_calendars, "_known", {})


async def count(stage: Stage) -> int:
    return int((await stage.all("SELECT count(*) FROM local_calendars"))[0][0])


@pytest.mark.parametrize("calendar", [BAVARIA, DUBAI, LocalCalendar(), LocalCalendar("HK")])
async def test_a_calendar_comes_back_as_it_was(stage: Stage, calendar: LocalCalendar) -> None:
    saved = await stage.do(local_calendars.save, calendar)
    assert type(saved) is UUID
    assert await stage.do(local_calendars.by_id, saved) == calendar


async def test_the_same_content_is_one_row_and_any_other_is_another(stage: Stage) -> None:
    calendars = [
        BAVARIA,
        LocalCalendar("DE", BAVARIA.weekend, BAVARIA.closed),
        LocalCalendar("DE-BY", frozenset({6}), BAVARIA.closed),
        LocalCalendar("DE-BY", BAVARIA.weekend, BAVARIA.closed - {date(2026, 12, 25)}),
    ]
    ids = [await stage.do(local_calendars.save, calendar) for calendar in calendars * 2]
    assert ids[:4] == ids[4:]
    assert len(set(ids)) == 4
    assert await count(stage) == 4


async def test_those_who_save_at_once_agree(stage: Stage) -> None:
    ids = await asyncio.gather(*(stage.do(local_calendars.save, BAVARIA) for _ in range(12)))
    assert len(set(ids)) == 1
    assert await count(stage) == 1


async def test_who_waits_for_another_gets_the_others_row(stage: Stage) -> None:
    inserted, seen = asyncio.Event(), asyncio.Event()

    async def first(connection: Connection) -> UUID:
        saved = await local_calendars.save(connection, BAVARIA)
        inserted.set()
        await seen.wait()
        return saved

    holder = asyncio.create_task(transaction(stage.engine, first))
    await inserted.wait()
    waiter = asyncio.create_task(stage.do(local_calendars.save, BAVARIA))
    while not (await stage.all("SELECT 1 FROM pg_locks WHERE NOT granted")):
        await asyncio.sleep(0.01)
    seen.set()
    assert await waiter == await holder


async def test_who_is_taken_back_leaves_nothing(stage: Stage) -> None:
    async def fails(connection: Connection) -> None:
        await local_calendars.save(connection, BAVARIA)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await transaction(stage.engine, fails)
    saved = await stage.do(local_calendars.save, BAVARIA)
    assert await stage.do(local_calendars.by_id, saved) == BAVARIA


async def test_it_is_read_once(stage: Stage) -> None:
    saved = await stage.do(local_calendars.save, BAVARIA)
    first = await stage.do(local_calendars.by_id, saved)
    assert await stage.do(local_calendars.by_id, saved) is first


async def test_one_that_isnt_there_is_a_fault_and_not_an_empty_one(stage: Stage) -> None:
    with pytest.raises(ValueError, match="not enough values"):
        await stage.do(local_calendars.by_id, uuid4())


@pytest.mark.parametrize(
    "change", ["UPDATE local_calendars SET closed = '{}'", "DELETE FROM local_calendars"]
)
async def test_it_can_not_be_changed(stage: Stage, change: str) -> None:
    await stage.do(local_calendars.save, BAVARIA)
    with pytest.raises(DBAPIError, match="append-only"):
        async with stage.engine.begin() as connection:
            await connection.execute(text(change))
