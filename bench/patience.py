"""How long a new start may wait for its turn: whoever waits longer is starved.

A fair queue serves a mailbox's mails at the rate that its cap and gap leave, its starts at that of
new starts in a day; a company's mails at the rate of its caps and gaps; a person's one gap after
the other. Nobody need wait longer than for all of these, one behind the other. The bound is twice
that, with five days in seven and six hours a day on which anything is open, and days for a ramp.
Any mailbox is taken for the slowest, and any company for the largest.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.lineup import DAY, HOUR, Lineup
from tenuto.domain.delay import Gap
from tenuto.domain.limits import Cap
from tenuto.domain.plan import EmailStep

_OPEN, _WEEK = 6 * HOUR, 7 / 5
_RAMP_DAYS = 40
_WAITING = text("""
    SELECT e.id, tenuto_now() - s.ready_at AS waited FROM enrollments e
    JOIN sends s ON s.enrollment_id = e.id AND s.state = 'pending'
    WHERE e.status = 'active' AND NOT EXISTS (
        SELECT FROM sends o WHERE o.enrollment_id = e.id AND o.counts_at IS NOT NULL)
""")


def bound(lineup: Lineup) -> timedelta:
    """Twice the time in which a fair queue serves the last one."""
    company, person = Counter[str](), Counter[str]()
    boxes, starts = Counter[str](), Counter[str]()
    for one in lineup.people:
        for number in one.sequences:
            bundle = lineup.bundles[number]
            mails = sum(isinstance(step, EmailStep) for step in bundle.plan.steps)
            company[one.email.partition("@")[2]] += mails
            person[one.email] += mails
            # A pool may choose any of its mailboxes for all.
            name = bundle.rules.mailbox or "pool"
            boxes[name] += mails
            starts[name] += 1
    days = [
        _most(boxes) / min(_rates(lineup)),
        _most(starts) / min(_starts_a_day(lineup)),
        _most(company) / min(_company_rates(lineup)),
        _most(person) * max(_gaps(lineup)),
        _RAMP_DAYS,
    ]
    return 2 * timedelta(days=sum(days) * _WEEK)


async def starved(engine: AsyncEngine, patience: timedelta) -> list[UUID]:
    """Live ones that never got a mail, though the first has been ready for so long."""
    async with engine.connect() as connection:
        rows = (await connection.execute(_WAITING)).all()
    return [UUID(int=row.id.int) for row in rows if row.waited > patience]


def _rates(lineup: Lineup) -> Iterable[float]:
    """Mails a day."""
    for box in lineup.mailboxes:
        yield box.cap.count * (_OPEN / box.cap.seconds if box.cap.seconds < DAY else 1)
        yield _OPEN / max(box.gap, 1)


def _starts_a_day(lineup: Lineup) -> Iterable[float]:
    yield DAY
    yield from (box.new_per_day for box in lineup.mailboxes if box.new_per_day)
    yield from (one.rules.new_per_day for one in lineup.bundles if one.rules.new_per_day)


def _company_rates(lineup: Lineup) -> Iterable[float]:
    yield DAY
    for limits in (lineup.limits, *(one.rules.limits for one in lineup.bundles)):
        yield from (_rate(cap) for cap in limits.domain_caps)
        if limits.company_gap is not None:
            yield _OPEN / limits.company_gap.seconds


def _gaps(lineup: Lineup) -> Iterable[float]:
    """Days that a person's mail may have to keep from the one before."""
    for limits in (lineup.limits, *(one.rules.limits for one in lineup.bundles)):
        yield _days(limits.gap)
        yield from (1 / _rate(cap) for cap in limits.caps)


def _days(gap: Gap) -> float:
    return max(gap.business_days, gap.seconds / DAY)


def _rate(cap: Cap) -> float:
    return cap.count * DAY / cap.seconds


def _most(counted: Counter[str]) -> int:
    return max(counted.values())
