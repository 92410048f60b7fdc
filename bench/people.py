"""Who is written to in the benchmark, and what: rows, as a bulk enrolment leaves them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from bench.bare import STEPS, WAIT
from db import contacts, enrollments, limits, mailboxes, sequences
from db.connection import Connection
from db.contacts import Contact
from db.engine import transaction
from db.mailboxes import MailboxSettings
from db.sequences import SequenceVersion
from tenuto.domain.calendar import Window
from tenuto.domain.delay import Gap
from tenuto.domain.enrollment import Trigger
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan
from tenuto.domain.sequence import Bundle, Message, Reentry, SequenceRules

_TEMPLATE = """\
Subject: A question, {{ contact.first_name }}

Hi {{ contact.first_name }},

who writes the second mail at {{ contact.company | default("your team") }}?

Best,
{{ mailbox.name }}
"""
_DAY = timedelta(days=1) // timedelta(seconds=1)


def mails(count: int, wait: timedelta, first: timedelta = timedelta()) -> Plan:
    """So many mails, `wait` apart, the first one after `first`."""
    waits = [time // timedelta(seconds=1) for time in (first, *[wait] * (count - 1), timedelta())]
    start, *after = [Edge(to=i, wait=seconds) for i, seconds in enumerate(waits)]
    steps = [EmailStep(id=f"mail-{i}", next=edge) for i, edge in enumerate(after)]
    return Plan(start=start, steps=(*steps, ExitStep(id="end")), on_unknown="continue")


async def publish(
    engine: AsyncEngine,
    count: int,
    plan: Plan | None = None,
    name: str = "bench",
    **changes: object,
) -> list[SequenceVersion]:
    """A mailbox with a cap that nobody reaches, and its sequence; so many of both.

    `changes` are those of the sequences' rules.
    """
    plan = plan or mails(STEPS, WAIT)

    async def work(connection: Connection) -> list[SequenceVersion]:
        return [await _publish(connection, f"{name}-{i}", plan, changes) for i in range(count)]

    return await transaction(engine, work)


async def _publish(
    connection: Connection, slug: str, plan: Plan, changes: Mapping[str, object]
) -> SequenceVersion:
    address = f"anna@{slug}.example"
    cap = Cap(count=1_000_000, seconds=_DAY)
    settings = MailboxSettings(
        address, "Anna", "Street 1, Town", cap, gap=0, new_per_day=None, ramp=False
    )
    await mailboxes.save(connection, settings)
    await limits.write(connection, Limits(), "bench")
    ruled = rules(address).model_copy(update=changes)
    version, _ = await sequences.publish(connection, bundle(slug, plan, ruled))
    return version


def bundle(slug: str, plan: Plan, rules: SequenceRules) -> Bundle:
    """A sequence whose mails are one conversation."""
    first, *later = [step.id for step in plan.steps if isinstance(step, EmailStep)]
    messages = {step: Message(template="mail.md", thread=first) for step in later}
    return Bundle(
        slug=slug,
        plan=plan,
        rules=rules,
        messages={first: Message(template="mail.md"), **messages},
        templates={"mail.md": _TEMPLATE},
        requires=("first_name",),
    )


def rules(mailbox: str) -> SequenceRules:
    """Every rule is asked, none of them defers."""
    return SequenceRules(
        class_="outreach",
        triggers=tuple(Trigger),
        reenter=Reentry(),
        mailbox=mailbox,
        zone="contact",
        default_zone="UTC",
        window=Window(),
        jitter=0,
        gap=Gap(seconds=1),
        caps=(Cap(count=10, seconds=_DAY),),
        stale_after=None,
        goal=None,
        stop_on_reply="person",
        away_limit=45 * _DAY,
        soft_bounce_hold=Gap(business_days=3),
        soft_bounce_times=2,
        list_unsubscribe=True,
        opt_out_line="Reply “stop” and I won’t write again.",
    )


async def enroll(
    engine: AsyncEngine, versions: Sequence[SequenceVersion], count: int, name: str
) -> list[UUID]:
    """So many people, spread over the mailboxes; their workflows aren't started yet."""

    async def work(connection: Connection) -> list[UUID]:
        return [
            await _enroll(connection, versions[i % len(versions)], f"{name}-{i}")
            for i in range(count)
        ]

    return await transaction(engine, work)


async def _enroll(connection: Connection, version: SequenceVersion, name: str) -> UUID:
    email = f"{name}@firm.example"
    contact = Contact(
        email, {"first_name": "Pat", "company": "Firm"}, zone="UTC", zone_source="contact"
    )
    contact_id = await contacts.save(connection, contact)
    made = await enrollments.enroll(connection, contact_id, email, version, Trigger.IMPORT, "bench")
    if made.enrollment_id is None:
        raise AssertionError(made.outcome)
    return made.enrollment_id
