"""The reconciler as an activity."""

from collections.abc import Awaitable, Callable

from temporalio import activity


class ReconcileActivities:
    """Given what is to be done: what that needs lives above this floor."""

    def __init__(
        self, scan: Callable[[], Awaitable[object]], sweep: Callable[[], Awaitable[object]]
    ) -> None:
        self._scan = scan
        self._sweep = sweep

    @activity.defn(name="reconcile")
    async def reconcile(self) -> None:
        """Scan once, and sweep when it is time; what was found is in the worker's log."""
        await self._scan()
        await self._sweep()
