"""The house on a dev server, for each test in a namespace of its own."""

from collections.abc import AsyncIterator

import pytest

from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.temporal import TemporalDevServer
from tests import house as houses
from tests.house import House


@pytest.fixture
async def house(
    database_url: str, temporal_server: TemporalDevServer, catcher: MailCatcher
) -> AsyncIterator[House]:
    """Postgres, Temporal, a catcher; no worker runs yet."""
    settings = houses.settings(database_url, temporal_server.address, catcher.address[1])
    async with houses.house(settings, catcher) as made:
        yield made
