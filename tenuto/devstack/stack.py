"""The whole set on one laptop: Postgres, Temporal, a mail catcher, worker and inbound.

Each part is real, and each is replaced by yours when its setting names one: `DATABASE_URL`,
`TEMPORAL_ADDRESS`, `SMTP_URL`.
"""

import asyncio
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self, TypeVar

import asyncpg
from temporalio.api.enums.v1 import IndexedValueType

from db.migrate import upgrade
from tenuto.devstack.catcher import MailCatcher, RcptPolicy
from tenuto.devstack.catcher_pages import CatcherPages
from tenuto.devstack.doors import Doors
from tenuto.devstack.page_server import serving
from tenuto.devstack.ports import LOOPBACK, choose_port
from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.devstack.process import ServerProcess
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.runtime.settings import STACK_FILE, Settings
from tenuto.runtime.temporal import SEARCH_ATTRIBUTES

T = TypeVar("T")

Server = EmbeddedPostgres | TemporalDevServer | ServerProcess

_READY_S = 120
_INBOUND = ("TENUTO_INBOUND_SMTP_PORT", "TENUTO_INBOUND_HTTP_PORT")


@dataclass(frozen=True)
class Ports:
    """Where each part listens; None takes a free one."""

    postgres: int | None = None
    temporal: int | None = None
    temporal_ui: int | None = None
    catcher: int | None = None
    pages: int | None = None
    inbound_smtp: int | None = None
    inbound_http: int | None = None


FREE = Ports()
#: Those that the defaults of the settings name.
LAPTOP = Ports(54329, 7233, 8233, 1025, 8026, 2525, 8025)


