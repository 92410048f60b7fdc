"""`tenuto enroll`: a file of contacts, or one."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import tenuto.cli.enrolling
import tenuto.cli.sequences  # noqa: F401 - they register their commands
from db import suppressions
from tenuto.cli.app import app
from tenuto.domain.enrollment import Trigger
from tenuto.domain.errors import ForbiddenError, InputError, NotFoundError
from tenuto.domain.notice import Signal
from tests.factories import Stage, bundle

ROOT = Path(__file__).parents[2]
# The groups by name: with one command alone, typer drops its name.
PROGRAM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import tenuto.cli.enrolling, tenuto.cli.sequences, tenuto.cli.main
tenuto.cli.main.main()
"""
TENUTO = [sys.executable, "-c", PROGRAM]
GOOD = 40
NAMELESS = "the contact lacks first_name (for mail.md); give a value, or a default in the template"
RAGGED = 'has 2 cells where the header has 4; put a cell that holds ";" into quotation marks'
Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings as a person sets them; nothing listens where Temporal should be."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TENUTO_TOKEN_KEYS", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(environment: Path) -> Run:  # noqa: ARG001 - it sets the settings
    """A command in this process; what it raises is raised here."""

    async def invoke(*arguments: str) -> Result:
        done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return invoke


@pytest.fixture
async def sequence(stage: Stage) -> str:
    return (await stage.publish(bundle())).sequence_id


def mixed(folder: Path) -> Path:
    """Forty good rows and one of each that is wrong."""
    good = [f"p{n}@firm{n % 7}.example;Pat{n};DE;" for n in range(GOOD)]
    wrong = [
        "nobody;Ann;DE;",
        "zone@example.com;Ann;DE;Europe/Berln",
        "nameless@example.com;;DE;",
        "gone@example.com;Ann;DE;",
        "p3@firm3.example;Pat3;DE;",
        "ragged@example.com;Ann",
        "place@example.com;Ann;Germany;",
    ]
    path = folder / "contacts.csv"
    path.write_text("\n".join(["E-Mail;First Name;Country;Zone", *good, *wrong]) + "\n")
    return path


async def rows(stage: Stage) -> int:
    return int((await stage.all("SELECT count(*) FROM enrollments"))[0][0])


async def test_bad_rows_are_named_by_line_and_the_rest_goes_through(
    stage: Stage, sequence: str, environment: Path, run: Run
) -> None:
    await stage.do(suppressions.suppress_address, "gone@example.com", "complaint", "test")
    done = await run("enroll", sequence, str(mixed(environment)), "--by", "mia")
    assert done.exit_code == 3
    assert done.stdout.splitlines() == [
        "welcome v1: 40 enrolled, 0 already in it, 7 left out, of 47",
        "40 of them wait for the reconciler to start them",
    ]
    assert [line for line in done.stderr.splitlines() if line.startswith("line ")] == [
        'line 42: "nobody" is not an address: it has no @; write ann@example.com',
        'line 43: there is no time zone "Europe/Berln"; did you mean Europe/Berlin?',
        f"line 44: {NAMELESS}",
        "line 45: is suppressed (complaint); leave it out",
        "line 46: is the same address as line 5; remove one",
        f"line 47: {RAGGED}",
        'line 48: there is no country "Germany"; write DE',
    ]
    found = await stage.all("SELECT DISTINCT trigger, triggered_by FROM enrollments")
    assert [tuple(row) for row in found] == [("import", "mia")]


async def test_a_second_run_doubles_nothing(
    stage: Stage, sequence: str, environment: Path, run: Run
) -> None:
    path = mixed(environment)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[: GOOD + 1]))
    await run("enroll", sequence, str(path))
    done = await run("enroll", sequence, str(path))
    assert done.exit_code == 0
    assert "0 enrolled, 40 already in it (lines 2–41), 0 left out, of 40" in done.stdout
    assert await rows(stage) == GOOD


async def test_two_runs_at_once_double_nothing(
    stage: Stage, sequence: str, environment: Path
) -> None:
    path = mixed(environment)
    programs = [
        await asyncio.create_subprocess_exec(
            *TENUTO, "enroll", sequence, path, "--json", stdout=-1, stderr=-1
        )
        for _ in range(2)
    ]
    outputs = [await program.communicate() for program in programs]
    done = [json.loads(stdout) for stdout, _ in outputs]
    assert [program.returncode for program in programs] == [3, 3]
    # Nobody is suppressed here, so that one row more is good.
    assert sum(one["enrolled"] for one in done) == GOOD + 1
    assert await rows(stage) == GOOD + 1


