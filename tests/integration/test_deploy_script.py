"""The script that the compose file runs prepares an empty server, run as it stands."""

import asyncio
import os
import sys
from pathlib import Path
from uuid import uuid4

from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from tenuto.devstack.temporal import TemporalDevServer
from tenuto.runtime.temporal import SEARCH_ATTRIBUTES

SCRIPT = Path(__file__).parents[2] / "deploy" / "temporal-namespace.sh"


async def test_it_makes_the_namespace_and_the_search_attributes_and_may_run_again(
    temporal_server: TemporalDevServer,
) -> None:
    namespace = f"deploy-{uuid4().hex[:12]}"
    beside = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    where = {"TEMPORAL_ADDRESS": temporal_server.address, "TEMPORAL_NAMESPACE": namespace}
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            "sh", SCRIPT,
            env=os.environ | where | {"PATH": beside},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
    client = await Client.connect(temporal_server.address, namespace=namespace)
    found = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=namespace)
    )
    assert SEARCH_ATTRIBUTES.items() <= dict(found.custom_attributes).items()
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=namespace)
    )
    days = described.config.workflow_execution_retention_ttl.ToTimedelta().days
    assert days == 30
