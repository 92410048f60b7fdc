import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from tenuto.devstack import postgres as launcher
from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.domain.errors import DependencyError

ROOT = Path(__file__).parents[2]
NOBODY = 65534


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_data_survive_a_restart_and_kill_9(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path) as server:
        url = server.create_database("kept")
        await ask(url, "create table fact as select 1 as id")
        server.stop()
        server.start()
        await ask(url, "insert into fact values (2)")
        server.kill()
        server.start()
        assert await ask(url, "select count(*) from fact") == 2
        assert await ask(url, "show fsync") == "on"
        assert await ask(url, "show synchronous_commit") == "on"


async def test_it_keeps_text_in_utf8_and_counts_statements(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("settings")
    assert await ask(url, "show server_encoding") == "UTF8"
    await ask(url, "create extension pg_stat_statements")
    assert await ask(url, "select count(*) from pg_stat_statements") is not None
    postgres.drop_database("settings")


async def test_a_database_is_copied_from_its_template(postgres: EmbeddedPostgres) -> None:
    await ask(postgres.create_database("original"), "create table fact as select 7 as id")
    assert await ask(postgres.create_database("copy", "original"), "select id from fact") == 7
    for name in ("copy", "original"):
        postgres.drop_database(name)


async def test_each_test_has_a_migrated_database(database_url: str) -> None:
    assert await ask(database_url, "select count(*) from alembic_version") == 1


def test_a_taken_port_is_named_with_its_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(DependencyError, match=rf"port {port} .* \(pid {os.getpid()}\)"):
            EmbeddedPostgres(tmp_path, port).start()


def test_a_second_server_on_the_same_data_says_so(tmp_path: Path) -> None:
    with (
        EmbeddedPostgres(tmp_path, durable=False) as first,
        pytest.raises(DependencyError, match=rf"already runs on .* kill -INT {first.pid}"),
    ):
        EmbeddedPostgres(tmp_path, durable=False).start()


def test_a_pid_file_that_names_another_program_is_stale(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    server.kill()
    pid_file = tmp_path / "cluster" / "postmaster.pid"
    # Postgres takes its own parent's id for stale by itself; the sleeper's it would believe.
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        _, *rest = pid_file.read_text().splitlines(keepends=True)
        pid_file.write_text("".join([f"{sleeper.pid}\n", *rest]))
        server.start()
        server.stop()
        sleeper.kill()


def test_it_ends_with_a_parent_that_is_killed(
    tmp_path: Path, require: Callable[[str, str], str]
) -> None:
    require("setpriv", "util-linux")
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().startswith(b"postgresql://")
        parent.kill()
    # The next start waits for the former server, and refuses if that one doesn't end.
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert server.pid is not None


def test_without_unshare_root_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DependencyError, match="run as an ordinary user, or set DATABASE_URL"):
        EmbeddedPostgres(tmp_path).start()


def test_without_a_wheel_it_says_for_which_platforms_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(DependencyError, match="macOS 11"):
        launcher._binary("postgres")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_runs_it_directly(require: Callable[[str, str], str]) -> None:
    setpriv = require("setpriv", "util-linux")
    as_nobody = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    if subprocess.run([*as_nobody, sys.executable, "--version"], check=False).returncode != 0:
        pytest.skip("nobody may not read this interpreter")
    # Neither pytest's own folder nor that of $TMPDIR: others may not enter those.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        data = Path(folder)
        os.chown(data, NOBODY, NOBODY)
        command = [*as_nobody, sys.executable, "-c", START_AND_STOP, str(data)]
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        assert done.stdout.startswith("postgresql://"), done.stderr
        assert (data / "cluster").stat().st_uid == NOBODY


START_AND_WAIT = """
import sys, pathlib
from tenuto.devstack.postgres import EmbeddedPostgres
print(EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False).start(), flush=True)
sys.stdin.read()
"""
START_AND_STOP = """
import sys, pathlib
from tenuto.devstack.postgres import EmbeddedPostgres
with EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False) as server:
    print(server.url())
"""
