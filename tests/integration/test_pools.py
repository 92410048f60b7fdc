"""Pools of mailboxes: who writes to whom, and what happens when one is gone."""

from datetime import timedelta
from uuid import UUID

import pytest

from db import contacts, enrollments, mailboxes, moving, switches
from db.connection import Connection
from db.engine import connected
from tenuto.domain.enrollment import Trigger
from tenuto.domain.errors import NotFoundError
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Signal
from tenuto.domain.sequence import Reentry
from tests.factories import Stage, bundle, emails

ANNA, BEN, CLEO = (f"{name}@sender.example" for name in ("anna", "ben", "cleo"))


async def pool(stage: Stage) -> dict[str, UUID]:
    return {
        address: await stage.mailbox(address=address, pools=("sales",), owner=owner)
        for address, owner in ((ANNA, "anna"), (BEN, "ben"), (CLEO, None))
    }


async def mailbox_of(stage: Stage, enrollment: UUID) -> str:
    found = await stage.all(
        """SELECT m.address FROM enrollments e JOIN mailboxes m ON m.id = e.mailbox_id
        WHERE e.id = :id""",
        id=enrollment,
    )
    return str(found[0].address)


async def enrolled(stage: Stage, slug: str, email: str, owner: str | None = None) -> UUID:
    version = await stage.publish(
        bundle(slug, emails([0, 60]), mailbox="", pool="sales", by_owner=True,
               reenter=Reentry(mode="after exit"))
    )  # fmt: skip

    async def work(connection: Connection) -> UUID:
        contact = contacts.Contact(email, {"first_name": "Pat"}, owner=owner)
        contact_id = await contacts.save(connection, contact)
        made = await enrollments.enroll(connection, contact_id, email, version, Trigger.API, "t")
        assert made.enrollment_id is not None
        return made.enrollment_id

    found: UUID = await stage.do(work)
    return found


async def test_new_people_go_where_there_is_most_room(stage: Stage) -> None:
    await pool(stage)
    made = [await enrolled(stage, "one", f"p{n}@firm.example") for n in range(6)]
    used = [await mailbox_of(stage, one) for one in made]
    assert sorted(used.count(address) for address in (ANNA, BEN, CLEO)) == [2, 2, 2]


async def test_the_owner_writes_to_their_own_people(stage: Stage) -> None:
    await pool(stage)
    made = [await enrolled(stage, "one", f"p{n}@firm.example", "ben") for n in range(4)]
    assert {await mailbox_of(stage, one) for one in made} == {BEN}


async def test_whoever_wrote_to_a_person_goes_on_doing_so(stage: Stage) -> None:
    await pool(stage)
    first = await enrolled(stage, "one", "pat@firm.example")
    before = await mailbox_of(stage, first)
    await stage.record(first, Signal.REMOVED)
    for n in range(5):
        await enrolled(stage, "one", f"p{n}@firm.example")
    # Not even a new owner takes a conversation away from the mailbox that has it.
    again = await enrolled(stage, "two", "pat@firm.example", "ben")
    assert await mailbox_of(stage, again) == before


async def test_a_held_mailbox_takes_nobody_new(stage: Stage) -> None:
    boxes = await pool(stage)
    for address in (ANNA, BEN):
        await switches.switch_off(
            stage.engine, HoldScope.MAILBOX, str(boxes[address]), reason="operator", source="test"
        )
    made = [await enrolled(stage, "one", f"p{n}@firm.example") for n in range(3)]
    assert {await mailbox_of(stage, one) for one in made} == {CLEO}


async def test_an_owners_mailbox_that_is_held_takes_nobody_new_either(stage: Stage) -> None:
    boxes = await pool(stage)
    await switches.switch_off(
        stage.engine, HoldScope.MAILBOX, str(boxes[ANNA]), reason="dead", source="test"
    )
    made = await enrolled(stage, "one", "pat@firm.example", owner="Anna")
    assert await mailbox_of(stage, made) != ANNA
    again = await enrolled(stage, "one", "kim@firm.example", owner=" BEN".strip())
    assert await mailbox_of(stage, again) == BEN


async def test_an_empty_pool_says_how_to_fill_it(stage: Stage) -> None:
    with pytest.raises(NotFoundError, match="tenuto mailbox add … --pool sales"):
        await enrolled(stage, "one", "pat@firm.example")


async def test_a_backlog_of_one_mailbox_holds_up_nobody_elses(stage: Stage) -> None:
    await stage.mailbox(address=ANNA, new_per_day=1, gap=600)
    await stage.mailbox(address=BEN, new_per_day=1, gap=600)
    slow = await stage.publish(bundle("slow", emails([0]), mailbox=ANNA))
    fast = await stage.publish(bundle("fast", emails([0]), mailbox=BEN))
    for n in range(20):
        await stage.enrolled(slow, f"p{n}@firm{n}.example")
    claim = await stage.claimed(await stage.enrolled(fast, "pat@other.example"))
    assert claim.facts.mailbox.address == BEN


async def test_people_are_moved_off_a_mailbox_and_begin_new_conversations(stage: Stage) -> None:
    boxes = await pool(stage)
    made = [await enrolled(stage, "one", f"p{n}@firm.example", "anna") for n in range(3)]
    await stage.settle(await stage.claimed(made[0]))
    told = [t async for t in moving.move(stage.engine, boxes[ANNA], boxes[BEN], source="test")]
    assert [len(one) for one in told] == [1, 1, 1]
    assert {await mailbox_of(stage, one) for one in made} == {BEN}
    await stage.pass_time(made[0], timedelta(minutes=2))
    follow_up = await stage.claimed(made[0])
    assert follow_up.facts.mailbox.address == BEN
    # A "Re:" from somebody who never wrote would be a lie.
    assert follow_up.thread == ()
    waiting = await stage.all(
        "SELECT DISTINCT mailbox_id FROM sends WHERE state IN ('pending', 'sending')"
    )
    assert [row.mailbox_id for row in waiting] == [boxes[BEN]]
    async with connected(stage.engine) as connection:
        assert len(await mailboxes.overview(connection)) == 3
