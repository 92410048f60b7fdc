"""The demo's first acts: one contact's schedule, the mails, and a reply that ends it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from rich import box
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from activities.writing import Addressee, Pen, letter
from db import pools, preview, timeline
from db.engine import connected
from db.preview import Schedule
from db.timeline import Person
from starter.contact import Contact
from tenuto.devstack.demo_people import FOUNDERS
from tenuto.devstack.demo_world import World
from tenuto.devstack.mail_log import parse
from tenuto.devstack.prospects import Original, reply
from tenuto.domain import threads
from tenuto.domain.enrollment import Trigger
from tenuto.domain.errors import DependencyError
from tenuto.domain.ids import SendRef
from tenuto.domain.sequence import Bundle
from tenuto.mail.letter import Letter, ThreadParent
from tenuto.runtime.mailing import pen

OUTREACH = "founders-outreach"
_MIKA = Contact(
    email="mika@harbor.example",
    attributes={"first_name": "Mika", "company": "Harbor"},
    zone="Asia/Tokyo",
)
_ZOE = Contact(
    email="zoe@quartz.example",
    attributes={"first_name": "Zoe", "company": "Quartz"},
    zone="Europe/Berlin",
)
_NOT_ENROLLED = UUID(int=0)
_PATIENCE_S = 60


async def schedule(world: World) -> Schedule:
    """Act one: when a contact would get what, and why then."""
    version = await world.version(OUTREACH)
    async with connected(world.engine) as connection:
        zone = _MIKA.zone
        made = await preview.previewed(
            connection, _MIKA.email, version, zones=(zone,) if zone else ()
        )
    found = made.schedule
    table = Table("step", "what", f"on Mika’s clock, {found.zone}", "why then", box=box.SIMPLE)
    for step in found.steps:
        local = f"{step.local:%a %d %b %H:%M}" if step.local else ""
        table.add_row(step.step_id, step.kind, local, step.reason)
    world.console.print(table)
    return found


async def mails(world: World, found: Schedule) -> None:
    """Act two: each of these mails, by the code that writes those that are sent."""
    version = await world.version(OUTREACH)
    async with connected(world.engine) as connection:
        mailbox = await pools.mailbox(connection, version.bundle.rules)
    to = Addressee(_MIKA.email, _MIKA.attributes, mailbox)
    for one in _letters(version.bundle, to, found, pen(world.stack.settings)):
        mail = parse(one.raw)
        body = mail.get_body(("plain",))
        head = f"From: {mail['From']}\nTo: {mail['To']}\nSubject: {mail['Subject']}\n\n"
        content = Text(head + (str(body.get_content()).strip() if body else ""))
        world.console.print(Panel(content, box=box.ROUNDED, width=min(world.console.width, 96)))


def _letters(bundle: Bundle, to: Addressee, found: Schedule, ink: Pen) -> Iterator[Letter]:
    written: dict[str, Letter] = {}
    for planned in found.steps:
        if planned.kind != "email" or planned.at is None:
            continue
        ref = SendRef(_NOT_ENROLLED, planned.step_index)
        earlier = [written[i] for i in threads.earlier(bundle, planned.step_id) if i in written]
        ids = tuple(one.message_id for one in earlier)
        parent = ThreadParent(ids, earlier[0].subject) if earlier else None
        written[planned.step_id] = letter(bundle, planned.step_id, ref, to, planned.at, ink, parent)
        yield written[planned.step_id]


async def stopped_by_reply(world: World) -> None:
    """Act three: a reply comes in, and the next step is gone."""
    console, catcher = world.console, world.stack.catcher
    before = len(catcher.mails)
    await world.starter.enroll(FOUNDERS, _ZOE, by="demo", trigger=Trigger.MANUAL)
    mail = (await catcher.wait_for(before + 1, _PATIENCE_S))[before]
    console.print(f"Zoe got “{mail.subject}”. Her row in Postgres, and the mails booked for her:")
    await _until(world, "active", step="nudge")
    console.print(await _rows(world))
    console.print("She answers over SMTP: “Sounds good, call me.” The same rows after that:")
    original = Original(mail.envelope_from, mail.recipients[0], catcher.log.raw(mail))
    answer = reply(original, datetime.now(UTC), "Sounds good, call me.")
    await world.stack.doors.deliver(answer)
    await _until(world, "replied")
    console.print(await _rows(world))


async def _until(world: World, status: str, step: str | None = None) -> None:
    """Wait for Zoe's row to get there."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                row = (await _zoe(world)).enrollments[0]
                if row.status == status and step in {None, row.step}:
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        msg = f"Zoe isn’t {status} after {_PATIENCE_S} s; the logs are in {world.stack.folder}"
        raise DependencyError(msg) from None


async def _zoe(world: World) -> Person:
    async with connected(world.engine) as connection:
        return await timeline.person(connection, _ZOE.email)


async def _rows(world: World) -> Table:
    zoe = await _zoe(world)
    row = zoe.enrollments[0]
    when = f"{row.next_at:%H:%M:%S} ({row.reason})" if row.next_at else "never: " + str(row.reason)
    table = Table("status", "step", "next", "mails", box=box.SIMPLE)
    sends = [entry for entry in zoe.timeline if entry.kind == "send"]
    ledger = ", ".join(f"{(entry.step_index or 0) + 1}. {entry.what}" for entry in sends)
    table.add_row(row.status, row.step, when, ledger)
    return table
