"""A file's rows queue in the file's order, whoever keeps one of them waiting."""

import asyncio

from sqlalchemy import text

from db import contacts
from db.contacts import Contact as Person
from starter.bulk import Bulk
from starter.contact import Contact
from starter.contact_file import Row
from starter.enroll import Starter
from tenuto.domain.enrollment import Trigger
from tests.factories import Stage, bundle, emails

EMAILS = [f"p{n}@firm{n}.example" for n in range(6)]
BLOCKED = """
    SELECT count(*) > 0 FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
QUEUE = """
    SELECT a.email FROM enrollments e JOIN addresses a ON a.id = e.address_id
    ORDER BY e.next_scheduled_at, e.enrolled_at
"""


async def test_rows_are_enrolled_one_after_the_other(stage: Stage) -> None:
    await stage.mailbox(gap=600)
    version = await stage.publish(bundle(steps=emails([0])))
    await stage.do(contacts.save, Person(EMAILS[0]))
    bulk = Bulk(Starter(stage.engine, None), version, Trigger.IMPORT, "test")
    rows = [
        Row(line, Contact(email=email, attributes={"first_name": "Pat"}))
        for line, email in enumerate(EMAILS, start=2)
    ]

    async def enrolled() -> list[int]:
        return [answer.line async for answer in bulk.answers(rows)]

    async with stage.engine.begin() as holder:
        await holder.execute(text("SELECT id FROM contacts FOR NO KEY UPDATE"))
        enrolling = asyncio.create_task(enrolled())
        async with asyncio.timeout(30):
            while not (await stage.all(BLOCKED))[0][0]:
                await asyncio.sleep(0.01)
        # Whoever could overtake would have by now.
        await asyncio.sleep(0.3)
    assert await enrolling == [row.line for row in rows]
    assert [email for (email,) in await stage.all(QUEUE)] == EMAILS
