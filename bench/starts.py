"""A queue of new starts: so many contacts on two mailboxes, for so many simulated weeks.

    python -m bench.starts --contacts 5000 --weeks 4

Claims and settles are the product's own, one after the other at the instants that the rows name;
nothing is sent. Last line: one JSON object. `dispatches_per_send` counts every waking of a row;
`late` the follow-ups that left over an hour after their first legal moment, other follow-ups
being before them; `late_because_of_starts` those in whose place a new start left.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import still_clock
from db import claims, contacts, enrollments, mailboxes, sequences
from db import settle as settling
from db.claims import Claim
from db.connection import Connection, Row
from db.engine import connect, connected, disposed, transaction
from db.mailboxes import MailboxSettings
from db.migrate import upgrade
from db.sequences import SequenceVersion
from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.domain.calendar import Clock, Hours, Opening, Window
from tenuto.domain.delay import Gap
from tenuto.domain.delivery import Sent
from tenuto.domain.enrollment import Trigger
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan
from tenuto.domain.sequence import Bundle, Message, Reentry, SequenceRules
from tenuto.domain.zone import zone
from tenuto.runtime.sweeper import Sweeper

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Europe/Paris")
SWEEP_EVERY = timedelta(hours=1)
#: One row of an import after the other.
BETWEEN_ROWS = timedelta(milliseconds=20)
TIME_TO_SEND = timedelta(seconds=30)
#: A follow-up that leaves within this of its first legal moment is not late.
PATIENCE = timedelta(hours=1)
#: Seconds: the widest gap that the mailboxes' slots keep.
WIDE = 780
_DAY = 86_400
_NEXT = text("""
    SELECT id, current_step_index, next_scheduled_at FROM enrollments
    WHERE status = 'active' ORDER BY next_scheduled_at, id LIMIT 1
""")
_SENT = text("""
    SELECT s.enrollment_id, s.step_index, s.starts, s.sent_at, s.ready_at, s.mailbox_id, c.zone
    FROM sends s JOIN contacts c ON c.id = s.contact_id WHERE s.state = 'sent' ORDER BY s.sent_at
