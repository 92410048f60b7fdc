"""The real parts of a benchmark: each a process of its own, in a folder that is thrown away."""

import secrets
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psutil

from tenuto.devstack.ports import choose_port
from tenuto.devstack.process import ServerProcess
from tenuto.domain.errors import DependencyError

ROOT = Path(__file__).parent.parent
_TAIL_LINES = 15


@dataclass(frozen=True)
class Part:
    """One of our processes and its log."""

    process: ServerProcess
    log: Path

    def cpu_seconds(self) -> float:
        """User and system time since it began.

        :raises DependencyError: it has ended, with the end of its log.
        """
        if self.process.pid is None:
            tail = self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
            raise DependencyError("\n".join([f"{self.process.name} ended:", *tail]))
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


@contextmanager
def part(
    name: str, folder: Path, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Part]:
    """Run Python with these arguments inside the block; stopped cleanly at its end."""
    log = folder / f"{name}.log"
    process = ServerProcess(f"the bench's {name}", log, signal.SIGTERM)
    # Compiled once, as an installed package is: the sandbox loads a workflow's module for every
    # run, and would compile it for every run where PYTHONDONTWRITEBYTECODE is set.
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    process.start([sys.executable, *arguments], environment=compiled | dict(environment))
    try:
        yield Part(process, log)
    finally:
        process.stop()


@contextmanager
def worker(
    folder: Path, database_url: str, temporal: str, smtp_port: int, key: str | None = None
) -> Iterator[Part]:
    """Our worker as it is deployed, all roles in one process; `key` signs its tokens."""
    environment = _settings(database_url, temporal, key or secrets.token_hex(32)) | {
        "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "TENUTO_SAFE_MODE": "false",
    }
    with part("worker", folder, str(ROOT / "worker.py"), environment=environment) as running:
        yield running


@contextmanager
def inbound(folder: Path, database_url: str, temporal: str, key: str) -> Iterator[int]:
    """`tenuto inbound` as it is deployed, its doors open; gives the port of the SMTP door."""
    port = choose_port(None, "the bench's SMTP door")
    environment = _settings(database_url, temporal, key) | {
        "TENUTO_INBOUND_SMTP_PORT": str(port),
        "TENUTO_INBOUND_HTTP_PORT": str(choose_port(None, "the bench's web door")),
    }
    command = ("-m", "tenuto.cli", "inbound")
    with part("inbound", folder, *command, environment=environment) as running:
        running.process.wait_until(lambda: b"doors_open" in running.process.said(), 60)
        yield port


def _settings(database_url: str, temporal: str, key: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal,
        "TEMPORAL_NAMESPACE": "default",
        "TENUTO_TOKEN_KEYS": key,
    }


@contextmanager
def bare_worker(folder: Path, temporal: str) -> Iterator[Part]:
    """The floor's worker."""
    with part("bare-worker", folder, "-m", "bench.bare_worker", "--address", temporal) as running:
        yield running


@contextmanager
def sink(folder: Path) -> Iterator[tuple[Part, int]]:
    """The SMTP server, with its port."""
    port = choose_port(None, "the bench's mail")
    with part("sink", folder, "-m", "bench.sink", "--port", str(port)) as running:
        yield running, port
