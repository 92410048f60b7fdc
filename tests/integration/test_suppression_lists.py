"""`tenuto suppression import` and `export`."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from db import suppressions
from db.connection import Connection
from db.suppressions import Suppression, hashed
from tenuto.cli.app import app
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import DependencyError
from tenuto.domain.suppression import Kind, Reason
from tests.command import asked, run, without_temporal
from tests.factories import Stage, bundle
from tests.suppressed import ANN, erase, second_address, short, status, stored


@pytest.fixture(autouse=True)
def _settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_temporal(database_url, monkeypatch)
    monkeypatch.chdir(tmp_path)


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
    done = await invoked(
        "suppression", "import", "-", data="ann@example.com\nMüller.example\n".encode()
    )
    assert done.exit_code == 0
    assert [row[0] for row in await short(stage)] == [ANN, "xn--mller-kva.example"]
    done = await invoked(
        "suppression", "import", "-", data="ann@example.com\nMüller.example\n".encode("latin-1")
    )
    assert str(done.exception).startswith("stdin is not UTF-8")


async def invoked(*words: str, data: bytes = b"") -> Result:
    """What a command did, whatever it raised."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, words, input=data))


async def test_a_file_of_which_nothing_can_be_used_fails(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email\nnobody\n@\n")
    assert (await run("suppression", "import", "list.csv")).exit_code == 1
    assert await stored(stage) == []


async def test_an_import_that_was_cut_off_says_so_and_is_completed_by_the_next(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()), "p0@x.example")
    (tmp_path / "list.csv").write_text("".join(f"p{n}@x.example\n" for n in range(5)))
    real, batches = suppressions.suppress_all, iter([True, False])

    async def failing(connection: Connection, given: Sequence[Suppression]) -> int:
        if not next(batches):
            raise DependencyError("Postgres is gone")
        return await real(connection, given)

    with monkeypatch.context() as patched:
        patched.setattr("starter.suppress._BATCH", 2)
        patched.setattr(suppressions, "suppress_all", failing)
        cut_off = await invoked("suppression", "import", "list.csv")
    assert isinstance(cut_off.exception, DependencyError)
    assert "2 suppressed, 0 already, 0 left out, of 2" in cut_off.stdout
    assert "run it again for the rest" in cut_off.stderr
    assert await status(stage, enrollment) is Status.ACTIVE
    rest = await asked("suppression", "import", "list.csv")
    assert (rest["suppressed"], rest["already"], rest["ended"]) == (3, 2, 1)


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
