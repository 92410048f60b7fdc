"""The floor: workflows that do nothing, with timers between, or until a signal ends them."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import activity, workflow

QUEUE = "bare"
STEPS = 5
WAIT = timedelta(seconds=1)


@activity.defn(name="nothing")
async def nothing() -> None:
    """What any activity costs."""


@workflow.defn(name="Bare")
class BareWorkflow:
    """One no-op activity a step, one timer between two steps: as ours, without the rest."""

    @workflow.run
    async def run(self) -> None:
        for step in range(STEPS):
            if step:
                await asyncio.sleep(WAIT.total_seconds())
            await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(minutes=2))


@workflow.defn(name="BareStop")
class BareStop:
    """Waits for a timer of a day, which a signal stops: what any stop costs."""

    def __init__(self) -> None:
        self._stopped = False

    @workflow.run
    async def run(self) -> None:
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(lambda: self._stopped, timeout=timedelta(days=1))

    @workflow.signal
    def stop(self) -> None:
        self._stopped = True
