"""A company's gap and caps under races: its people are mailed from mailboxes of their own."""

import asyncio

import pytest
from sqlalchemy import text

from db import claims, facts, locks
from db.claims import Claim
from tenuto.domain.delay import Gap
from tenuto.domain.limits import Cap
from tenuto.domain.plan import Edge
from tests.factories import SEND_TIME, Stage, bundle
from tests.together import reading_together


async def race(stage: Stage, rivals: int = 8) -> int:
    """How many claims win of colleagues whom nothing ties together but their company."""
    ids = []
    for n in range(rivals):
        address = f"m{n}@sender.example"
        await stage.mailbox(address=address)
        content = bundle(f"s{n}", mailbox=address, company_gap=Gap(seconds=3600))
        ids.append(await stage.enrolled(await stage.publish(content), f"p{n}@firm.example"))
    for one in ids:
        # As if none had seen the others' slots.
        await stage.due_now(one)
    claimed = (claims.claim(stage.engine, one, 0, Edge(to=1), SEND_TIME) for one in ids)
    return sum(isinstance(found, Claim) for found in await asyncio.gather(*claimed))


async def test_of_eight_colleagues_claims_one_wins(stage: Stage) -> None:
    assert await race(stage) == 1


async def test_without_the_companys_lock_more_than_one_wins(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = str(locks._PERSON_AND_MAILBOX_OF)
    guarded, rest = statement.split("person AS MATERIALIZED")
    unlocked = guarded.replace("FOR NO KEY UPDATE", "") + "person AS MATERIALIZED" + rest
    monkeypatch.setattr(locks, "_PERSON_AND_MAILBOX_OF", text(unlocked))
    monkeypatch.setattr(facts, "of", reading_together(4))
    assert await race(stage, rivals=4) == 4


async def test_a_claim_holds_the_company_until_it_has_counted(stage: Stage) -> None:
    """What its own sends are counted by, whoever of it is written to."""
    content = bundle(domain_caps=(Cap(count=1, seconds=86_400),))
    one = await stage.enrolled(await stage.publish(content))
    waits = """SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    async with stage.engine.begin() as holder:
        await holder.execute(text("SELECT id FROM companies FOR NO KEY UPDATE"))
        claiming = asyncio.create_task(stage.claim(one, 0))
        async with asyncio.timeout(30):
            while (await stage.all(waits))[0][0] == 0:
                assert not claiming.done(), "it claimed without the company"
                await asyncio.sleep(0.01)
        # The company comes first: the person is free for others meanwhile.
        await holder.execute(text("SELECT id FROM contacts FOR NO KEY UPDATE NOWAIT"))
    assert isinstance(await claiming, Claim)
