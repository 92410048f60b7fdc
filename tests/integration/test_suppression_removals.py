"""`tenuto suppression check` and `remove`."""

import json
from pathlib import Path

import pytest

from db import suppressions
from db.enrollments import Outcome
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import ForbiddenError, InputError, NotFoundError
from tenuto.domain.notice import Signal
from tests.command import refused, run, without_temporal
from tests.factories import Stage, bundle
from tests.suppressed import ANN, erase, status, stored


@pytest.fixture(autouse=True)
def _settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_temporal(database_url, monkeypatch)
    monkeypatch.chdir(tmp_path)


async def test_check_tells_by_what_and_exits_by_it(stage: Stage) -> None:
    assert (await run("suppression", "check", ANN, "firm.example")).exit_code == 0
    await run("suppress", "Müller.example", "--reason", "complaint", "--by", "mia")
    await stage.do(suppressions.suppress_address, ANN, "opt_out", "reply")
    done = await run("suppression", "check", ANN, "x@MÜLLER.example", "x@a.müller.example")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()[1:]
    assert "suppressed by its address  opt_out    reply" in lines[0]
    assert "suppressed by its domain   complaint  mia" in lines[1]
    assert "may get mail" in lines[2]
    found = json.loads((await run("suppression", "check", ANN, "bob@b.example", "--json")).stdout)
    assert [one["suppressed"] for one in found] == [True, False]
    assert found[0]["by"][0]["reason"] == "opt_out"
    assert "not an address" in await refused(InputError, "suppression", "check", "a b@c.example")


async def test_a_mistake_is_taken_back_and_recorded(stage: Stage) -> None:
    version = await stage.publish(bundle())
    await run("suppress", "example.com")
    assert (await stage.enroll(version, ANN)).outcome is Outcome.SUPPRESSED
    words = ("suppression", "remove", "Example.com", "--mistake", "meant example.org", "--by", "m")
    assert "may get mail again" in (await run(*words)).stdout
    assert (await stage.enroll(version, ANN)).outcome is Outcome.ENROLLED
    ((checked,)) = json.loads((await run("suppression", "check", ANN, "--json")).stdout)
    (was,) = checked["removed"]
    assert not checked["suppressed"]
    assert (was["removed_by"], was["ground"], was["consent"]) == ("m", "meant example.org", False)
    assert "isn't suppressed" in await refused(NotFoundError, *words)


async def test_what_a_person_asked_for_only_their_consent_takes_back(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()), ANN)
    await stage.record(enrollment, Signal.UNSUBSCRIBED)
    await stage.enrolled(await stage.publish(bundle("two")), "bob@example.com")
    await erase(stage, "bob@example.com")
    for email in (ANN, "bob@example.com"):
        before = await stored(stage)
        mistake = ("suppression", "remove", email, "--mistake", "I want to")
        assert "--consent" in await refused(ForbiddenError, *mistake)
        assert await stored(stage) == before
        await run("suppression", "remove", email, "--consent", "signed up again, form 7")
    assert await stored(stage) == []
    assert await status(stage, enrollment) is Status.OPTED_OUT


async def test_an_address_that_was_dead_is_alive_again(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()), ANN)
    await stage.record(enrollment, Signal.BOUNCED)
    two = await stage.publish(bundle("two"))
    assert (await stage.enroll(two, ANN)).outcome is Outcome.SUPPRESSED
    await run("suppression", "remove", ANN, "--mistake", "their server was down")
    assert (await stage.enroll(two, ANN)).outcome is Outcome.ENROLLED


async def test_erasing_a_person_forgets_what_was_written_of_their_consent(stage: Stage) -> None:
    await stage.enrolled(await stage.publish(bundle()), ANN)
    await run("suppress", ANN)
    await run("suppression", "remove", ANN, "--mistake", "Ann Lee called")
    await erase(stage, ANN)
    found = await stage.all("SELECT r::text AS row FROM suppression_removals r")
    assert [("Ann" in one.row, "ann@" in one.row) for one in found] == [(False, False)]


@pytest.mark.parametrize("words", [[], ["--mistake", "a", "--consent", "b"], ["--mistake", " "]])
async def test_a_removal_needs_one_ground(stage: Stage, words: list[str]) -> None:
    await run("suppress", ANN)
    assert (await run("suppression", "remove", ANN, *words)).exit_code == 2
    assert len(await stored(stage)) == 1
