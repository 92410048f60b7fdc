"""Real parts for every test: a Postgres database, Temporal servers, a mail catcher.

Servers live as long as the session (each xdist worker has its own); they need no event loop.
"""

import asyncio
import os
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from db.engine import connect, disposed
from db.migrate import upgrade
from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.postgres import EmbeddedPostgres
from tenuto.devstack.temporal import TemporalDevServer
from tests import house as houses
from tests.factories import Stage
from tests.house import House
from tests.imap_watched import Watched, watched_mailbox
from tests.oauth_server import OAuthServer

TEMPLATE = "migrated"
SEARCH_ATTRIBUTES = {
    "SequenceId": "Keyword",
    "SequenceVersion": "Int",
    "ContactId": "Keyword",
    "EnrollmentStatus": "Keyword",
}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of this session's, without fsync. Tests that kill one make their own."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated, empty database, to be cloned."""
    url = postgres.create_database(TEMPLATE)
    # In a thread of its own: asyncio.run would take away the event loop that the tests use.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, upgrade(url)).result()
    return TEMPLATE


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, template_database: str) -> Iterator[str]:
    """A migrated, empty database of this test's own: `postgresql://…`."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres.create_database(name, template_database)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def temporal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalDevServer]:
    """A dev server of this session's. Tests that kill one make their own."""
    folder = tmp_path_factory.mktemp("temporal")
    with TemporalDevServer(folder, search_attributes=SEARCH_ATTRIBUTES) as server:
        yield server


@pytest.fixture
async def time_skipping_env() -> AsyncIterator[WorkflowEnvironment]:
    """Time that skips waits; knows no search attributes (its server is the Java one)."""
    program = Path(sys.executable).with_name("temporal-test-server")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program)
    ) as environment:
        yield environment
    # The interpreter may abort at its end if this comes any sooner (temporalio 1.35).
    await asyncio.sleep(0.5)


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    """An SMTP server that takes every mail. Its pages aren't served."""
    async with MailCatcher(tmp_path / "catcher") as server:
        yield server


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    """A migrated database with one mailbox."""
    async with disposed(connect(database_url, pool_size=20)) as engine:
        made = Stage(engine)
        await made.mailbox()
        yield made


@pytest.fixture
async def oauth_server() -> AsyncIterator[OAuthServer]:
    """A sign-in service of the test's own."""
    async with OAuthServer().listening() as server:
        yield server


@pytest.fixture
async def house(
    database_url: str, temporal_server: TemporalDevServer, catcher: MailCatcher
) -> AsyncIterator[House]:
    """Postgres, Temporal in a namespace of the test's own, a catcher; no worker runs yet."""
    settings = houses.settings(database_url, temporal_server.address, catcher.address[1])
    async with houses.house(settings, catcher) as made:
        yield made


@pytest.fixture
def require() -> Callable[[str, str], str]:
    """Find a program of a Debian package; without it, skip. With TENUTO_REQUIRE_ALL=1, fail."""

    def find(program: str, package: str) -> str:
        # Servers lie in sbin, which an ordinary user's PATH lacks.
        path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if path is None:
            reason = f"needs `{program}` of the Debian package {package}"
            (pytest.fail if os.environ.get("TENUTO_REQUIRE_ALL") == "1" else pytest.skip)(reason)
        return path

    return find


@pytest.fixture
async def watched(
    stage: Stage, require: Callable[[str, str], str], oauth_server: OAuthServer
) -> AsyncIterator[Watched]:
    """A mailbox on an IMAP server, from which a mail was sent."""
    async with watched_mailbox(stage, require, oauth_server) as made:
        yield made
