"""P10: Temporal holds ids, plans and times: no address, name, or body, whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from temporalio.client import WorkflowExecution

from starter.contact import Contact
from starter.enroll import Starter
from tenuto.devstack.catcher import MailCatcher
from tenuto.domain.enrollment import Status
from tenuto.domain.notice import Bounced, Held, Notice, OutOfOffice, Signal
from tests.factories import bundle, emails
from tests.house import House

DOMAIN = "heliotrope.example"
TEMPLATE = (
    "Subject: Kumquats for {{ contact.first_name }}\n\n"
    "Dear {{ contact.first_name }} of {{ contact.company }},\nhave some marmalade.\n"
)
#: Bytes of what must never get there, in lower case.
PERSONAL = [b"zenobia", b"heliotrope", b"kumquat", b"marmalade", b"sender.example", b"street 1"]

#: Postgres quotes an address in an error, as a broken constraint of ours might.
QUOTE = """
    CREATE FUNCTION quote_address() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'no mail to %', (SELECT email FROM addresses
            WHERE contact_id = NEW.contact_id);
    END $$
"""
REFUSE = """
    CREATE TRIGGER refuse BEFORE UPDATE ON sends FOR EACH ROW
    WHEN (NEW.state = 'sending') EXECUTE FUNCTION quote_address()
"""


def refusal(recipient: str) -> str | None:
    """A server that quotes the address, as most do."""
    return f"550 5.1.1 <{recipient}>: user unknown" if "nobody" in recipient else None


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    async with MailCatcher(tmp_path / "catcher", policy=refusal) as server:
        yield server


async def enrolled(house: House, slug: str, who: str) -> UUID:
    """Through the services' door, with all that is known of a person."""
    known = {"first_name": "Zenobia", "company": "Heliotrope GmbH"}
    contact = Contact(email=f"zenobia.{who}@{DOMAIN}", attributes=known, owner="Zenobia's aunt")
    answer = await Starter(house.stage.engine, house.steering).enroll(slug, contact, by="test")
    assert answer.enrollment_id is not None
    return answer.enrollment_id


async def publish(house: House, slug: str, waits: list[int]) -> None:
    content = bundle(slug, emails(waits)).model_copy(update={"templates": {"mail.md": TEMPLATE}})
    await house.stage.publish(content)


async def kept(house: House) -> bytes:
    """Everything that the namespace holds, payloads as they are, in lower case."""
    parts: list[bytes] = []
    async for execution in house.client.list_workflows():
        parts += [part async for part in _of(house, execution)]
    async for schedule in await house.client.list_schedules():
        described = await house.client.get_schedule_handle(schedule.id).describe()
        parts.append(described.raw_description.SerializeToString())
    return b"\n".join(parts).lower()


async def _of(house: House, execution: WorkflowExecution) -> AsyncIterator[bytes]:
    yield execution.raw_info.SerializeToString()
    handle = house.client.get_workflow_handle(execution.id, run_id=execution.run_id)
    yield (await handle.describe()).raw_description.SerializeToString()
    async for event in handle.fetch_history_events():
        yield event.SerializeToString()


async def test_p10_no_persons_data_is_in_the_engine(house: House) -> None:
    await publish(house, "short", [0, 1])
    await publish(house, "long", [0, 3600])
    news: dict[str, tuple[Signal, Notice]] = {
        "paused": (Signal.HELD, Held(reason="Zenobia asked us to wait")),
        "away": (Signal.OUT_OF_OFFICE, OutOfOffice(until=datetime.now(UTC) + timedelta(days=9))),
        "replied": (Signal.REPLY_RECEIVED, Notice()),
        "opted_out": (Signal.UNSUBSCRIBED, Notice()),
        "bounced": (Signal.BOUNCED, Bounced()),
        "complained": (Signal.COMPLAINED, Notice()),
    }
    async with house.working():
        done = await enrolled(house, "short", "done")
        nobody = await enrolled(house, "short", "nobody")
        waiting = {who: await enrolled(house, "long", who) for who in news}
        for who, (signal, notice) in news.items():
            query = "SELECT current_step_index = 1 FROM enrollments WHERE id = :id"
            await house.stage.until(query, id=waiting[who])
            await house.steering.tell(await house.stage.record(waiting[who], signal, notice))
        assert await house.ended(done) is Status.COMPLETED
        assert await house.ended(nobody) is Status.BOUNCED
        for who in ("replied", "opted_out", "bounced", "complained"):
            await house.ended(waiting[who])
    found = await kept(house)
    assert [word for word in PERSONAL if word in found] == []
    # The search sees what is there, and there was something to hide.
    assert all(str(one).encode() in found for one in [done, nobody, *waiting.values()])
    assert house.catcher is not None
    mails = b"".join(house.catcher.log.raw(mail) for mail in house.catcher.mails).lower()
    assert [word for word in PERSONAL if word not in mails] == []


async def test_p10_a_failure_is_scrubbed(house: House) -> None:
    await publish(house, "short", [0])
    async with house.stage.engine.begin() as connection:
        await connection.execute(text(QUOTE))
        await connection.execute(text(REFUSE))
    async with house.working():
        refused = await enrolled(house, "short", "refused")
        async with asyncio.timeout(60):
            while await _attempt(house, refused) < 2:
                await asyncio.sleep(0.1)
        assert [word for word in PERSONAL if word in await kept(house)] == []
        async with house.stage.engine.begin() as connection:
            await connection.execute(text("DROP TRIGGER refuse ON sends"))
        assert await house.ended(refused) is Status.COMPLETED
        incomplete = await _incomplete(house)
        assert await house.ended(incomplete) is Status.FAILED
    assert [word for word in PERSONAL if word in await kept(house)] == []


async def _attempt(house: House, enrollment: UUID) -> int:
    """Which attempt of its activity is under way."""
    described = await house.handle(enrollment).describe()
    attempts = [activity.attempt for activity in described.raw_description.pending_activities]
    return max(attempts, default=0)


async def _incomplete(house: House) -> UUID:
    """One whose mail can't be made: what it needs was taken away after it came in."""
    await publish(house, "later", [2])
    enrollment = await enrolled(house, "later", "incomplete")
    async with house.stage.engine.begin() as connection:
        await connection.execute(text("UPDATE contacts SET attributes = '{}'"))
    return enrollment
