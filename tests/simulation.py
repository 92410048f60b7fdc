"""The house on a time-skipping server, whose clock is Postgres's as well."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Worker,
)

from activities.dispatch import DispatchActivities
from activities.enrollment import EnrollmentActivities
from activities.requests import ENROLLMENT_QUEUE
from bench import still_clock
from db.engine import connected
from tenuto.runtime.mailing import mail_tools
from tenuto.runtime.sandbox import sandbox
from tenuto.runtime.settings import Settings
from tenuto.runtime.steering import Steering
from tests.factories import Stage
from workflows.enrollment import EnrollmentWorkflow

KEYWORD = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
ATTRIBUTES = {
    "SequenceId": KEYWORD,
    "ContactId": KEYWORD,
    "EnrollmentStatus": KEYWORD,
    "SequenceVersion": IndexedValueType.INDEXED_VALUE_TYPE_INT,
}


@dataclass
class Simulation:
    """Enroll through `stage`, start by `steering`, and let the months go by."""

    stage: Stage
    client: Client
    steering: Steering
    env: WorkflowEnvironment

    async def now(self) -> datetime:
        """The server's time."""
        return (await self.env.get_current_time()).astimezone(UTC)

    async def skip_to(self, at: datetime) -> None:
        """Let time pass, also in Postgres."""
        await self.env.sleep(at - await self.now())
        async with connected(self.stage.engine) as connection:
            await still_clock.forward(connection, at)


class _Clock(Interceptor):
    def __init__(self, env: WorkflowEnvironment, stage: Stage) -> None:
        self.env, self.stage = env, stage

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        return _Activity(next, self.env, self.stage)


class _Activity(ActivityInboundInterceptor):
    """An activity finds the instant that its row was waiting for: no time is lost on the way."""

    def __init__(
        self, inner: ActivityInboundInterceptor, env: WorkflowEnvironment, stage: Stage
    ) -> None:
        super().__init__(inner)
        self.env, self.stage = env, stage

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        now = (await self.env.get_current_time()).astimezone(UTC)
        due = await self._due(input.args[0].enrollment_id)
        async with connected(self.stage.engine) as connection:
            await still_clock.forward(connection, min(now, due or now))
        return await super().execute_activity(input)

    async def _due(self, enrollment_id: UUID) -> datetime | None:
        found = await self.stage.all(
            "SELECT next_scheduled_at FROM enrollments WHERE id = :id", id=enrollment_id
        )
        return found[0].next_scheduled_at if found else None


@asynccontextmanager
async def simulation(
    stage: Stage, settings: Settings, begin: datetime
) -> AsyncIterator[Simulation]:
    """Workers run inside the block; the clock stands at `begin` or, past it, where it is."""
    program = Path(sys.executable).with_name("temporal-test-server")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program), data_converter=pydantic_data_converter
    ) as env:
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(search_attributes=ATTRIBUTES, namespace="default")
        )
        steering = Steering(env.client, stage.engine)
        made = Simulation(stage, env.client, steering, env)
        await stage.do(still_clock.install, begin)
        await made.skip_to(begin)
        async with mail_tools(settings) as tools:
            dispatch = DispatchActivities(stage.engine, tools, steering.tell)
            enrollment = EnrollmentActivities(stage.engine, steering.tell)
            async with Worker(
                env.client,
                task_queue=ENROLLMENT_QUEUE,
                workflows=[EnrollmentWorkflow],
                activities=[dispatch.dispatch_step, enrollment.advance, enrollment.record],
                workflow_runner=sandbox(),
                interceptors=[_Clock(env, stage)],
            ):
                yield made


def next_first_monday_of_march(now: datetime) -> datetime:
    """Six in the morning, UTC: a date with a clock change ahead, and the same all year."""
    year = now.year + 1
    first = datetime(year, 3, 1, 6, tzinfo=UTC)
    return first + timedelta(days=-first.weekday() % 7)
