"""Publishing makes immutable rows, and people in flight stay on theirs."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.factories import Stage, bundle, emails

CHANGES = [
    "UPDATE sequence_versions SET bundle = '{}'",
    "DELETE FROM sequence_versions",
    "UPDATE transition_log SET reason = 'rewritten'",
    "DELETE FROM transition_log",
]


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_published_or_logged_can_not_be_changed(stage: Stage, change: str) -> None:
    await stage.enrolled(await stage.publish(bundle()))
    with pytest.raises(DBAPIError, match="append-only"):
        async with stage.engine.begin() as connection:
            await connection.execute(text(change))


async def test_people_in_flight_stay_on_their_version(stage: Stage) -> None:
    old = await stage.publish(bundle(steps=emails([0, 60])))
    early = await stage.enrolled(old, "early@firm.example")
    new = await stage.publish(bundle(steps=emails([0, 60, 60])))
    late = await stage.enrolled(new, "late@firm.example")
    for enrollment in (early, late):
        await stage.settle(await stage.claimed(enrollment))
        await stage.pass_time(enrollment, timedelta(minutes=2))
        await stage.settle(await stage.claimed(enrollment))
    assert (await stage.row(early)).status.value == "completed"
    assert (await stage.row(late)).status.value == "active"
    assert (await stage.row(early)).sequence_version_id == old.id


async def test_publishers_at_once_of_one_content_make_one_version(stage: Stage) -> None:
    versions = await asyncio.gather(*(stage.publish(bundle()) for _ in range(8)))
    assert {v.version for v in versions} == {1}


async def test_a_return_to_an_old_content_is_a_new_version(stage: Stage) -> None:
    contents = [bundle(), bundle(gap=5), bundle()]
    assert [(await stage.publish(c)).version for c in contents] == [1, 2, 3]


async def test_the_index_itself_refuses_a_second_live_one(stage: Stage) -> None:
    await stage.enrolled(await stage.publish(bundle()))
    copy = """
        INSERT INTO enrollments SELECT (jsonb_populate_record(e,
            jsonb_build_object('id', gen_random_uuid()))).* FROM enrollments e"""
    with pytest.raises(IntegrityError, match="one_live_enrollment"):
        async with stage.engine.begin() as connection:
            await connection.execute(text(copy))
