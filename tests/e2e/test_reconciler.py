"""What lies between a row and its workflow is healed: a lost start, a lost signal, a lost timer."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from temporalio.service import RPCError, RPCStatusCode

from db.telling import Untold
from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.enrollment import Status
from tenuto.domain.notice import Signal
from tenuto.runtime.reconciler import Reconciler
from tests import house as houses
from tests.factories import bundle, emails
from tests.house import House
from workflows.enrollment import STATUS

HOUR = 3600


def reconciler(house: House, grace: timedelta = timedelta()) -> Reconciler:
    return Reconciler(house.stage.engine, house.steering, grace)


async def shows(house: House, enrollment: UUID, status: Status) -> None:
    """Wait until the workflow knows."""
    async with asyncio.timeout(60):
        while True:
            described = await house.handle(enrollment).describe()
            if described.typed_search_attributes.get(STATUS) == status:
                return
            await asyncio.sleep(0.05)


async def test_a_row_without_a_workflow_gets_one(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([0])))
    enrollment = await house.stage.enrolled(version)
    # Whoever wrote it may be about to start it.
    assert (await reconciler(house, timedelta(minutes=1)).scan()).started == 0
    assert (await reconciler(house).scan()).started == 1
    async with house.working():
        assert await house.ended(enrollment) is Status.COMPLETED
    assert (await reconciler(house).scan()).started == 0


async def test_a_lost_signal_is_made_up_for(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([HOUR])))
    enrollment = await house.start(version)
    async with house.working():
        for signal, status in [(Signal.HELD, Status.PAUSED), (Signal.RESUMED, Status.ACTIVE)]:
            await house.stage.record(enrollment, signal)
            report = await reconciler(house).scan()
            assert (report.started, report.told, report.stuck) == (0, 1, [])
            await shows(house, enrollment, status)
        await house.stage.record(enrollment, Signal.REPLY_RECEIVED)
        assert (await reconciler(house).scan()).told == 1
        assert await house.ended(enrollment) is Status.REPLIED
    assert (await reconciler(house).scan()).told == 0


async def test_one_that_temporal_refuses_does_not_keep_the_others_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await house.stage.publish(bundle(steps=emails([0])))
    people = [await house.stage.enrolled(version, f"p{i}@firm.example") for i in range(3)]
    refused = sorted(people)[1]
    start = house.steering.start

    async def start_but_one(untold: Untold) -> None:
        if untold.enrollment.id == refused:
            raise RPCError("too large", RPCStatusCode.INVALID_ARGUMENT, b"")
        await start(untold)

    monkeypatch.setattr(house.steering, "start", start_but_one)
    report = await reconciler(house).scan()
    assert (report.started, report.stuck) == (2, [refused])


async def test_a_scan_ends_where_temporal_is_down(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.stage.enrolled(await house.stage.publish(bundle(steps=emails([0]))))

    async def down(_untold: Untold) -> None:
        raise RPCError("no connection", RPCStatusCode.UNAVAILABLE, b"")

    monkeypatch.setattr(house.steering, "start", down)
    with pytest.raises(RPCError):
        await reconciler(house).scan()


async def test_who_is_overdue_though_woken_is_stuck(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([0])))
    enrollment = await house.start(version)
    # Its workflow runs, but there is no worker.
    first, second = [await reconciler(house).scan() for _ in range(2)]
    assert (first.told, first.stuck) == (1, [])
    assert second.stuck == [enrollment]
    async with house.working():
        assert await house.ended(enrollment) is Status.COMPLETED
    assert (await reconciler(house).scan()).stuck == []


async def test_the_worker_scans_by_itself(
    database_url: str, temporal_server: TemporalDevServer, catcher: MailCatcher
) -> None:
    often = {"TENUTO_RECONCILE_EVERY": 1, "TENUTO_RECONCILE_GRACE": 1}
    settings = houses.settings(database_url, temporal_server.address, catcher.address[1], **often)
    async with houses.house(settings, catcher) as house, house.working():
        version = await house.stage.publish(bundle(steps=emails([0])))
        await house.stage.enrolled(version)
        await catcher.wait_for(1, 60)
