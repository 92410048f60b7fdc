"""What broke a rule: read from the mails that left, with none of the product's own counting."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.lineup import Lineup
from bench.rivals import Stop
from db.mailboxes import MailboxSettings
from tenuto.domain.delay import Gap
from tenuto.domain.limits import Limits

#: None of the zones in a lineup changes its clock.
_HOURS = {"UTC": 0, "Asia/Tokyo": 9, "America/Bogota": -5}
_FRIDAY = 4

_MAILS = """
    mails AS (
        SELECT s.id, s.enrollment_id, s.contact_id, s.mailbox_id, s.claimed_at, s.counts_at,
            e.sequence_id, c.zone, c.company_id,
            row_number() OVER (PARTITION BY s.enrollment_id ORDER BY s.claimed_at) = 1 AS starts
        FROM sends s JOIN enrollments e ON e.id = s.enrollment_id
        JOIN contacts c ON c.id = s.contact_id WHERE s.counts_at IS NOT NULL
    )
"""
_PAIRS = f"""
    WITH {_MAILS} SELECT contact_id, zone, sequence_id, counts_at AS at,
        lag(counts_at) OVER w AS before, lag(sequence_id) OVER w AS sequence_before
    FROM mails WINDOW w AS (PARTITION BY contact_id ORDER BY counts_at)
"""  # noqa: S608 - assembled from constants
#: One that left at the same time as others of its company comes behind those claimed before.
_OTHERS = f"""
    WITH {_MAILS} SELECT m.company_id, m.zone, m.sequence_id, m.counts_at AS at,
        (SELECT max(o.counts_at) FROM mails o WHERE o.company_id = m.company_id
            AND o.contact_id <> m.contact_id AND o.claimed_at < m.claimed_at) AS before
    FROM mails m
"""  # noqa: S608 - assembled from constants
_CROWDED = f"""
    WITH {_MAILS} SELECT m.{{who}}, m.counts_at AS at FROM mails m
    WHERE m.sequence_id = ANY(:sequences) AND :count < (
        SELECT count(*) FROM mails o WHERE o.{{who}} = m.{{who}} AND o.claimed_at <= m.claimed_at
            AND o.counts_at > m.claimed_at - make_interval(secs => :seconds))
"""  # noqa: S608 - assembled from constants
_MAILBOX = f"""
    WITH {_MAILS} SELECT counts_at AS at, lag(counts_at) OVER w AS before,
        (claimed_at AT TIME ZONE :zone)::date AS day,
        dense_rank() OVER (ORDER BY (claimed_at AT TIME ZONE :zone)::date) - 1 AS sending_days,
        count(*) OVER (w RANGE BETWEEN CAST(:span AS interval) PRECEDING AND CURRENT ROW) AS crowd
    FROM mails WHERE mailbox_id = :mailbox WINDOW w AS (ORDER BY counts_at)
"""  # noqa: S608 - assembled from constants
_STARTS = f"""
    WITH {_MAILS} SELECT (counts_at AT TIME ZONE :zone)::date AS day, count(*) AS number
    FROM mails WHERE mailbox_id = :mailbox AND starts AND sequence_id = ANY(:sequences)
    GROUP BY 1 HAVING count(*) > :most
