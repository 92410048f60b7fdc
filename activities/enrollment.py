"""Activities that move or stop an enrollment in Postgres, and send nothing."""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.requests import AdvanceRequest, RecordRequest
from db import advance, facts, happenings
from db.connection import Connection
from db.engine import QUERY_ERRORS, connected, refuses_data, transaction
from db.occasion import Told
from tenuto.domain.enrollment import Standing
from tenuto.domain.errors import ForbiddenError, InputError, NotFoundError

#: Lets the other workflows of the person know; losing it costs promptness, never correctness.
Tell = Callable[[Sequence[Told]], Awaitable[None]]

log = structlog.get_logger()


class EnrollmentActivities:
    """Given Postgres, and a way to tell other workflows."""

    def __init__(self, engine: AsyncEngine, tell: Tell) -> None:
        self._engine = engine
        self._tell = tell

    @activity.defn(name="advance")
    async def advance(self, request: AdvanceRequest) -> Standing:
        """Do a step that sends nothing, if it is due; answers where the row stands."""
        return await advance.advance(self._engine, request.enrollment_id, request.step)

    @activity.defn(name="record")
    async def record(self, request: RecordRequest) -> Standing:
        """Commit what another service signalled, with all its effects on the person."""

        async def work(connection: Connection) -> list[Told]:
            return await happenings.record(
                connection,
                request.enrollment_id,
                request.signal,
                request.parsed(),
                source="signal",
                own=True,
            )

        try:
            await self._tell(await transaction(self._engine, work))
        except (ForbiddenError, InputError, *QUERY_ERRORS) as error:
            if isinstance(error, QUERY_ERRORS) and not refuses_data(error):
                raise
            # The sender is gone, and trying again would only fail again: the log says that
            # nothing changed, and the enrollment goes on.
            log.warning("signal_refused", signal=request.signal.value, error=type(error).__name__)
        return await self._standing(request)

    async def _standing(self, request: RecordRequest) -> Standing:
        async with connected(self._engine) as connection:
            seen = await facts.of(connection, request.enrollment_id)
        if seen is None:
            msg = f"there is no enrollment {request.enrollment_id}"
            raise NotFoundError(msg)
        return seen.enrollment.standing
