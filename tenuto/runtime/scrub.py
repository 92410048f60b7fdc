"""Failures lose their text before Temporal keeps them: an SQL error quotes its parameters."""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from tenuto.domain.errors import DependencyError

log = structlog.get_logger()


class ScrubInterceptor(Interceptor):
    """Wraps every activity."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's own name
        """See base class."""
        return _Scrub(next)


class _Scrub(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's own
        try:
            return await self.next.execute_activity(input)
        except (CancelledError, ApplicationError):
            raise
        except DependencyError as error:
            # Ours, and written to be read: it names a part, never a person.
            log.warning("activity_waits", activity=activity.info().activity_type, why=str(error))
            raise ApplicationError(str(error), type="DependencyError") from None
        except Exception as error:  # noqa: BLE001 - every failure is scrubbed, whatever it is
            kind = type(error).__name__
            log.warning("activity_failed", activity=activity.info().activity_type, error=kind)
            msg = f"{kind}: see the worker's log"
            raise ApplicationError(msg, type=kind) from None
