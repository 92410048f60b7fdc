"""`tenuto suppress` and `tenuto suppression`: added, imported, exported, checked, taken back."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from db import contacts, enrollments, suppressed, suppressions
from db.connection import Connection
from db.engine import transaction
from db.enrollments import Outcome
from db.suppressions import Suppression, hashed
from starter import suppress as suppressing
from tenuto.cli.app import app
from tenuto.domain.enrollment import Standing, Status, Trigger
from tenuto.domain.errors import ForbiddenError, InputError, NotFoundError
from tenuto.domain.notice import Signal
from tenuto.domain.suppression import Kind, Reason
from tests.command import asked, refused, run, without_temporal
from tests.factories import Stage, bundle

ANN = "ann@example.com"


@pytest.fixture(autouse=True)
def _settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_temporal(database_url, monkeypatch)
    monkeypatch.chdir(tmp_path)


async def stored(stage: Stage) -> list[tuple[Any, ...]]:
    found = await stage.all(
        "SELECT kind, subject_hash, subject, reason, source, at FROM suppressions ORDER BY at, 2"
    )
    return [tuple(row) for row in found]


async def short(stage: Stage) -> list[tuple[Any, ...]]:
    return sorted((row[2], row[3], row[4]) for row in await stored(stage))


async def status(stage: Stage, enrollment: UUID) -> Status:
    return (await stage.row(enrollment)).status


async def erase(stage: Stage, email: str) -> None:
    await stage.do(contacts.delete, await stage.do(contacts.get, email), "test")


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


async def second_address(stage: Stage, enrollment: UUID, email: str) -> None:
    contact = (await stage.row(enrollment)).contact_id
    async with stage.engine.begin() as connection:
        insert = "INSERT INTO addresses (contact_id, email) VALUES ($1, $2)"
        await connection.exec_driver_sql(insert, (contact, email))


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


async def test_an_import_suppresses_all_and_ends_what_is_live(stage: Stage, tmp_path: Path) -> None:
    version = await stage.publish(bundle())
    emails = ("ann@example.com", "bob@firm.example", "cy@firm.example", "di@example.com")
    ann, bob, cy, di = [await stage.enrolled(version, email) for email in emails]
    (tmp_path / "list.csv").write_text(
        "Email Address,Reason\nann@example.com,Unsubscribed\nnobody\nfirm.example,\n"
        "new@example.com,SpamComplaint\nANN@example.com,bounce\n"
    )
    done = await run("suppression", "import", "list.csv", "--reason", "hard_bounce")
    assert done.exit_code == 3
    assert done.stdout == "3 suppressed, 1 already, 1 left out, of 5; live enrollments ended: 3\n"
    assert 'line 3: "nobody" is not a mail domain' in done.stderr
    found = [await status(stage, one) for one in (ann, bob, cy, di)]
    assert found == [Status.OPTED_OUT, Status.BOUNCED, Status.BOUNCED, Status.ACTIVE]
    before = await stored(stage)
    assert await short(stage) == [
        ("ann@example.com", "opt_out", "import"),
        ("firm.example", "hard_bounce", "import"),
        ("new@example.com", "complaint", "import"),
    ]
    again = await asked("suppression", "import", "list.csv")
    assert (again["suppressed"], again["already"], again["ended"]) == (0, 4, 0)
    assert await stored(stage) == before


async def test_a_dry_run_tells_what_would_be_and_writes_nothing(
    stage: Stage, tmp_path: Path
) -> None:
    version = await stage.publish(bundle())
    for email in (ANN, "bob@firm.example", "di@example.com"):
        await stage.enrolled(version, email)
    await stage.do(suppressions.suppress_address, "old@example.com", "opt_out", "test")
    before = await stored(stage)
    (tmp_path / "list.txt").write_text(f"{ANN}\n{ANN}\nold@example.com\nfirm.example\n")
    done = await run("suppression", "import", "list.txt", "--dry-run")
    assert done.exit_code == 0
    assert done.stdout == (
        "2 would be suppressed, 2 already, 0 left out, of 4; live enrollments to be ended: 2\n"
    )
    assert await stored(stage) == before
    real = await asked("suppression", "import", "list.txt")
    assert (real["suppressed"], real["already"], real["ended"]) == (2, 2, 2)


async def test_a_list_may_come_from_stdin(stage: Stage) -> None:
    done = await piped("ann@example.com\nMüller.example\n".encode())
    assert done.exit_code == 0
    assert [row[0] for row in await short(stage)] == [ANN, "xn--mller-kva.example"]
    done = await piped("ann@example.com\nMüller.example\n".encode("latin-1"))
    assert str(done.exception).startswith("stdin is not UTF-8")


async def piped(data: bytes) -> Result:
    words = ["suppression", "import", "-"]
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, words, input=data))


async def test_a_file_of_which_nothing_can_be_used_fails(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email\nnobody\n@\n")
    assert (await run("suppression", "import", "list.csv")).exit_code == 1
    assert await stored(stage) == []


async def test_a_person_is_suppressed_with_all_their_addresses(
    stage: Stage, tmp_path: Path
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()), "pat@firm.example")
    await second_address(stage, enrollment, "pat@home.example")
    (tmp_path / "list.csv").write_text("email,reason\npat@home.example,complaint\n")
    await run("suppression", "import", "list.csv")
    assert await status(stage, enrollment) is Status.COMPLAINED
    assert [row[:2] for row in await short(stage)] == [
        ("pat@firm.example", "complaint"),
        ("pat@home.example", "complaint"),
    ]


async def test_imports_of_the_same_people_at_once_wait_for_nobody(stage: Stage) -> None:
    people = [
        Suppression(Kind.ADDRESS, hashed(f"p{n}@x.example"), f"p{n}@x.example", Reason.MANUAL, "a")
        for n in range(500)
    ]
    orders = [people, people[::-1], people[250:] + people[:250]] * 3
    new = await asyncio.gather(*(stage.do(suppressions.suppress_all, order) for order in orders))
    assert sum(new) == len(people)


async def test_what_is_exported_is_imported_as_it_was(stage: Stage, tmp_path: Path) -> None:
    await run("suppress", ANN, "--reason", "opt_out", "--by", 'form, "old"')
    await run("suppress", "Müller.example")
    await stage.enrolled(await stage.publish(bundle()), "pat@firm.example")
    await erase(stage, "pat@firm.example")
    done = await run("suppression", "export", "list.csv")
    assert (done.stdout, done.stderr) == ("", "3 exported\n")
    assert "pat" not in (tmp_path / "list.csv").read_text()
    assert (await run("suppression", "export")).stdout == (tmp_path / "list.csv").read_text()
    before = await stored(stage)
    assert len(before) == 3
    async with stage.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM suppressions")
    read = await asked("suppression", "import", "list.csv")
    assert (read["suppressed"], read["refused"], read["time_unknown"]) == (3, [], [])
    assert await stored(stage) == before


async def test_a_long_list_is_exported_in_pages_and_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppressions, "_BATCH", 3)
    people = [
        Suppression(Kind.ADDRESS, hashed(f"p{n}@x.example"), f"p{n}@x.example", Reason.MANUAL, "a")
        for n in range(10)
    ]
    # All at one instant: the pages can't tell them apart by it.
    await stage.do(suppressions.suppress_all, people)
    assert len((await run("suppression", "export")).stdout.splitlines()) == 11


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