""")
_LAST_START = text("SELECT max(booked_at) FROM sends WHERE starts AND state = 'pending'")


def bundle() -> Bundle:
    """Four mails: after three, four and five business days."""
    waits = (0, 3, 4, 5)
    steps = [
        EmailStep(
            id=f"mail-{i}",
            next=Edge(to=i + 1, business_days=waits[i + 1] if i < 3 else 0),  # noqa: PLR2004 - the last one
        )
        for i in range(len(waits))
    ]
    rules = SequenceRules(
        class_="outreach", triggers=tuple(Trigger), reenter=Reentry(), mailbox="", pool="sales",
        zone="contact", default_zone="UTC", jitter=1200, gap=Gap(), caps=(), stale_after=None,
        goal=None,
        window=Window(days=None, hours=(Hours(start=540, end=690), Hours(start=810, end=990))),
        stop_on_reply="person", away_limit=45 * _DAY, soft_bounce_hold=Gap(business_days=3),
        soft_bounce_times=2, list_unsubscribe=True, opt_out_line=None,
    )  # fmt: skip
    return Bundle(
        slug="founders",
        plan=Plan(start=Edge(to=0), steps=(*steps, ExitStep(id="end"))),
        rules=rules,
        messages={step.id: Message(template="m.md") for step in steps},
        templates={"m.md": "Subject: Hello\n\nHello\n"},
        requires=(),
    )


@dataclass
class Run:
    """What happened."""

    dispatches: int = 0
    moved: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=monotonic)


async def prepared(engine: AsyncEngine, count: int, seed: int, mailbox_count: int) -> None:
    """The clock, the mailboxes, the people."""

    async def base(connection: Connection) -> SequenceVersion:
        await still_clock.install(connection, MONDAY)
        for n in range(mailbox_count):
            box = MailboxSettings(f"m{n}@sender.example", "Anna", "Street 1", pools=("sales",))
            await mailboxes.save(connection, box)
        return (await sequences.publish(connection, bundle()))[0]

    version = await transaction(engine, base)
    drawn = random.Random(seed)  # noqa: S311 - a seed, so that a run comes again
    for n in range(count):
        where = drawn.choice(ZONES)

        async def enroll(connection: Connection, n: int = n, where: str = where) -> None:
            await still_clock.forward(connection, MONDAY + n * BETWEEN_ROWS)
            email = f"p{n}@firm-{n}.example"
            contact = contacts.Contact(email, {}, zone=where, zone_source="contact")
            contact_id = await contacts.save(connection, contact)
            await enrollments.enroll(
                connection, contact_id, email, version, Trigger.IMPORT, "bench"
            )

        await transaction(engine, enroll)
        if sys.stderr.isatty() and n % 100 == 0:
            print(f"\renrolled {n}", end="", file=sys.stderr)


async def run(engine: AsyncEngine, until: datetime) -> Run:
    """Wake each row when it says so."""
    found, sweeper, swept = Run(), Sweeper(engine, None), MONDAY
    while True:
        async with connected(engine) as connection:
            row = (await connection.execute(_NEXT)).first()
            if row is None or row.next_scheduled_at > until:
                return found
        if row.next_scheduled_at - swept > SWEEP_EVERY:
            swept = row.next_scheduled_at - timedelta(minutes=1)
            async with connected(engine) as connection:
                await still_clock.forward(connection, swept)
            found.moved += (await sweeper.sweep()).moved
            continue
        async with connected(engine) as connection:
            # A worker is never on the dot.
            late = timedelta(milliseconds=200)
            await still_clock.forward(connection, row.next_scheduled_at + late)
        found.dispatches += 1
        plan = bundle().plan
        step = plan.steps[row.current_step_index]
        assert isinstance(step, EmailStep)  # noqa: S101 - the plan has no other
        claim = await claims.claim(
            engine, UUID(int=row.id.int), row.current_step_index, step.next, TIME_TO_SEND
        )
        if isinstance(claim, Claim):
            await settling.settle(engine, claim, settling.Mail(), Sent("250 ok"))
        else:
            found.reasons[claim.reason or ""] += 1


def late(sent: Sequence[Row]) -> Iterator[tuple[Row, bool]]:
    """Follow-ups that left over an hour after they could, and whether a start was in their place.

    It was, if one left in hours that were theirs, over an hour before them, with so much room
    about it that they would have fitted there.
    """
    for row in sent:
        opening = Opening(bundle().rules.window, Clock(zone(row.zone)))
        first, _ = opening.next_opening(row.ready_at)
        if row.starts or row.sent_at - first < PATIENCE:
            continue
        theirs = [other.sent_at for other in sent if other.mailbox_id == row.mailbox_id]
        before = [
            start.sent_at
            for start in sent
            if start.starts
            and start.mailbox_id == row.mailbox_id
            and first <= start.sent_at < row.sent_at - PATIENCE
            and opening.contains(start.sent_at)
        ]
        yield row, any(_roomy(at, theirs) for at in before)


def _roomy(at: datetime, others: Sequence[datetime]) -> bool:
    return not any(0 < abs((other - at).total_seconds()) < WIDE for other in others)


async def report(engine: AsyncEngine, found: Run) -> dict[str, object]:
    """Counts, by what the ledger says."""
    async with connected(engine) as connection:
        sent = list(await connection.execute(_SENT))
        last = await connection.scalar(_LAST_START)
    behind = [because for _, because in late(sent)]
    per_day = Counter((row.mailbox_id, row.sent_at.date()) for row in sent)
    starts = Counter((row.mailbox_id, row.sent_at.date()) for row in sent if row.starts)
    return {
        "sends": len(sent),
        "starts": sum(row.starts for row in sent),
        "dispatches_per_send": round(found.dispatches / max(len(sent), 1), 3),
        "moved_by_sweeper": found.moved,
        "reasons": dict(found.reasons),
        "follow_ups": len(sent) - sum(row.starts for row in sent),
        "late": len(behind),
        "late_because_of_starts": sum(behind),
        "most_a_day": max(per_day.values(), default=0),
        "most_starts_a_day": max(starts.values(), default=0),
        "last_start": str(last),
        "seconds": round(monotonic() - found.started),
    }


async def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=5000)
    parser.add_argument("--mailboxes", type=int, default=2)
    parser.add_argument("--weeks", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder) / "pg", durable=False) as server,
    ):
        url = server.create_database("starts")
        await upgrade(url)
        async with disposed(connect(url)) as engine:
            await prepared(engine, given.contacts, given.seed, given.mailboxes)
            found = await run(engine, MONDAY + timedelta(weeks=given.weeks))
            print(json.dumps(await report(engine, found)))


if __name__ == "__main__":
    asyncio.run(main())
