"""A mail server that hangs holds up its own mailbox's mail, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import dispatch
from activities.dispatch import DispatchActivities
from activities.requests import DispatchRequest
from db.occasion import Told
from tenuto.domain.enrollment import Standing
from tenuto.domain.errors import NotFoundError
from tenuto.domain.plan import Edge
from tenuto.runtime.mailing import mail_tools
from tests.factories import Stage, bundle
from tests.house import settings
from tests.smtp_peer import Peer, Phase, Stall


class Crowd:
    """Sends of one mailbox, which may hold one conversation at a time, and of others."""

    def __init__(self, activities: DispatchActivities, first: UUID, mailbox: UUID) -> None:
        self.activities = activities
        self.first = first
        self.mailbox = mailbox

    async def send(
        self, enrollment: UUID, mailbox: UUID | None = None, attempt: int = 1
    ) -> Standing:
        request = DispatchRequest(
            enrollment_id=enrollment,
            step=0,
            successor=Edge(to=1),
            mailbox_id=mailbox or self.mailbox,
        )
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt)
        return await environment.run(self.activities.dispatch_step, request)


@pytest.fixture
async def crowd(stage: Stage, database_url: str) -> AsyncIterator[Crowd]:
    """The first of them is in mid-conversation, and its server says nothing any more."""

    async def tell(_told: Sequence[Told]) -> None:
        return

    enrollment = await stage.enrolled(await stage.publish(bundle()))
    mailbox = (await stage.facts(enrollment)).mailbox.id
    async with Peer.running(rcpt=Stall) as peer, AsyncExitStack() as running:
        values = settings(database_url, "x:1", peer.port, TENUTO_SENDS_PER_MAILBOX=1)
        tools = await running.enter_async_context(mail_tools(values))
        activities = DispatchActivities(stage.engine, tools, tell)
        made = Crowd(activities, enrollment, mailbox)
        hanging = asyncio.create_task(made.send(enrollment))
        await peer.reached[Phase.RCPT].wait()
        yield made
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)


async def test_another_mailbox_is_not_held_up(crowd: Crowd) -> None:
    # It comes as far as its claim, which finds that there is no such enrollment.
    with pytest.raises(NotFoundError):
        await crowd.send(uuid4(), mailbox=uuid4())


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (3, 15), (1000, 300)])
async def test_the_next_one_gives_up_and_comes_back_later_each_time(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch, attempt: int, seconds: int
) -> None:
    monkeypatch.setattr(dispatch, "_WAIT_FOR_SLOT", 0.05)
    with pytest.raises(ApplicationError) as busy:
        await crowd.send(uuid4(), attempt=attempt)
    assert busy.value.type == "MailboxBusy"
    assert busy.value.next_retry_delay == timedelta(seconds=seconds)


async def test_of_a_crowd_only_some_wait(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_QUEUE", 2)
    waiting = [asyncio.create_task(crowd.send(uuid4())) for _ in range(2)]
    await asyncio.sleep(0)  # both have run as far as the queue
    with pytest.raises(ApplicationError, match="too many sends"):
        await crowd.send(uuid4())
    assert not any(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_sends_leave_room_for_what_else_a_worker_does(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "ROOM", 1)
    with pytest.raises(ApplicationError, match="too many sends"):
        await crowd.send(uuid4(), mailbox=uuid4())
