"""One factory per value, and a stage: Postgres with a mailbox, sequences and people on it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import claims, contacts, enrollments, facts, happenings, limits, mailboxes, sequences
from db import settle as settling
from db.claims import Claim
from db.connection import Connection
from db.engine import connected, transaction
from db.enrollments import Enrolled
from db.facts import Facts
from db.occasion import Told
from db.sequences import SequenceVersion
from tenuto.domain.calendar import Window
from tenuto.domain.delay import Gap
from tenuto.domain.delivery import Broken, Fate, Sent
from tenuto.domain.enrollment import Enrollment, Standing, Status, Trigger
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.notice import MODELS, Notice, Signal
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan, Step
from tenuto.domain.sequence import Bundle, Message, Reentry, SequenceRules

MAILBOX = "anna@sender.example"
TEMPLATE = (
    "Subject: Hello {{ contact.first_name }}\n\nDear {{ contact.first_name }},\nhow are you?\n"
)
SEND_TIME = timedelta(seconds=30)


def rules(**changes: Any) -> SequenceRules:
    """No gap, no cap, always open: a test adds the rule that it is about."""
    values: dict[str, Any] = {
        "class_": "outreach",
        "triggers": tuple(Trigger),
        "reenter": Reentry(),
        "mailbox": MAILBOX,
        "zone": "contact",
        "default_zone": "UTC",
        "window": Window(),
        "jitter": 0,
        "gap": 0,
        "caps": (),
        "stale_after": None,
        "goal": None,
        "stop_on_reply": "person",
        "away_limit": 45 * 86_400,
        "soft_bounce_hold": Gap(seconds=3 * 86_400),
        "soft_bounce_times": 2,
        "list_unsubscribe": True,
        "opt_out_line": None,
    }
    return SequenceRules(**values | changes)


def emails(waits: Sequence[int], on_unknown: str = "continue") -> Plan:
    """An email after each wait (in seconds), then the end."""
    edges = [Edge(to=i, wait=wait) for i, wait in enumerate(waits)]
    after = [*edges[1:], Edge(to=len(waits))]
    steps = [EmailStep(id=f"mail-{i}", next=edge) for i, edge in enumerate(after)]
    return plan(edges[0], [*steps, ExitStep(id="end")], on_unknown)


def plan(start: Edge, steps: Sequence[Step], on_unknown: str = "continue") -> Plan:
    """A plan of any steps."""
    return Plan(start=start, steps=tuple(steps), on_unknown=on_unknown)  # type: ignore[arg-type]


def enrollment(**changes: Any) -> Enrollment:
    """A row on its first step, entered at a Monday's nine o'clock."""
    monday, nobody = datetime(2026, 3, 2, 9, tzinfo=UTC), UUID(int=0)
    ids: dict[str, Any] = dict.fromkeys(
        ["id", "contact_id", "address_id", "sequence_version_id"], nobody
    )
    values: dict[str, Any] = {
        "mailbox_id": nobody,
        "sequence_id": "welcome",
        "status": Status.ACTIVE,
        "current_step_index": 0,
        "step_entered_at": monday,
        "step_wait": timedelta(),
        "revision": 1,
        "enrolled_at": monday,
    }
    return Enrollment(**(ids | values | changes))


def bundle(slug: str = "welcome", steps: Plan | None = None, **changes: Any) -> Bundle:
    """A sequence of two mails, an hour apart."""
    steps = steps or emails([0, 3600])
    messages = {s.id: Message(template="mail.md") for s in steps.steps if isinstance(s, EmailStep)}
    return Bundle(
        slug=slug,
        plan=steps,
        rules=rules(**changes),
        messages=messages,
        templates={"mail.md": TEMPLATE},
        requires=("first_name",),
    )


@dataclass
class Stage:
    """Shorthand for what tests do to rows, through the same functions as the product."""

    engine: AsyncEngine

    async def do(self, work: Any, *arguments: Any, **named: Any) -> Any:
        """A db function in a transaction of its own."""

        async def call(connection: Connection) -> Any:
            return await work(connection, *arguments, **named)

        return await transaction(self.engine, call)

    async def mailbox(self, cap: Cap | None = None, address: str = MAILBOX, **changes: Any) -> UUID:
        """One without a pace, and an installation without limits: a test adds what it is about."""
        cap = cap or Cap(count=10_000, seconds=86_400)
        values: dict[str, Any] = {"gap": 0, "new_per_day": None, "ramp": False} | changes
        settings = mailboxes.MailboxSettings(address, "Anna", "Street 1, Town", cap, **values)
        await self.do(limits.write, Limits(), "test")
        saved: UUID = await self.do(mailboxes.save, settings)
        return saved

    async def publish(self, content: Bundle) -> SequenceVersion:
        version: SequenceVersion = (await self.do(sequences.publish, content))[0]
        return version

    async def enroll(self, version: SequenceVersion, email: str = "pat@firm.example") -> Enrolled:
        async def work(connection: Connection) -> Enrolled:
            contact = contacts.Contact(email, {"first_name": "Pat"})
            contact_id = await contacts.save(connection, contact)
            return await enrollments.enroll(
                connection, contact_id, email, version, Trigger.API, "test"
            )

        return await transaction(self.engine, work)

    async def enrolled(self, version: SequenceVersion, email: str = "pat@firm.example") -> UUID:
        found = (await self.enroll(version, email)).enrollment_id
        assert found is not None
        return found

    async def facts(self, enrollment_id: UUID) -> Facts:
        async with connected(self.engine) as connection:
            seen = await facts.of(connection, enrollment_id)
        assert seen is not None
        return seen

    async def row(self, enrollment_id: UUID) -> Enrollment:
        return (await self.facts(enrollment_id)).enrollment

    async def claim(self, enrollment_id: UUID, step: int | None = None) -> Claim | Standing:
        seen = await self.facts(enrollment_id)
        step = seen.enrollment.current_step_index if step is None else step
        current = seen.version.bundle.plan.steps[step]
        assert isinstance(current, EmailStep)
        return await claims.claim(self.engine, enrollment_id, step, current.next, SEND_TIME)

    async def claimed(self, enrollment_id: UUID) -> Claim:
        claim = await self.claim(enrollment_id)
        assert isinstance(claim, Claim), claim
        return claim

    async def settle(self, claim: Claim, fate: Fate | None = None) -> settling.Settled:
        mail = settling.Mail(f"<{claim.token}@sender.example>", "Hello Pat")
        return await settling.settle(self.engine, claim, mail, fate or Sent("250 ok"))

    async def record(
        self, enrollment_id: UUID, signal: Signal, notice: Notice | None = None
    ) -> list[Told]:
        notice = notice or MODELS[signal]()
        told: list[Told] = await self.do(
            happenings.record, enrollment_id, signal, notice, source="test"
        )
        return told

    async def fail(self, enrollment_id: UUID) -> settling.Settled:
        return await self.settle(await self.claimed(enrollment_id), Broken("no first_name"))

    async def all(self, query: str, **values: Any) -> list[Any]:
        async with self.engine.connect() as connection:
            return list(await connection.execute(text(query), values))

    async def until(self, query: str, **values: Any) -> None:
        """Wait until the query's first column is true."""
        async with asyncio.timeout(60):
            while not (await self.all(query, **values))[0][0]:
                await asyncio.sleep(0.02)

    async def ledger(self, enrollment_id: UUID) -> list[tuple[int, str, str | None]]:
        found = await self.all(
            "SELECT step_index, state, reason FROM sends WHERE enrollment_id = :id ORDER BY 1",
            id=enrollment_id,
        )
        return [tuple(row) for row in found]

    async def log(self, enrollment_id: UUID) -> list[str]:
        found = await self.all(
            "SELECT event FROM transition_log WHERE enrollment_id = :id ORDER BY revision",
            id=enrollment_id,
        )
        return [row.event for row in found]

    async def due_now(self, enrollment_id: UUID) -> None:
        """Make the current step due, whatever slot it has."""
        async with self.engine.begin() as connection:
            values = {"id": enrollment_id}
            await connection.execute(text(_DUE_NOW), values)

    async def pass_time(self, enrollment_id: UUID, by: timedelta) -> datetime:
        """Move everything that this enrollment remembers into the past, instead of waiting."""
        async with self.engine.begin() as connection:
            for statement in _PASS_TIME:
                await connection.execute(text(statement), {"id": enrollment_id, "by": by})
            now: datetime = (await connection.execute(text("SELECT tenuto_now()"))).scalar_one()
            return now


_DUE_NOW = """
    WITH due AS (UPDATE enrollments SET next_scheduled_at = tenuto_now() WHERE id = :id)
    UPDATE sends SET booked_at = tenuto_now() WHERE enrollment_id = :id AND state = 'pending'
"""
_PASS_TIME = (
    """UPDATE enrollments SET next_scheduled_at = next_scheduled_at - CAST(:by AS interval),
        step_entered_at = step_entered_at - CAST(:by AS interval),
        branch_deadline = branch_deadline - CAST(:by AS interval) WHERE id = :id""",
    """UPDATE sends SET sent_at = sent_at - CAST(:by AS interval),
        counts_at = counts_at - CAST(:by AS interval), deadline = deadline - CAST(:by AS interval),
        booked_at = booked_at - CAST(:by AS interval), ready_at = ready_at - CAST(:by AS interval)
        WHERE contact_id = (SELECT contact_id FROM enrollments WHERE id = :id)""",
    """UPDATE holds SET held_from = held_from - CAST(:by AS interval),
        held_until = held_until - CAST(:by AS interval)
        WHERE scope = 'everything' OR target IN (
            SELECT unnest(ARRAY[id, contact_id])::text FROM enrollments WHERE id = :id)""",
)