"""  # noqa: S608 - assembled from constants
_ALL = f"WITH {_MAILS} SELECT enrollment_id, contact_id, claimed_at FROM mails"  # noqa: S608 - as above


@dataclass(frozen=True)
class Findings:
    """A line for each mail that should not have left when it did."""

    spacing: Sequence[str]
    caps: Sequence[str]
    mailboxes: Sequence[str]
    stops: Sequence[str]

    @property
    def lines(self) -> list[str]:
        return [*self.spacing, *self.caps, *self.mailboxes, *self.stops]


@dataclass(frozen=True)
class Referee:
    """Knows the lineup's rules, and asks Postgres for the mails."""

    engine: AsyncEngine
    lineup: Lineup
    #: The mailboxes' ids, in the lineup's order.
    mailboxes: Sequence[UUID]

    async def findings(self, stops: Iterable[Stop]) -> Findings:
        """All that broke a rule."""
        boxes = zip(self.mailboxes, self.lineup.mailboxes, strict=True)
        return Findings(
            spacing=[*await self._spacing(), *await self._company_gaps()],
            caps=[*await self._caps("contact_id"), *await self._caps("company_id")],
            mailboxes=[line for id_, box in boxes for line in await self._mailbox(id_, box)],
            stops=[*await self._after(stops)],
        )

    @property
    def _own(self) -> dict[str, Limits]:
        return {one.slug: one.rules.limits for one in self.lineup.bundles}

    async def _rows(self, query: str, **values: object) -> Sequence[Any]:
        async with self.engine.connect() as connection:
            return (await connection.execute(text(query), values)).all()

    async def _spacing(self) -> list[str]:
        found, own, everyone = [], self._own, self.lineup.limits.gap
        for row in await self._rows(_PAIRS):
            if row.before is not None:
                gaps = [everyone, own[row.sequence_id].gap, own[row.sequence_before].gap]
                free = max(_far(gap, row.before, row.zone) for gap in gaps)
                if row.at < free:
                    found.append(f"spacing: {row}, free from {free}")
        return found

    async def _company_gaps(self) -> list[str]:
        found, own, everyone = [], self._own, self.lineup.limits.company_gap
        for row in await self._rows(_OTHERS):
            gaps = [gap for gap in (everyone, own[row.sequence_id].company_gap) if gap]
            if row.before and any(row.at < _far(gap, row.before, row.zone) for gap in gaps):
                found.append(f"company gap: {row}")
        return found

    async def _caps(self, who: str) -> list[str]:
        found = []
        for name, limits in (*self._own.items(), ("", self.lineup.limits)):
            caps = limits.caps if who == "contact_id" else limits.domain_caps
            sequences = [name] if name else [*self._own]
            for cap in caps:
                values = {"count": cap.count, "seconds": cap.seconds, "sequences": sequences}
                rows = await self._rows(_CROWDED.format(who=who), **values)
                found += [f"cap of {cap} by {name or 'all'}: {row}" for row in rows]
        return found

    async def _mailbox(self, mailbox: UUID, box: MailboxSettings) -> list[str]:
        values = {"mailbox": mailbox, "zone": box.zone}
        span, gap = timedelta(seconds=box.cap.seconds), timedelta(seconds=box.gap)
        # What left exactly a span ago counts no longer.
        rows = await self._rows(_MAILBOX, span=span - timedelta(milliseconds=1), **values)
        found = [f"mailbox gap: {row}" for row in rows if row.before and row.at < row.before + gap]
        found += [f"mailbox cap: {row}" for row in rows if row.crowd > _most(box, row.sending_days)]
        for names, most in self._new_per_day(box):
            starts = await self._rows(_STARTS, sequences=names, most=most, **values)
            found += [f"new per day: {row}" for row in starts]
        return [f"{box.address} {line}" for line in found]

    def _new_per_day(self, box: MailboxSettings) -> Iterator[tuple[list[str], int]]:
        if box.new_per_day is not None:
            yield [*self._own], box.new_per_day
        for one in self.lineup.bundles:
            if one.rules.new_per_day is not None:
                yield [one.slug], one.rules.new_per_day

    async def _after(self, stops: Iterable[Stop]) -> list[str]:
        known: dict[UUID, list[Stop]] = {}
        for stop in stops:
            known.setdefault(stop.target, []).append(stop)
        return [
            f"after a stop: {row}"
            for row in await self._rows(_ALL)
            for stop in (*known.get(row.enrollment_id, ()), *known.get(row.contact_id, ()))
            if stop.since < row.claimed_at and (stop.until is None or row.claimed_at < stop.until)
        ]


def _far(gap: Gap, at: datetime, zone: str) -> datetime:
    """The same time of day so many weekdays later, or so many seconds: whichever is later."""
    ahead = timedelta(hours=_HOURS[zone])
    local = at + ahead
    for _ in range(gap.business_days):
        local += timedelta(days=1)
        while local.weekday() > _FRIDAY:
            local += timedelta(days=1)
    return max(local - ahead, at + timedelta(seconds=gap.seconds))


def _most(box: MailboxSettings, sending_days: int) -> int:
    """Of a ramp 5 on the first sending day, one more on each until 20, then two more on each."""
    if not box.ramp:
        return box.cap.count
    ramped = 5
    for _ in range(sending_days):
        ramped += 1 if ramped < 20 else 2  # noqa: PLR2004 - as the docstring says
    return min(ramped, box.cap.count)
