"""A server of the laptop stack as a child process: never outlives us, stops when told."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

import psutil

from tenuto.domain.errors import DependencyError

POLL_INTERVAL_S = 0.05
ORPHANS_TIMEOUT_S = 10
LOG_TAIL_LINES = 15


class ServerProcess:
    """One child and its log file. Start, wait until it answers, then stop or kill it."""

    def __init__(self, name: str, log: Path, stop_signal: signal.Signals) -> None:
        self.name = name
        self._log = log
        self._stop_signal = stop_signal
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id, or None when it doesn't run."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def said(self) -> bytes:
        """All of its log, of former runs as well."""
        return self._log.read_bytes() if self._log.exists() else b""

    def start(
        self,
        command: Sequence[str],
        *,
        wrapper: Sequence[str] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start the command; the wrapper is one that replaces itself by it (`unshare`)."""
        whole = [*wrapper, *_die_with_parent(self._stop_signal), *command]
        with self._log.open("ab") as output:
            self._child = _spawn(whole, output, os.environ | environment)

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Poll until ready. Raises `DependencyError` with the end of the log otherwise."""
        try:
            self._poll(ready, time.monotonic() + timeout_s)
        except BaseException:  # Ctrl-C as well: nobody else knows yet that there is a child
            self.kill()
            raise

    def _poll(self, ready: Callable[[], bool], deadline: float) -> None:
        while not ready():
            if self.pid is None:
                raise DependencyError(f"{self.name} ended while starting:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise DependencyError(f"{self.name} doesn't answer in time:\n{self._log_tail()}")
            time.sleep(POLL_INTERVAL_S)

    def stop(self, timeout_s: float = 30) -> None:
        """Stop cleanly; kill what won't. Stopping twice is harmless."""
        if self._child is None:
            return
        self._child.send_signal(self._stop_signal)
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._child = None

    def kill(self) -> None:
        """SIGKILL it with all its children, as a power cut would. Returns when they are gone."""
        if self._child is None:
            return
        if self.pid is not None:
            parent = psutil.Process(self._child.pid)
            victims = [parent, *parent.children(recursive=True)]
            for victim in victims:
                _kill(victim)
            self._child.wait()
            self._wait_for_orphans(victims[1:])
        self._child.wait()
        self._child = None

    def _wait_for_orphans(self, orphans: Sequence[psutil.Process]) -> None:
        deadline = time.monotonic() + ORPHANS_TIMEOUT_S
        while not all(map(is_gone, orphans)) and time.monotonic() < deadline:
            time.sleep(POLL_INTERVAL_S)

    def _log_tail(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join([*lines[-LOG_TAIL_LINES:], f"(all of it in {self._log})"])


def _spawn(
    command: Sequence[str], output: IO[bytes], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C must reach us alone, so that the worker stops before its database.
    return subprocess.Popen(  # noqa: S603 - the command is ours, without a shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        process_group=0,
    )


def _die_with_parent(stop_signal: signal.Signals) -> list[str]:
    """On Linux the kernel stops the server when the thread that started it ends, however it ends.

    Set by the command itself and not in a `preexec_fn`: entering a user namespace clears it.
    """
    setpriv = shutil.which("setpriv")  # util-linux; macOS has no such thing
    return [setpriv, "--pdeathsig", stop_signal.name.removeprefix("SIG")] if setpriv else []


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # it went by itself in the meantime
        process.kill()


def is_gone(process: psutil.Process) -> bool:
    """Gone, or a zombie that holds nothing any more (a container's init may never reap it)."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