async def test_json_is_one_document(sequence: str, environment: Path, run: Run) -> None:
    path = environment / "two.csv"
    path.write_text("email,first_name\nann@example.com,Ann\nbob@example.com,\n")
    done = await run("enroll", sequence, str(path), "--json", "--dry-run")
    assert json.loads(done.stdout) == {
        "sequence": "welcome",
        "version": 1,
        "dry_run": True,
        "finished": True,
        "rows": 2,
        "enrolled": 1,
        "not_started": 1,
        "already": 0,
        "refused": [
            {"line": 3, "why": NAMELESS},
        ],
    }


async def test_a_dry_run_writes_nothing(
    stage: Stage, sequence: str, environment: Path, run: Run
) -> None:
    done = await run("enroll", sequence, str(mixed(environment)), "--dry-run")
    assert "41 would be enrolled" in done.stdout
    assert "reconciler" not in done.stdout
    assert await rows(stage) == 0


async def test_who_was_in_it_before_is_named(
    stage: Stage, sequence: str, environment: Path, run: Run
) -> None:
    path = environment / "one.csv"
    path.write_text("email,first_name\nann@example.com,Ann\n")
    await run("enroll", sequence, str(path))
    enrollment = (await stage.all("SELECT id FROM enrollments"))[0].id
    await stage.record(enrollment, Signal.REMOVED)
    done = await run("enroll", sequence, str(path))
    assert done.exit_code == 1
    assert "line 2: was in it before: ended removed, and the sequence may be entered once" in (
        done.stderr
    )


async def test_one_contact(stage: Stage, sequence: str, run: Run) -> None:
    done = await run(
        "enroll", sequence, "--contact", "Ann@example.com", "--set", "first_name=Ann,city=Ulm, BW",
        "--set", "zone=Asia/Tokyo",
    )  # fmt: skip
    assert done.exit_code == 0
    assert "1 enrolled" in done.stdout
    found = await stage.all(
        "SELECT c.attributes, c.zone, e.trigger FROM contacts c JOIN enrollments e ON "
        "e.contact_id = c.id"
    )
    assert [tuple(row) for row in found] == [
        ({"first_name": "Ann", "city": "Ulm, BW"}, "Asia/Tokyo", "manual")
    ]
    refused = await run("enroll", sequence, "--contact", "bob@example.com")
    assert refused.exit_code == 1
    assert "the contact lacks first_name" in refused.stderr
    assert "line" not in refused.stderr


async def test_columns_can_be_mapped(
    stage: Stage, sequence: str, environment: Path, run: Run
) -> None:
    path = environment / "kontakte.csv"
    path.write_text("Adresse,Vorname\nann@example.com,Ann\n")
    with pytest.raises(InputError, match="no column email, only: Adresse, Vorname; name it: --map"):
        await run("enroll", sequence, str(path))
    done = await run("enroll", sequence, str(path), "--map", "email=Adresse,first_name=Vorname")
    assert done.exit_code == 0
    assert await rows(stage) == 1


async def test_what_concerns_every_row_stops_at_once(
    stage: Stage, environment: Path, run: Run
) -> None:
    path = str(mixed(environment))
    with pytest.raises(NotFoundError, match="no sequence unheard-of is published"):
        await run("enroll", "unheard-of", path)
    await stage.publish(bundle("by-hand", triggers=(Trigger.MANUAL,)))
    with pytest.raises(ForbiddenError, match="can't be entered by import, only by manual"):
        await run("enroll", "by-hand", path)
    await stage.publish(bundle("senderless", mailbox="nobody@sender.example"))
    with pytest.raises(NotFoundError, match="add it: tenuto mailbox add nobody@sender"):
        await run("enroll", "senderless", path)


def test_the_program_says_what_is_wrong_without_a_stack_trace(environment: Path) -> None:
    def tenuto(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [*TENUTO, *arguments], check=False, capture_output=True, text=True, cwd=environment
        )
        assert done.stdout == ""
        return done.returncode, done.stderr

    assert tenuto("enroll", "welcome", "none.csv") == (
        1,
        "tenuto: none.csv can't be read: No such file or directory\n",
    )
    code, said = tenuto("enroll", "welcome", "--contact", "ann@example.com")
    assert (code, said.count("\n")) == (1, 1)
    assert "no sequence welcome is published" in said
    assert tenuto("enroll", "welcome")[0] == 2
