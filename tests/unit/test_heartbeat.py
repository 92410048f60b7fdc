import asyncio

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities import heartbeat


async def test_it_beats_until_the_block_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "_EVERY", 0.001)
    beats, third = 0, asyncio.Event()

    def count(*_details: object) -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            third.set()

    @activity.defn
    async def wait() -> None:
        with heartbeat.heartbeating():
            await asyncio.wait_for(third.wait(), 30)
        before = beats
        await asyncio.sleep(0.05)
        assert beats == before

    environment = ActivityEnvironment()
    environment.on_heartbeat = count
    await environment.run(wait)
