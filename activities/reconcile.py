"""The reconciler as an activity."""

from collections.abc import Awaitable, Callable

from temporalio import activity


class ReconcileActivities:
    """Given the scan itself: what it needs lives above this floor."""

    def __init__(self, scan: Callable[[], Awaitable[object]]) -> None:
        self._scan = scan

    @activity.defn(name="reconcile")
    async def reconcile(self) -> None:
        """Scan once; what was found is in the worker's log."""
        await self._scan()
