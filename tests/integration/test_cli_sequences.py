"""The commands for sequences, mailboxes, people and events."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import tenuto.cli.contacts
import tenuto.cli.events
import tenuto.cli.mailboxes
import tenuto.cli.sequences  # noqa: F401 - they register their commands
from tenuto.cli.app import app
from tenuto.domain.condition import EventHappened
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import InputError, NotFoundError
from tenuto.domain.problem import SequenceError
from tests.factories import MAILBOX, Stage, bundle

SEQUENCE = f"""\
sequence: hello
from: {MAILBOX}
calendar: {{hours: always, days: all}}
steps:
  - email: hello.md
  - wait: 3d
  - email: hello.md
"""
Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in a folder with a sequence; what it raises is raised here."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TENUTO_TOKEN_KEYS", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.yaml").write_text(SEQUENCE)
    (tmp_path / "hello.md").write_text("Subject: Hello\n\nHi {{ contact.first_name }}.\n")

    async def invoke(*arguments: str, stdin: str | None = None) -> Result:
        done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), stdin)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return invoke


async def test_validate_says_what_is_in_order(run: Run) -> None:
    done = await run("validate", "hello.yaml")
    assert done.stdout.startswith("hello.yaml: hello is in order (")


async def test_validate_says_all_that_is_wrong_in_all_files(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(SEQUENCE.replace("hello.md", f"{name}.md", 1))
    with pytest.raises(SequenceError) as raised:
        await run("validate", "a.yaml", "hello.yaml", "b.yaml")
    assert [(p.file, p.line) for p in raised.value.problems] == [("a.yaml", 5), ("b.yaml", 5)]


async def test_publishing_the_same_content_again_makes_no_version(
    stage: Stage, run: Run, tmp_path: Path
) -> None:
    assert (await run("publish", "hello.yaml")).stdout == "hello: version 1 published\n"
    assert (await run("publish", "hello.yaml")).stdout == "hello: version 1 unchanged\n"
    (tmp_path / "hello.md").write_text("Subject: Hello\n\nDear {{ contact.first_name }}.\n")
    (published,) = json.loads((await run("publish", "hello.yaml", "--json")).stdout)
    assert (published["sequence"], published["version"], published["new"]) == ("hello", 2, True)
    listed = json.loads((await run("versions", "--json")).stdout)
    assert [one["version"] for one in listed] == [1, 2]
    assert listed[1]["content_hash"] == published["content_hash"]
    assert len((await run("versions", "hello")).stdout.splitlines()) == 3
    assert len(await stage.all("SELECT 1 FROM sequence_versions")) == 2


async def test_diff_shows_what_changed(run: Run, tmp_path: Path) -> None:
    await run("publish", "hello.yaml")
    (tmp_path / "hello.yaml").write_text(SEQUENCE.replace("3d", "4d"))
    await run("publish", "hello.yaml")
    changed = (await run("diff", "hello", "1", "2")).stdout.splitlines()
    assert any(line.startswith("-") and "3d" in line for line in changed)
    assert any(line.startswith("+") and "4d" in line for line in changed)
    same = await run("diff", "hello", "2", "2")
    assert (same.stdout, same.stderr) == ("", "hello: versions 2 and 2 are the same\n")
    with pytest.raises(NotFoundError, match="no sequence hello version 3"):
        await run("diff", "hello", "1", "3")


async def test_nothing_is_published_when_one_file_is_broken(
    stage: Stage, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "broken.yaml").write_text("sequence: broken\n")
    with pytest.raises(SequenceError):
        await run("publish", "hello.yaml", "broken.yaml")
    with pytest.raises(InputError, match="2 of these files are the sequence hello"):
        await run("publish", "hello.yaml", "hello.yaml")
    assert await stage.all("SELECT 1 FROM sequence_versions") == []


async def test_publish_hints_at_a_mailbox_that_is_missing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(SEQUENCE.replace(MAILBOX, "new@sender.example"))
    published = await run("publish", "hello.yaml")
    assert published.exit_code == 0
    assert "tenuto mailbox add new@sender.example" in published.stderr
    await run(
        "mailbox", "add", "New@Sender.example", "--name", "Nora", "--postal-address", "Street 1",
        "--cap", "5", "--cap-seconds", "60", "--no-verp", "--reply-tag",
    )  # fmt: skip
    assert (await run("publish", "hello.yaml")).stderr == ""
    (mailbox,) = [
        one
        for one in json.loads((await run("mailbox", "list", "--json")).stdout)
        if one["address"] == "new@sender.example"
    ]
    assert (mailbox["name"], mailbox["cap_count"], mailbox["cap_seconds"]) == ("Nora", 5, 60)
    assert (mailbox["verp"], mailbox["reply_tag"], mailbox["used"]) == (False, True, 0)
    assert "new@sender.example" in (await run("mailbox", "list")).stdout


async def test_a_mailbox_needs_what_the_law_wants(run: Run) -> None:
    with pytest.raises(InputError, match="can't be blank"):
        await run("mailbox", "add", "a@b.example", "--name", "A", "--postal-address", " ")


async def test_deleting_a_contact_asks_first(stage: Stage, run: Run) -> None:
    version = await stage.publish(bundle())
    enrollment = await stage.enrolled(version, "ann@example.com")
    with pytest.raises(InputError, match="add --yes"):
        await run("contact", "delete", "ann@example.com")
    assert (await stage.row(enrollment)).status is Status.ACTIVE
    done = await run("contact", "delete", "Ann@example.com", "--yes")
    assert done.stdout == "erased; live enrollments ended: 1\n"
    assert (await stage.row(enrollment)).status is Status.DELETED
    assert "reconciler" in done.stderr
    with pytest.raises(NotFoundError, match="no contact has the address ann@example"):
        await run("contact", "delete", "ann@example.com", "--yes")


async def test_an_event_is_recorded_once_per_key(stage: Stage, run: Run) -> None:
    version = await stage.publish(bundle(goal=EventHappened(name="meeting_booked")))
    enrollment = await stage.enrolled(version, "ann@example.com")
    assert "move on it: 0" in (await run("record", "ann@example.com", "opened_case")).stdout
    done = await run("record", "ann@example.com", "meeting_booked", "--key", "cal-1")
    assert "move on it: 1" in done.stdout
    assert (await stage.row(enrollment)).status is Status.GOAL_MET
    await run("record", "ann@example.com", "meeting_booked", "--key", "cal-1")
    assert len(await stage.all("SELECT 1 FROM engagement_events")) == 2
