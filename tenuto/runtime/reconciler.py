"""Heals what lies between a row and its workflow: lost starts, lost signals, lost timers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.service import RPCError, RPCStatusCode

from db import locks, telling
from db.connection import Connection
from db.engine import connected, transaction
from db.telling import Untold
from tenuto.domain.notice import Signal
from tenuto.runtime.steering import Steering

log = structlog.get_logger()

#: Nothing else would work either: the next scan tries again.
_DOWN = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED})


@dataclass
class Report:
    """What a scan did, and what it could not mend."""

    started: int = 0
    told: int = 0
    #: Running and overdue, woken at the last scan already: a person must look.
    stuck: list[UUID] = field(default_factory=list)


class Reconciler:
    """Given the rows and the workflows; `grace` is how late a row may be before it looks."""

    def __init__(self, engine: AsyncEngine, steering: Steering, grace: timedelta) -> None:
        self._engine = engine
        self._steering = steering
        self._grace = grace

    async def scan(self) -> Report:
        """One pass over the rows that are overdue, or that their workflow may not know."""

        async def page(connection: Connection, after: UUID) -> Sequence[Untold]:
            return await telling.overdue_or_untold(connection, self._grace, after)

        report = Report()
        await self._each(page, report, self._mend)
        return report

    async def rebuild(self) -> Report:
        """Start every live row's workflow: Temporal may have lost all of them."""
        report = Report()
        await self._each(telling.live, report, self._start)
        return report

    async def _each(
        self,
        page: Callable[[Connection, UUID], Awaitable[Sequence[Untold]]],
        report: Report,
        mend: Callable[[UUID, Report], Awaitable[None]],
    ) -> None:
        after = UUID(int=0)
        while True:
            async with connected(self._engine) as connection:
                rows = await page(connection, after)
            if not rows:
                return
            for row in rows:
                await self._guarded(mend, row.enrollment.id, report)
            after = rows[-1].enrollment.id

    async def _guarded(
        self, mend: Callable[[UUID, Report], Awaitable[None]], enrollment_id: UUID, report: Report
    ) -> None:
        """One row that Temporal refuses must not keep the others from being healed."""
        try:
            await mend(enrollment_id, report)
        except RPCError as error:
            if error.status in _DOWN:
                raise
            log.exception("enrollment_refused", enrollment=str(enrollment_id))
            report.stuck.append(enrollment_id)

    async def _start(self, enrollment_id: UUID, report: Report) -> None:
        if not await self._steering.runs(enrollment_id):
            await self._steering.start_by_id(enrollment_id)
            report.started += 1

    async def _mend(self, enrollment_id: UUID, report: Report) -> None:
        running = await self._steering.runs(enrollment_id)
        row = await self._again(enrollment_id)
        standing = row.enrollment.standing
        if not running and standing.status.live:
            await self._steering.start(row)
            report.started += 1
            return
        if running and row.nudged:
            log.error("enrollment_stuck", enrollment=str(enrollment_id))
            report.stuck.append(enrollment_id)
            return
        signal = Signal.RESCHEDULED if standing.status.live else Signal.REMOVED
        await self._steering.signal(enrollment_id, signal, standing)
        report.told += 1

    async def _again(self, enrollment_id: UUID) -> Untold:
        """The row under its lock: what the scan saw may be over."""

        async def work(connection: Connection) -> Untold:
            await locks.lock_contact_of(connection, enrollment_id)
            row = await telling.one(connection, enrollment_id)
            if row.enrollment.status.live:
                await telling.mark_nudged(connection, enrollment_id)
            return row

        return await transaction(self._engine, work)
