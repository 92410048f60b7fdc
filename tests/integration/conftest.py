"""A stage per test."""

from collections.abc import AsyncIterator

import pytest

from db.engine import connect, disposed
from tests.factories import Stage
from tests.oauth_server import OAuthServer


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
