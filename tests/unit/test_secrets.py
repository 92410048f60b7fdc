"""Secrets: one file each that only we may read, whole or not at all, one writer at a time."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tenuto.domain.errors import DependencyError, InputError
from tenuto.mail import secrets
from tenuto.mail.secrets import Secrets, name_for

NAME = "MAILBOX_ANNA_1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "secrets"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def modes(folder: Path) -> tuple[int, set[int]]:
    files = {path.stat().st_mode & 0o777 for path in folder.iterdir()}
    return folder.stat().st_mode & 0o777, files


def open_to_others(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o750)


async def test_what_was_written_is_read_and_nobody_else_may(folder: Path) -> None:
    kept = Secrets(folder, {})
    assert kept.read(NAME) is None
    async with kept.locked(NAME):
        await kept.write(NAME, "first")
        await kept.write(NAME, "second")
    assert kept.read(NAME) == "second"
    assert modes(folder) == (0o700, {0o600})
    assert names(folder) == [f".{NAME}.lock", NAME]


async def test_a_folder_that_others_may_look_into_is_refused(folder: Path) -> None:
    open_to_others(folder)
    kept = Secrets(folder, {})
    with pytest.raises(InputError, match="chmod 700"):
        await kept.write(NAME, "x")
    with pytest.raises(InputError, match="chmod 700"):
        kept.read(NAME)
    assert names(folder) == []


async def test_a_write_that_fails_leaves_the_old_value(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Secrets(folder, {})
    await kept.write(NAME, "old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="can't be written"):
        await kept.write(NAME, "new")
    assert kept.read(NAME) == "old"
    assert names(folder) == [NAME]


async def test_the_value_is_on_the_disk_before_its_name_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        order.append("sync")
        real_sync(descriptor)

    def rename(path: Path, to: Path) -> Path:
        order.append("rename")
        return real_replace(path, to)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", rename)
    await Secrets(folder, {}).write(NAME, "x")
    assert order == ["sync", "rename", "sync"]


@pytest.mark.parametrize("name", ["../x", "a", "A/B", "", "A" * 101, "1A"])
async def test_a_name_is_no_path(folder: Path, name: str) -> None:
    kept = Secrets(folder, {})
    with pytest.raises(InputError):
        kept.read(name)
    with pytest.raises(InputError):
        await kept.write(name, "x")


def test_the_environment_says_it_by_name(folder: Path) -> None:
    kept = Secrets(folder, {"TENUTO_SECRET_MAILBOX_ANNA_1": "from outside"})
    assert kept.from_environment(NAME) == "from outside"
    assert kept.from_environment("MAILBOX_ANNA_2") is None


def test_two_addresses_never_share_a_name() -> None:
    names = {name_for(a) for a in ("a.b@x.example", "a_b@x.example", "a-b@x.example", "ü" * 300)}
    assert len(names) == 4
    assert all(secrets._NAME.fullmatch(name) for name in names)


async def test_a_lock_holds_within_a_process_and_is_given_up_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_PATIENCE", 0.1)
    async with Secrets(folder, {}).locked(NAME):
        async with Secrets(folder, {}).locked("MAILBOX_BERT_1"):
            pass  # another mailbox's isn't held up
        with pytest.raises(DependencyError, match="another process"):
            async with Secrets(folder, {}).locked(NAME):
                pass
    async with Secrets(folder, {}).locked(NAME):
        pass


HOLDS = """
import asyncio, sys
from pathlib import Path
from tenuto.mail.secrets import Secrets

async def main():
    async with Secrets(Path(sys.argv[1]), {}).locked(sys.argv[2]):
        print("held", flush=True)
        sys.stdin.read()

asyncio.run(main())
"""


async def test_a_lock_holds_across_processes_and_ends_with_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_PATIENCE", 0.2)
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDS, folder, NAME, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"
    with pytest.raises(DependencyError):
        async with Secrets(folder, {}).locked(NAME):
            pass
    other.kill()
    await other.wait()
    async with Secrets(folder, {}).locked(NAME):
        pass
