"""The reconciler's clock: a schedule starts it, one activity does the work."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy


@workflow.defn(name="Reconcile")
class ReconcileWorkflow:
    """One scan; the next one comes by the schedule, so that a failed one is not retried long."""

    @workflow.run
    async def run(self) -> None:
        """Scan the rows once."""
        await workflow.execute_activity(
            "reconcile",
            start_to_close_timeout=timedelta(minutes=10),
            retry_policy=RetryPolicy(maximum_attempts=2),
        )
