"""Signals from services that aren't ours: the plain client and the CLI have the same effects."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db import suppressions
from tenuto.domain.condition import EventHappened
from tenuto.domain.enrollment import Status
from tenuto.domain.ids import workflow_id
from tenuto.domain.notice import Signal
from tests.factories import bundle, emails
from tests.house import House, count

RETURN = datetime(2030, 1, 15, 9, tzinfo=UTC)
SOON = timedelta(days=3)

#: Each signal with a payload as another service writes it, and what it must lead to.
ENDS: dict[Signal, tuple[dict[str, Any] | None, Status]] = {
    Signal.REPLY_RECEIVED: (None, Status.REPLIED),
    Signal.UNSUBSCRIBED: ({}, Status.OPTED_OUT),
    Signal.BOUNCED: ({"kind": "hard"}, Status.BOUNCED),
    Signal.COMPLAINED: ({}, Status.COMPLAINED),
    Signal.REMOVED: (None, Status.REMOVED),
    Signal.ENGAGED: ({"event": "meeting_booked", "key": "cal-7"}, Status.GOAL_MET),
    Signal.OUT_OF_OFFICE: ({"until": RETURN.isoformat()}, Status.REMOVED),
}


@pytest.mark.parametrize("signal", ENDS, ids=lambda signal: signal.value)
async def test_a_plain_signal_ends_the_row_and_the_persons_other_ones(
    house: House, signal: Signal
) -> None:
    payload, status = ENDS[signal]
    goal = EventHappened(name="meeting_booked")
    first, second = [
        await house.stage.publish(bundle(slug, emails([3600, 0]), goal=goal))
        for slug in ("one", "two")
    ]
    async with house.working():
        enrollment, other = await house.start(first), await house.start(second)
        # By its name and JSON alone, as a service in another language would.
        arguments = [] if payload is None else [payload]
        await house.handle(enrollment).signal(signal.value, args=arguments)
        assert await house.ended(enrollment) is status
        if signal is not Signal.REMOVED:
            assert await house.ended(other) is status
    assert (await house.stage.row(enrollment)).status is status
    suppressed = await house.stage.all("SELECT reason FROM suppressions")
    ends_for_good = {Status.OPTED_OUT, Status.BOUNCED, Status.COMPLAINED}
    assert len(suppressed) == (1 if status in ends_for_good else 0)


async def test_the_temporal_command_holds_resumes_and_moves(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([3600, 0])))
    async with house.working():
        enrollment = await house.start(version)
        await signal_by_command(house, workflow_id(enrollment), "held", {"reason": "legal"})
        await _reaches(house, enrollment, "paused", "held: legal")
        await signal_by_command(house, workflow_id(enrollment), "resumed")
        await _reaches(house, enrollment, "active")
        later = {"due": RETURN.isoformat()}
        await signal_by_command(house, workflow_id(enrollment), "rescheduled", later)
        await house.stage.until(
            "SELECT next_scheduled_at = :due FROM enrollments WHERE id = :id",
            id=enrollment,
            due=RETURN,
        )
        await signal_by_command(house, workflow_id(enrollment), "removed")
        assert await house.ended(enrollment) is Status.REMOVED


async def test_a_notice_of_absence_by_signal_holds_the_person(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([5, 0])))
    back = (datetime.now(UTC) + SOON).replace(microsecond=0)
    async with house.working():
        enrollment = await house.start(version)
        await house.handle(enrollment).signal("out_of_office", {"until": back.isoformat()})
        await _reaches(house, enrollment, "active", "held: out of office")
        row = await house.stage.row(enrollment)
        assert row.next_scheduled_at is not None
        # What was left of the five seconds comes after the return.
        assert back < row.next_scheduled_at <= back + timedelta(seconds=5)


async def test_a_signal_that_makes_no_sense_changes_nothing(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([3600, 0])))
    async with house.working():
        enrollment = await house.start(version)
        before = await house.stage.row(enrollment)
        await house.handle(enrollment).signal("send_resolved", {"step": 7, "outcome": "sent"})
        await house.handle(enrollment).signal("bounced", {"kind": "purple"})
        await house.handle(enrollment).signal("rescheduled", {})
        await house.handle(enrollment).signal("rescheduled", {"due": "2030-01-01T09:00:00"})
        await house.handle(enrollment).signal("engaged", {"event": "", "key": "a"})
        await house.handle(enrollment).signal("engaged", {"event": "seen", "key": "nul\0"})
        await house.handle(enrollment).signal("no_such_signal", {"a": 1})
        await house.handle(enrollment).signal("engaged", {"event": "seen"})
        await house.stage.until("SELECT count(*) = 1 FROM engagement_events")
        assert await house.stage.row(enrollment) == before
        assert count(await house.history(enrollment), "WORKFLOW_TASK_FAILED") == 0


async def test_an_unsubscribe_as_the_last_mail_completes_still_suppresses(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([1])))
    enrollment = await house.start(version)
    for _ in range(5):
        await house.handle(enrollment).signal("unsubscribed")
    async with house.working():
        await house.ended(enrollment)
    found = await house.stage.all("SELECT subject_hash FROM suppressions")
    assert [s.subject_hash for s in found] == [suppressions.hashed("pat@firm.example")]


async def _reaches(house: House, enrollment: Any, status: str, reason: str | None = None) -> None:
    await house.stage.until(
        "SELECT status::text = :status AND (CAST(:reason AS text) IS NULL OR reason = :reason) "
        "FROM enrollments WHERE id = :id",
        id=enrollment,
        status=status,
        reason=reason,
    )


async def signal_by_command(
    house: House, workflow: str, name: str, payload: dict[str, Any] | None = None
) -> None:
    """`temporal workflow signal …`, as an operator types it."""
    command = [
        str(Path(sys.executable).with_name("temporal")), "workflow", "signal",
        "--address", house.settings.temporal_address,
        "--namespace", house.client.namespace,
        "--workflow-id", workflow, "--name", name,
    ]  # fmt: skip
    if payload is not None:
        command += ["--input", json.dumps(payload)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
