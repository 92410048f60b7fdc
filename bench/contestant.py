"""One contestant's workflows, started all at once and measured until the last has completed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from temporalio.client import Client

from bench.bare import STEPS
from bench.parts import Part

_POLL_S = 0.1
_PATIENCE_S = 900
_STARTS_AT_ONCE = 20

T = TypeVar("T")


@dataclass
class Contestant:
    """A workflow, its worker, and what its heats took so far."""

    workflow: str
    worker: Part
    steps: int = 0
    seconds: float = 0
    cpu_seconds: float = 0

    @property
    def steps_per_s(self) -> float:
        return self.steps / self.seconds

    @property
    def cpu_per_step(self) -> float:
        """Seconds of a processor."""
        return self.cpu_seconds / self.steps

    def afresh(self) -> "Contestant":
        """The same, with nothing counted yet."""
        return Contestant(self.workflow, self.worker)

    async def heat(
        self, client: Client, start: Callable[[T], Awaitable[object]], runs: Sequence[T]
    ) -> None:
        """Start a workflow for each of `runs`, and wait until all have completed."""
        already = await self._completed(client)
        cpu, clock = self.worker.cpu_seconds(), time.monotonic()
        slots = asyncio.Semaphore(_STARTS_AT_ONCE)

        async def begin(run: T) -> None:
            async with slots:
                await start(run)

        async with asyncio.timeout(_PATIENCE_S):
            await asyncio.gather(*map(begin, runs))
            while await self._completed(client) < already + len(runs):
                self.worker.cpu_seconds()  # says so if the worker has ended
                await asyncio.sleep(_POLL_S)
        self.steps += len(runs) * STEPS
        self.seconds += time.monotonic() - clock
        self.cpu_seconds += self.worker.cpu_seconds() - cpu

    async def _completed(self, client: Client) -> int:
        # Counted, not awaited one by one: hundreds of long polls would load the server, too.
        query = f"WorkflowType = '{self.workflow}' AND ExecutionStatus = 'Completed'"
        return (await client.count_workflows(query)).count
