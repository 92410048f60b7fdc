"""Offers places that fall free, and moves new starts that follow-ups have overrun."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from db import sweep
from tenuto.runtime.steering import Steering

#: Seconds. Slots are hours and days apart: asking oftener would find the same.
_EVERY = 600.0
#: Seconds that a sweep may take.
_LONGEST = 60.0


@dataclass
class Swept:
    """How many rows got another slot."""

    moved: int = 0


class Sweeper:
    """Given the rows, and a way to tell their workflows; None leaves that to the reconciler."""

    def __init__(self, engine: AsyncEngine, steering: Steering | None) -> None:
        self._engine = engine
        self._steering = steering
        self._last = float("-inf")

    async def sweep_at_times(self) -> Swept | None:
        """A sweep, unless the last one of this process was a moment ago."""
        if monotonic() - self._last < _EVERY:
            return None
        self._last = monotonic()
        return await self.sweep()

    async def sweep(self) -> Swept:
        """Ask again for everybody who has something to gain."""
        swept, until = Swept(), monotonic() + _LONGEST
        await self._each(await sweep.overrun(self._engine), swept, until, gain=False)
        before = -1
        while before != swept.moved and monotonic() < until:
            # A row that moves leaves a place behind it: the next ones may have it.
            before = swept.moved
            await self._each(await sweep.waiting(self._engine), swept, until, gain=True)
        return swept

    async def _each(self, rows: Sequence[UUID], swept: Swept, until: float, *, gain: bool) -> None:
        for enrollment_id in rows:
            if monotonic() > until:
                # The reconciler's scans must not wait; the next sweep goes on.
                return
            told = await sweep.ask_again(self._engine, enrollment_id, gain=gain)
            swept.moved += bool(told)
            if told and self._steering is not None:
                await self._steering.tell(told)