class Stack:
    """Use as `async with`. Data and logs stay in `folder`.

    `given` are settings that are made already: they win, and replace parts. `environment` is
    what the stack adds; while it runs, `folder`'s `stack.env` has it for other commands.
    """

    def __init__(
        self,
        folder: Path,
        ports: Ports,
        progress: Callable[[str], None],
        *,
        given: Mapping[str, str] = MappingProxyType({}),
        database: str = "tenuto",
        policy: RcptPolicy = lambda _recipient: None,
    ) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}
        self.pages_url = ""
        self.catcher = MailCatcher(folder / "mail", port=ports.catcher, policy=policy)
        #: The servers that were started, by name.
        self.parts: dict[str, Server] = {}
        self._worker = ServerProcess("The worker", folder / "worker.log", signal.SIGTERM)
        self._ports = ports
        self._progress = progress
        self._given = given
        self._database = database
        self._running = AsyncExitStack()
        # One thread starts and stops all servers, one after the other: the mail catcher in our
        # event loop goes on meanwhile, and on Linux a server lives only as long as its thread.
        self._thread = ThreadPoolExecutor(1, "servers")

    @property
    def settings(self) -> Settings:
        """As the worker and the inbound process have them."""
        return Settings(**self.environment)  # type: ignore[arg-type]  # pydantic reads them

    @property
    def doors(self) -> Doors:
        """How mail and clicks come in."""
        settings = self.settings
        return Doors(LOOPBACK, settings.inbound_smtp_port, settings.public_url)

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            await self._start()
        except BaseException:
            await self._running.aclose()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._running.aclose()

    async def start_worker(self) -> None:
        """Start the worker, as anybody would; also again after it was killed."""
        command = [sys.executable, "-P", "-m", "worker", "--role", "all"]
        await self._launch(self._worker, command, b"worker_ready")

    async def kill_worker(self) -> None:
        """SIGKILL it, in the middle of whatever it does."""
        await self._blocking(self._worker.kill)

    async def stop_worker(self) -> None:
        """Let it finish what it has begun."""
        await self._blocking(self._worker.stop)

    async def _start(self) -> None:
        self._running.callback(self._thread.shutdown)
        self._check_ports()
        await self._start_postgres()
        await self._start_temporal()
        self._set_doors()
        await self._start_catcher()
        self._progress("migrating the database")
        await upgrade(self.environment["DATABASE_URL"])
        self._write_settings()
        await self._start_inbound()
        self._progress("starting the worker")
        self._stop_at_end("the worker", self._worker)
        await self.start_worker()

    def _check_ports(self) -> None:
        """Before anything is started."""
        ports, given = self._ports, self._given
        wanted = [(ports.catcher, "the mail catcher"), (ports.pages, "the mail catcher's pages")]
        wanted += [(self._inbound(setting), f"inbound ({setting})") for setting in _INBOUND]
        if "DATABASE_URL" not in given:
            wanted += [(ports.postgres, "PostgreSQL")]
        if "TEMPORAL_ADDRESS" not in given:
            wanted += [(ports.temporal, "Temporal"), (ports.temporal_ui, "Temporal's Web UI")]
        for port, purpose in wanted:
            if port is not None:
                choose_port(port, purpose)

    async def _start_postgres(self) -> None:
        if url := self._given.get("DATABASE_URL"):
            self.environment["DATABASE_URL"] = url
            return
        self._progress("starting PostgreSQL")
        server = EmbeddedPostgres(self.folder / "postgres", self._ports.postgres)
        self._stop_at_end("PostgreSQL", server)
        await self._blocking(server.start)
        self.environment["DATABASE_URL"] = await self._ensure_database(server)

    async def _ensure_database(self, server: EmbeddedPostgres) -> str:
        connection = await asyncpg.connect(server.url())
        try:
            query = "SELECT 1 FROM pg_database WHERE datname = $1"
            known = await connection.fetchval(query, self._database)
        finally:
            await connection.close()
        make = server.url if known else server.create_database
        return await self._blocking(lambda: make(self._database))

    async def _start_temporal(self) -> None:
        if address := self._given.get("TEMPORAL_ADDRESS"):
            self.environment["TEMPORAL_ADDRESS"] = address
            return
        self._progress("starting Temporal")
        server = TemporalDevServer(
            self.folder / "temporal",
            port=self._ports.temporal,
            ui_port=choose_port(self._ports.temporal_ui, "Temporal's Web UI"),
            search_attributes=_search_attributes(),
        )
        self._stop_at_end("Temporal", server)
        self.environment["TEMPORAL_ADDRESS"] = await self._blocking(server.start)
        self.environment["TEMPORAL_UI_URL"] = server.ui_url or ""

    def _set_doors(self) -> None:
        smtp, http = (choose_port(self._inbound(name), f"inbound ({name})") for name in _INBOUND)
        made = {
            _INBOUND[0]: str(smtp),
            _INBOUND[1]: str(http),
            "TENUTO_PUBLIC_URL": f"http://{LOOPBACK}:{http}",
            "TENUTO_TOKEN_KEYS": self._key(),
        }
        self.environment |= {name: self._given.get(name, value) for name, value in made.items()}

    def _inbound(self, setting: str) -> int | None:
        given = self._given.get(setting, "")
        usual = dict(
            zip(_INBOUND, (self._ports.inbound_smtp, self._ports.inbound_http), strict=True)
        )
        return int(given) if given.isdecimal() else usual[setting]

    def _key(self) -> str:
        path = self.folder / "token.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32), encoding="ascii")
        return path.read_text(encoding="ascii")

    async def _start_catcher(self) -> None:
        self._progress("starting the mail catcher")
        url = await self.catcher.start()
        self._running.push_async_callback(self.catcher.stop)
        self.environment["TENUTO_CATCHER_URL"] = url
        self.environment["SMTP_URL"] = self._given.get("SMTP_URL", url)
        pages = CatcherPages(self.catcher.log, self.doors)
        self.pages_url = await self._running.enter_async_context(
            serving(pages.app, self._ports.pages, "the mail catcher's pages")
        )

    def _write_settings(self) -> None:
        path = self.folder / STACK_FILE.name
        path.touch(mode=0o600)
        lines = [f"{name}={value}\n" for name, value in self.environment.items()]
        path.write_text("".join(lines), encoding="utf-8")
        # Once it is down, commands had better say that no settings are made.
        self._running.callback(path.unlink, missing_ok=True)

    async def _start_inbound(self) -> None:
        self._progress("starting the inbound doors")
        inbound = ServerProcess("The inbound process", self.folder / "inbound.log", signal.SIGTERM)
        self._stop_at_end("the inbound process", inbound)
        await self._launch(
            inbound, [sys.executable, "-P", "-m", "tenuto.cli", "inbound"], b"doors_open"
        )

    async def _launch(self, process: ServerProcess, command: list[str], sign: bytes) -> None:
        """Start it, and wait until its log shows the sign."""

        def launch() -> None:
            before = len(process.said())
            process.start(command, environment=self.environment)
            process.wait_until(lambda: sign in process.said()[before:], _READY_S)

        await self._blocking(launch)

    def _stop_at_end(self, name: str, server: Server) -> None:
        self.parts[name] = server
        self._running.push_async_callback(self._blocking, server.stop)

    async def _blocking(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _search_attributes() -> dict[str, str]:
    """As the `temporal` command writes them: {"SequenceId": "Keyword", …}."""
    prefix = "INDEXED_VALUE_TYPE_"
    names = {name: IndexedValueType.Name(kind) for name, kind in SEARCH_ATTRIBUTES.items()}
    return {name: kind.removeprefix(prefix).capitalize() for name, kind in names.items()}
