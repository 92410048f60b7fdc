"""The floor: a workflow that does nothing, five times, with a timer of one second between."""

import asyncio
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
