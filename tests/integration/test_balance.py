"""The audit of the books finds nothing after any life, and finds each kind of fault."""

import pytest
from sqlalchemy import text

from db import balance
from tenuto.domain.delivery import Broken, NotSent, Refused, Unclear
from tenuto.domain.notice import Signal
from tests.factories import Stage, bundle, emails

FAULTS = {
    "no line in the ledger": "DELETE FROM sends",
    "never was current": (
        "INSERT INTO sends (enrollment_id, step_index, step_id, contact_id, mailbox_id) "
        "SELECT enrollment_id, 5, 'x', contact_id, mailbox_id FROM sends LIMIT 1"
    ),
    "not the current step any more": (
        "UPDATE sends SET state = 'pending', sent_at = NULL, counts_at = NULL WHERE step_index = 0"
    ),
    "still the current step": "UPDATE sends SET state = 'skipped' WHERE step_index = 1",
    "sending for longer": (
        "UPDATE sends SET state = 'sending', token = gen_random_uuid(), sent_at = NULL, "
        "counts_at = now(), deadline = now() - interval '1 day' WHERE step_index = 0"
    ),
    "last line of its transition log": "UPDATE enrollments SET current_step_index = 0",
    "has a gap": (
        "ALTER TABLE transition_log DISABLE TRIGGER USER; "
        "DELETE FROM transition_log WHERE revision = 1"
    ),
}


async def test_the_books_balance_after_every_fate(stage: Stage) -> None:
    version = await stage.publish(bundle(steps=emails([0, 0, 3600])))
    fates = [None, NotSent("x"), Unclear("x"), Refused("550 5.1.1", recipient=True)]
    for number, fate in enumerate([*fates, Refused("554", recipient=False), Broken("x")]):
        enrollment = await stage.enrolled(version, f"p{number}@firm.example")
        await stage.settle(await stage.claimed(enrollment), fate)
        if number == 0:
            claim = await stage.claimed(enrollment)
            await stage.record(enrollment, Signal.REPLY_RECEIVED)
            assert await stage.do(balance.imbalances) == []
            await stage.settle(claim)
        assert await stage.do(balance.imbalances) == []


@pytest.mark.parametrize("what", FAULTS)
async def test_each_fault_is_found(stage: Stage, what: str) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.settle(await stage.claimed(enrollment))
    assert await stage.do(balance.imbalances) == []
    async with stage.engine.begin() as connection:
        for statement in FAULTS[what].split("; "):
            await connection.execute(text(statement))
    found = await stage.do(balance.imbalances)
    assert any(what in one.what for one in found), found
