"""The whole house in one process: real Postgres, a real Temporal dev server, real SMTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory

from db.engine import connect, disposed
from db.sequences import SequenceVersion
from tenuto.devstack.catcher import MailCatcher
from tenuto.domain.enrollment import Status
from tenuto.domain.ids import workflow_id
from tenuto.runtime import temporal
from tenuto.runtime.mailing import mail_tools
from tenuto.runtime.settings import Settings
from tenuto.runtime.steering import Steering
from tests.factories import Stage
from worker import workers


def settings(database_url: str, address: str, smtp_port: int, **changes: Any) -> Settings:
    """Settings of a test: mail goes to its own catcher."""
    values: dict[str, Any] = {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": address,
        "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "TENUTO_SAFE_MODE": False,
        "TENUTO_TOKEN_KEYS": "0123456789abcdef0123456789abcdef",
        "TEMPORAL_NAMESPACE": f"test-{uuid4().hex[:12]}",
    }
    return Settings(**values | changes)


@dataclass
class House:
    """What a test of the whole works with."""

    stage: Stage
    settings: Settings
    client: Client
    steering: Steering
    catcher: MailCatcher | None

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Workers of all roles run inside the block."""
        async with AsyncExitStack() as running:
            tools = await running.enter_async_context(mail_tools(self.settings))
            parts = (self.client, self.stage.engine, self.settings, tools)
            for worker in workers(*parts, "all"):
                await running.enter_async_context(worker)
            yield

    async def start(self, version: SequenceVersion, email: str = "pat@firm.example") -> UUID:
        """Enroll and start, as a service does."""
        enrollment = await self.stage.enrolled(version, email)
        await self.steering.start_by_id(enrollment)
        return enrollment

    def handle(self, enrollment: UUID) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(workflow_id(enrollment))

    async def ended(self, enrollment: UUID) -> Status:
        """Wait for the workflow's end."""
        result = await asyncio.wait_for(self.handle(enrollment).result(), 60)
        return Status(result["status"])

    async def history(self, enrollment: UUID) -> WorkflowHistory:
        return await self.handle(enrollment).fetch_history()


def count(history: WorkflowHistory, kind: str) -> int:
    """How many events of a kind a history has."""
    return sum(e.event_type == EventType.Value(f"EVENT_TYPE_{kind}") for e in history.events)


@asynccontextmanager
async def house(settings: Settings, catcher: MailCatcher | None) -> AsyncIterator[House]:
    """Everything but the workers, in a namespace of its own."""
    url = settings.database_url.get_secret_value()
    client = await temporal.connect(settings)
    await temporal.prepare(client, timedelta(seconds=settings.reconcile_every))
    async with disposed(connect(url, pool_size=20)) as engine:
        stage = Stage(engine)
        await stage.mailbox()
        yield House(stage, settings, client, Steering(client, engine), catcher)
