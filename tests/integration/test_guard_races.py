"""Events at once: none is missed, and no hold is placed twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from sqlalchemy import text

from db import feedback, guard
from db.connection import Connection
from tenuto.domain.guard import Counts
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Signal
from tests.factories import MAILBOX, Stage, bundle
from tests.guarded import OTHER, paused, seen, sent


async def complain_at_once(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    counted: Callable[[], Awaitable[object]],
    mailbox: str = MAILBOX,
    slug: str = "welcome",
) -> None:
    """Two people's complaints; `counted` is awaited between each count and what follows from it."""
    one = await sent(stage, await stage.publish(bundle()), 1, email="p1@firm.example")
    moved = await stage.publish(bundle(slug, mailbox=mailbox))
    two = await sent(stage, moved, 1, email="p2@firm.example")
    count = feedback.counts

    async def slowly(
        connection: Connection, scope: HoldScope, target: str, since: datetime
    ) -> Counts:
        found = await count(connection, scope, target, since)
        await counted()
        return found

    monkeypatch.setattr(feedback, "counts", slowly)
    await asyncio.gather(*(stage.record(who, Signal.COMPLAINED) for who in (one, two)))


async def a_while() -> None:
    await asyncio.sleep(0.3)


async def test_of_two_complaints_at_once_the_second_sees_the_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await complain_at_once(stage, monkeypatch, a_while)
    assert [scope for scope, _, _ in await paused(stage)] == ["sequence", "mailbox"]


async def test_two_mailboxes_of_a_sequence_are_counted_one_after_the_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.mailbox(address=OTHER)
    await complain_at_once(stage, monkeypatch, a_while, OTHER)
    assert [scope for scope, _, _ in await paused(stage)] == ["sequence"]


async def test_two_sequences_of_a_mailbox_are_counted_one_after_the_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await complain_at_once(stage, monkeypatch, a_while, slug="other")
    assert [scope for scope, _, _ in await paused(stage)] == ["mailbox"]


async def test_without_the_locks_neither_sees_the_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_LOCK_MAILBOX", "_LOCK_SEQUENCE"):
        statement = str(getattr(guard, name)).replace("FOR NO KEY UPDATE", "")
        monkeypatch.setattr(guard, name, text(statement))
    # Both have counted before either commits.
    await complain_at_once(stage, monkeypatch, asyncio.Barrier(2).wait)
    assert await paused(stage) == []


async def test_many_at_once_place_one_hold_each(stage: Stage) -> None:
    version = await stage.publish(bundle())
    people = [await sent(stage, version, 1, email=f"p{i}@firm.example") for i in range(12)]
    events = [stage.record(one, Signal.COMPLAINED) for one in people * 2]
    await asyncio.gather(*events)
    assert len(await stage.all("SELECT * FROM holds WHERE reason = 'guardrail'")) == 2
    assert {one.counts for one in (await seen(stage)).values()} == {Counts(12, 0, 12)}
