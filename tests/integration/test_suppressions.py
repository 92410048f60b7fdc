"""`tenuto suppress`, and what a suppression stops."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from db import contacts, enrollments, suppressed, suppressions
from db.connection import Connection
from db.engine import connected, transaction
from db.enrollments import Outcome
from db.suppressions import Suppression, hashed
from starter import suppress as suppressing
from tenuto.domain.enrollment import Standing, Status, Trigger
from tenuto.domain.errors import InputError
from tenuto.domain.suppression import Kind, Reason
from tests.command import asked, refused, run, without_temporal
from tests.factories import Stage, bundle
from tests.suppressed import ANN, erase, second_address, short, status, stored


@pytest.fixture(autouse=True)
def _settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_temporal(database_url, monkeypatch)
    monkeypatch.chdir(tmp_path)


async def test_suppressing_an_address_ends_what_is_live(stage: Stage) -> None:
    version = await stage.publish(bundle())
    ann, bob = [await stage.enrolled(version, f"{name}@example.com") for name in ("ann", "bob")]
    done = await run("suppress", "ANN@example.com")
    assert done.stdout == "suppressed; live enrollments ended: 1\n"
    assert "reconciler" in done.stderr
    assert (await asked("suppress", "new@example.com", "--reason", "complaint"))["ended"] == 0
    assert [await status(stage, one) for one in (ann, bob)] == [Status.REMOVED, Status.ACTIVE]
    assert await short(stage) == [(ANN, "manual", "cli"), ("new@example.com", "complaint", "cli")]


async def test_suppressing_a_domain_ends_what_is_live_at_it_but_not_below_it(stage: Stage) -> None:
    version = await stage.publish(bundle())
    there = [await stage.enrolled(version, f"p{n}@firm.example") for n in range(3)]
    below = await stage.enrolled(version, "p@sub.firm.example")
    assert "ended: 3" in (await run("suppress", "Firm.example")).stdout
    assert {await status(stage, one) for one in there} == {Status.REMOVED}
    assert await status(stage, below) is Status.ACTIVE
    assert "not a mail domain" in await refused(InputError, "suppress", "firm")


async def test_all_of_a_mail_provider_is_suppressed_only_when_it_is_meant(stage: Stage) -> None:
    assert "--yes" in await refused(InputError, "suppress", "GMail.com")
    assert await stored(stage) == []
    await run("suppress", "GMail.com", "--yes")
    assert await short(stage) == [("gmail.com", "manual", "cli")]


async def test_a_domain_counts_for_the_address_that_is_mailed(stage: Stage) -> None:
    """Pat has an address elsewhere too: only what mails the suppressed one ends."""
    enrollment = await stage.enrolled(await stage.publish(bundle()), "pat@firm.example")
    await second_address(stage, enrollment, "pat@home.example")
    await run("suppress", "home.example")
    assert await status(stage, enrollment) is Status.ACTIVE
    await run("suppress", "firm.example")
    assert await status(stage, enrollment) is Status.REMOVED


async def test_a_run_that_was_cut_off_is_completed_by_the_next(stage: Stage) -> None:
    version = await stage.publish(bundle())
    there = [await stage.enrolled(version, f"p{n}@firm.example") for n in range(3)]
    await anext(aiter(suppressing.suppress(stage.engine, "firm.example", "test")))
    live = [one for one in there if (await status(stage, one)).live]
    assert len(live) == 2
    # Whoever is left is stopped by the claim, whatever happens to the fan-out.
    standing = await stage.claim(live[0])
    assert isinstance(standing, Standing)
    assert standing.status is Status.REMOVED
    assert "ended: 1" in (await run("suppress", "firm.example")).stdout
    assert "ended: 0" in (await run("suppress", "firm.example")).stdout


async def test_who_is_enrolled_while_their_domain_is_suppressed_gets_no_mail(
    stage: Stage,
) -> None:
    """The suppression commits between the enrolment's check and its commit."""
    version = await stage.publish(bundle())
    checked, committed = asyncio.Event(), asyncio.Event()

    async def slowly(connection: Connection) -> UUID:
        enrolled = await enroll(connection)
        checked.set()
        await committed.wait()
        return enrolled

    async def enroll(connection: Connection) -> UUID:
        contact = await contacts.save(connection, contacts.Contact(ANN, {"first_name": "Ann"}))
        answer = await enrollments.enroll(connection, contact, ANN, version, Trigger.API, "test")
        assert answer.enrollment_id is not None
        return answer.enrollment_id

    enrolling = asyncio.create_task(transaction(stage.engine, slowly))
    await checked.wait()
    assert "ended: 0" in (await run("suppress", "example.com")).stdout
    committed.set()
    enrollment = await enrolling
    assert await status(stage, enrollment) is Status.ACTIVE
    assert isinstance(await stage.claim(enrollment), Standing)
    assert await status(stage, enrollment) is Status.REMOVED


async def test_an_erased_person_who_comes_again_gets_no_mail(stage: Stage) -> None:
    one, two = [await stage.publish(bundle(slug)) for slug in ("one", "two")]
    await stage.enrolled(one, ANN)
    await erase(stage, ANN)
    assert (await stage.enroll(two, ANN)).outcome is Outcome.SUPPRESSED
    # And were they in it all the same, by the hash that another installation kept:
    bob = await stage.enrolled(two, "bob@example.com")
    kept = Suppression(Kind.ADDRESS, hashed("bob@example.com"), None, Reason.OPT_OUT, "old")
    await stage.do(suppressions.suppress_all, [kept])
    assert await stage.do(suppressed.in_flight) == [(await stage.row(bob)).contact_id]
    standing = await stage.claim(bob)
    assert isinstance(standing, Standing)
    assert standing.status is Status.OPTED_OUT


async def test_softness_ends_by_itself_and_gives_way_to_what_lasts(stage: Stage) -> None:
    async def reasons() -> list[str | None]:
        row = await stage.facts(enrollment)
        return [row.suppressed]

    enrollment = await stage.enrolled(await stage.publish(bundle()))
    soft = ("pat@firm.example", "soft_bounces", "test", timedelta(days=90))
    assert await stage.do(suppressions.suppress_address, *soft)
    assert await reasons() == ["soft_bounces"]
    async with stage.engine.begin() as connection:
        past = "UPDATE suppressions SET expires_at = tenuto_now() - interval '1 second'"
        await connection.exec_driver_sql(past)
    assert await reasons() == [None]
    async with connected(stage.engine) as reading:
        assert await suppressions.find(reading, [hashed(soft[0])]) == []
    assert await stage.do(suppressions.suppress_address, "pat@firm.example", "opt_out", "test")
    assert not await stage.do(suppressions.suppress_address, *soft)
    assert await reasons() == ["opt_out"]
