"""A server made ready for work while others make theirs ready."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from tenuto.devstack.temporal import TemporalDevServer
from tenuto.runtime import temporal
from tests import house as houses

BUSY = "UpdateNamespace: conditional update error"


async def test_a_namespace_that_is_changed_at_the_same_moment_is_asked_for_again(
    temporal_server: TemporalDevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = houses.settings("postgresql://postgres@127.0.0.1:1/none", temporal_server.address, 1)
    client = await temporal.connect(settings)
    add, asked = client.operator_service.add_search_attributes, []

    async def busy_at_first(request: Any) -> Any:
        asked.append(request)
        if len(asked) == 1:
            raise RPCError(BUSY, RPCStatusCode.UNAVAILABLE, b"")
        return await add(request)

    monkeypatch.setattr(client.operator_service, "add_search_attributes", busy_at_first)
    await temporal.prepare(client, timedelta(minutes=1))
    assert len(asked) == 2
    await temporal.prepare(client, timedelta(minutes=1))
    assert len(asked) == 2
