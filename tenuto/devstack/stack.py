"""The whole set on one laptop: Postgres, Temporal, a mail catcher, worker and inbound.

Each part is real, and each is replaced by yours when its setting names one: `DATABASE_URL`,
`TEMPORAL_ADDRESS`, `SMTP_URL`.
"""

import os
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import asyncpg

from db.migrate import upgrade
from tenuto.devstack.catcher import MailCatcher, RcptPolicy
from tenuto.devstack.catcher_pages import CatcherPages
from tenuto.devstack.doors import Doors
from tenuto.devstack.page_server import serving
from tenuto.devstack.ports import LOOPBACK, choose_port
from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.devstack.process import ServerProcess
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.runtime.settings import Settings

_READY_S = 60
_SEARCH_ATTRIBUTES = {
    "SequenceId": "Keyword",
    "SequenceVersion": "Int",
    "ContactId": "Keyword",
    "EnrollmentStatus": "Keyword",
}


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


#: The ports that the defaults of the settings name.
LAPTOP = Ports(54329, 7233, 8233, 1025, 8026, 2525, 8025)
Progress = Callable[[str], None]


class Stack:
    """Use as `async with`. Data stays in `folder`; the settings to reach it are `environment`."""

    def __init__(
        self,
        folder: Path,
        ports: Ports,
        progress: Progress,
        *,
        database: str = "tenuto",
        policy: RcptPolicy = lambda _recipient: None,
        overrides: Mapping[str, str] | None = None,
    ) -> None:
        self.environment: dict[str, str] = {}
        self.pages_url = ""
        self.catcher = MailCatcher(folder / "mail", port=ports.catcher, policy=policy)
        self.folder = folder
        self._ports = ports
        self._progress = progress
        self._database = database
        self._overrides = dict(overrides or {})
        self._running = AsyncExitStack()
        self.worker = ServerProcess("the worker", folder / "worker.log", signal.SIGTERM)
        self.inbound = ServerProcess("inbound", folder / "inbound.log", signal.SIGTERM)

    @property
    def settings(self) -> Settings:
        """As the worker and the inbound process have them."""
        return Settings(_env_file=None, **self.environment)  # type: ignore[call-arg,arg-type]

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

    async def _start(self) -> None:
        self.environment |= {
            "TENUTO_TOKEN_KEYS": self._key(),
            "TENUTO_INBOUND_SMTP_PORT": str(choose_port(self._ports.inbound_smtp, "inbound mail")),
            "TENUTO_INBOUND_HTTP_PORT": str(choose_port(self._ports.inbound_http, "unsubscribe")),
        }
        public = f"http://{LOOPBACK}:{self.environment['TENUTO_INBOUND_HTTP_PORT']}"
        self.environment["TENUTO_PUBLIC_URL"] = public
        await self._start_postgres()
        self._start_temporal()
        await self._start_catcher(public)
        self.environment |= self._overrides
        self._progress("migrating the database")
        await upgrade(self.environment["DATABASE_URL"])
        self.start_inbound()
        self._running.callback(self.inbound.stop)
        self.start_worker()
        self._running.callback(self.worker.stop)

    async def _start_postgres(self) -> None:
        if url := os.environ.get("DATABASE_URL"):
            self.environment["DATABASE_URL"] = url
            return
        self._progress("starting PostgreSQL")
        server = EmbeddedPostgres(self.folder / "postgres", self._ports.postgres)
        self._running.callback(server.stop)
        server.start()
        self.environment["DATABASE_URL"] = await _ensured(server, self._database)

    def _start_temporal(self) -> None:
        if address := os.environ.get("TEMPORAL_ADDRESS"):
            self.environment["TEMPORAL_ADDRESS"] = address
            return
        self._progress("starting Temporal")
        server = TemporalDevServer(
            self.folder / "temporal",
            port=self._ports.temporal,
            ui_port=choose_port(self._ports.temporal_ui, "Temporal's Web UI"),
            search_attributes=_SEARCH_ATTRIBUTES,
        )
        self._running.callback(server.stop)
        self.environment["TEMPORAL_ADDRESS"] = server.start()
        self.environment["TEMPORAL_UI_URL"] = server.ui_url or ""

    async def _start_catcher(self, public: str) -> None:
        self._progress("starting the mail catcher")
        url = await self.catcher.start()
        self._running.push_async_callback(self.catcher.stop)
        smtp_port = int(self.environment["TENUTO_INBOUND_SMTP_PORT"])
        doors = Doors(LOOPBACK, smtp_port, public)
        pages = CatcherPages(self.catcher.log, doors)
        self.pages_url = await self._running.enter_async_context(
            serving(pages.app, self._ports.pages, "the mail catcher's pages")
        )
        self.environment["TENUTO_CATCHER_URL"] = url
        self.environment["SMTP_URL"] = os.environ.get("SMTP_URL", url)

    def start_worker(self) -> None:
        """Start the worker, as anybody would; also again after it was killed."""
        self._progress("starting the worker")
        command = [sys.executable, "-m", "worker", "--role", "all"]
        self._launch(self.worker, command, self.folder / "worker.log", "worker_ready")

    def start_inbound(self) -> None:
        """Start the doors."""
        self._progress("starting the inbound doors")
        command = [sys.executable, "-m", "tenuto.cli", "inbound"]
        self._launch(self.inbound, command, self.folder / "inbound.log", "inbound_ready")

    def _launch(self, process: ServerProcess, command: list[str], log: Path, sign: str) -> None:
        before = log.stat().st_size if log.exists() else 0

        def ready() -> bool:
            return sign.encode() in log.read_bytes()[before:]

        process.start(command, environment=self.environment)
        process.wait_until(ready, _READY_S)

    def _key(self) -> str:
        path = self.folder / "token.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32), encoding="ascii")
        return path.read_text(encoding="ascii")


async def _ensured(server: EmbeddedPostgres, name: str) -> str:
    connection = await asyncpg.connect(server.url())
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
    finally:
        await connection.close()
    return server.url(name) if known else server.create_database(name)
