"""Starting workflows and telling them what has happened, from outside."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.requests import ENROLLMENT_QUEUE, MAIL_QUEUE
from db import telling
from db.engine import connected
from db.occasion import Told
from db.telling import Untold
from tenuto.domain.enrollment import Standing
from tenuto.domain.ids import workflow_id
from tenuto.domain.notice import MODELS, Signal
from tenuto.domain.run import Start
from workflows.enrollment import STATUS

SEQUENCE = SearchAttributeKey.for_keyword("SequenceId")
VERSION = SearchAttributeKey.for_int("SequenceVersion")
CONTACT = SearchAttributeKey.for_keyword("ContactId")

log = structlog.get_logger()


class Steering:
    """Given Temporal and Postgres. Doing anything twice is harmless."""

    def __init__(self, client: Client, engine: AsyncEngine, *, mail_workers: bool = False) -> None:
        """`mail_workers`: those it starts have workers of their own send their mail."""
        self._client = client
        self._engine = engine
        self._mail_queue = MAIL_QUEUE if mail_workers else None

    async def start(self, untold: Untold) -> None:
        """Start the row's workflow, or find it running."""
        row, version = untold.enrollment, untold.version
        await self._client.start_workflow(
            "Enrollment",
            Start(
                enrollment_id=row.id,
                sequence_version_id=version.id,
                mailbox_id=row.mailbox_id,
                plan=version.bundle.plan,
                standing=row.standing,
                mail_queue=self._mail_queue,
            ),
            id=workflow_id(row.id),
            task_queue=ENROLLMENT_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            # A live row whose run was terminated or lost is started again under its own id.
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(SEQUENCE, row.sequence_id),
                    SearchAttributePair(VERSION, version.version),
                    SearchAttributePair(CONTACT, str(row.contact_id)),
                    SearchAttributePair(STATUS, row.status.value),
                ]
            ),
            static_summary=f"{row.sequence_id} v{version.version}",
        )
        await self._mark(row.id, row.revision)

    async def start_by_id(self, enrollment_id: UUID) -> None:
        """As `start`, for a row that was written a moment ago."""
        async with connected(self._engine) as connection:
            untold = await telling.one(connection, enrollment_id)
        if untold.enrollment.status.live:
            await self.start(untold)

    async def tell(self, told: Sequence[Told]) -> None:
        """Signal each workflow; what can't be told now, the reconciler tells later."""
        for one in told:
            try:
                await self.signal(one.enrollment_id, one.signal, one.standing)
            except RPCError as error:
                log.warning("signal_lost", enrollment=str(one.enrollment_id), error=error.status)

    async def signal(self, enrollment_id: UUID, signal: Signal, standing: Standing) -> None:
        """Tell one workflow where its row stands.

        :raises RPCError: when Temporal can't be reached.
        """
        handle = self._client.get_workflow_handle(workflow_id(enrollment_id))
        try:
            await handle.signal(signal.value, MODELS[signal](standing=standing))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            # It has ended, or was never started. A live row needs a workflow.
            if standing.status.live:
                await self.start_by_id(enrollment_id)
                return
        await self._mark(enrollment_id, standing.revision)

    async def runs(self, enrollment_id: UUID) -> bool:
        """Whether the enrollment's workflow is running; asked by id, since visibility lags."""
        handle = self._client.get_workflow_handle(workflow_id(enrollment_id))
        try:
            described = await handle.describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return described.status is WorkflowExecutionStatus.RUNNING

    async def _mark(self, enrollment_id: UUID, revision: int) -> None:
        async with connected(self._engine) as connection:
            await telling.mark_told(connection, enrollment_id, revision)
