"""What operators do: pause, resume, remove, move, settle, rebuild."""

from datetime import UTC, datetime, timedelta

import pytest

from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.delivery import Unclear
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import ForbiddenError, InputError, NotFoundError
from tenuto.domain.notice import Signal
from tests.command import asked, refused, run, without_temporal
from tests.factories import MAILBOX, Stage, bundle, emails

PAT, KIM = "pat@firm.example", "kim@other.example"


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_temporal(database_url, monkeypatch)


async def test_a_person_is_paused_and_resumed_without_temporal(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    paused = await asked("pause", PAT)
    assert (paused["scope"], paused["changed"]) == ("contact", 1)
    assert (await stage.row(enrollment)).status is Status.PAUSED
    result = await run("resume", PAT)
    assert "the reconciler tells them" in result.stderr
    assert (await stage.row(enrollment)).status is Status.ACTIVE


async def test_resuming_a_person_resumes_what_was_paused_one_by_one(stage: Stage) -> None:
    first = await stage.enrolled(await stage.publish(bundle("first")))
    second = await stage.enrolled(await stage.publish(bundle("second")))
    paused = await asked("pause", PAT, "--sequence", "first")
    assert (paused["scope"], paused["changed"]) == ("enrollment", 1)
    assert (await stage.row(second)).status is Status.ACTIVE
    await asked("resume", PAT)
    assert (await stage.row(first)).status is Status.ACTIVE


async def test_a_pause_may_have_an_end(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    await asked("pause", PAT, "--until", until.isoformat())
    row = await stage.row(enrollment)
    assert (row.status, row.next_scheduled_at) == (Status.ACTIVE, until)
    over = (until - timedelta(days=3)).isoformat()
    assert "is over" in await refused(InputError, "pause", PAT, "--until", over)


@pytest.mark.parametrize(
    "words",
    [
        ["--sequence", "welcome"],
        ["--mailbox", MAILBOX],
        ["--company", "firm.example"],
        ["--everything"],
    ],
)
async def test_a_switch_holds_and_a_resume_gives_the_wait_back(
    stage: Stage, words: list[str]
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await asked("pause", *words)
    standing = await stage.claim(enrollment)
    assert getattr(standing, "status", None) is Status.PAUSED
    resumed = await asked("resume", *words)
    assert resumed["changed"] == 1
    assert (await stage.row(enrollment)).status is Status.ACTIVE


@pytest.mark.parametrize("words", [[], [PAT, "--everything"], ["--mailbox", "a@b", "--everything"]])
async def test_a_pause_names_exactly_one_thing(stage: Stage, words: list[str]) -> None:
    del stage
    assert (await run("pause", *words)).exit_code == 2


async def test_a_person_is_removed_from_one_sequence_or_from_all(stage: Stage) -> None:
    first = await stage.enrolled(await stage.publish(bundle("first")))
    second = await stage.enrolled(await stage.publish(bundle("second")))
    one = await asked("remove", PAT, "--sequence", "first")
    assert one["changed"] == 1
    assert (await stage.row(second)).status is Status.ACTIVE
    assert "no live enrollment" in await refused(
        NotFoundError, "remove", PAT, "--sequence", "first"
    )
    await run("remove", PAT)
    assert (await stage.row(second)).status is Status.REMOVED
    assert (await stage.row(first)).status is Status.REMOVED
    assert "nothing changed" in (await run("remove", PAT)).stdout


async def test_a_step_is_rescheduled_unless_it_is_paused(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    words = ["reschedule", PAT, "--sequence", "welcome", "--at", at.isoformat()]
    await asked(*words)
    assert (await stage.row(enrollment)).next_scheduled_at == at
    await asked("pause", PAT)
    assert "comes first" in await refused(ForbiddenError, *words)


async def test_an_unknown_mail_is_listed_and_settled(stage: Stage) -> None:
    content = bundle(steps=emails([0, 3600], on_unknown="hold"))
    enrollment = await stage.enrolled(await stage.publish(content))
    assert "every mail is known" in (await run("unknown", "list")).stdout
    await stage.settle(await stage.claimed(enrollment), Unclear("no answer after the dot"))
    (one,) = await asked("unknown", "list")
    assert (one["enrollment_id"], one["step"], one["email"]) == (str(enrollment), "mail-0", PAT)
    words = ["unknown", "resolve", str(enrollment), "mail-0"]
    assert "too early" in await refused(ForbiddenError, *words, "not_sent")
    await asked(*words, "sent")
    assert (await stage.row(enrollment)).status is Status.ACTIVE
    assert await stage.ledger(enrollment) == [(0, "sent", None)]
    assert "unknown list" in await refused(NotFoundError, *words, "sent")


async def test_a_wiped_temporal_is_filled_again(
    stage: Stage,
    temporal_server: TemporalDevServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = await stage.publish(bundle())
    await stage.enrolled(version)
    await stage.record(await stage.enrolled(version, KIM), Signal.HELD)
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.address)
    assert (await asked("rebuild"))["started"] == 2
    assert (await run("rebuild")).stdout == "started 0\n"
    assert await asked("reconcile") == {"started": 0, "told": 0, "stuck": []}


async def test_what_stays_overdue_is_reported_as_stuck(
    stage: Stage,
    temporal_server: TemporalDevServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody works here: the workflow runs, and never acts."""
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_server.address)
    monkeypatch.setenv("TENUTO_RECONCILE_GRACE", "0.001")
    assert (await asked("reconcile"))["started"] == 1
    assert (await asked("reconcile"))["stuck"] == [str(enrollment)]
    result = await run("reconcile")
    assert (result.exit_code, f"stuck: {enrollment}" in result.stdout) == (1, True)
