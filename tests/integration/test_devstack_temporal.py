import os
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tenuto.devstack.ports import choose_port
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.errors import DependencyError


@workflow.defn
class OvernightWorkflow:
    @workflow.run
    async def run(self) -> str:
        await workflow.sleep(8 * 3600)
        return "morning"


async def start_a_workflow(address: str, workflow_id: str) -> None:
    client = await Client.connect(address)
    await client.start_workflow(OvernightWorkflow.run, id=workflow_id, task_queue="nobody")


async def status_of(address: str, workflow_id: str) -> WorkflowExecutionStatus | None:
    client = await Client.connect(address)
    return (await client.get_workflow_handle(workflow_id).describe()).status


async def test_workflows_survive_a_restart_and_kill_9(tmp_path: Path) -> None:
    with TemporalDevServer(tmp_path, search_attributes={"ContactId": "Keyword"}) as server:
        await start_a_workflow(server.address, "one")
        server.stop()
        server.start()
        await start_a_workflow(server.address, "two")
        server.kill()
        server.start()
        for workflow_id in ("one", "two"):
            status = await status_of(server.address, workflow_id)
            assert status is WorkflowExecutionStatus.RUNNING


async def test_wiped_it_knows_nothing(tmp_path: Path) -> None:
    with TemporalDevServer(tmp_path, search_attributes={"ContactId": "Keyword"}) as server:
        await start_a_workflow(server.address, "one")
        server.stop()
        server.wipe()
        server.start()
        await start_a_workflow(server.address, "one")  # the id is free again


def test_the_web_ui_answers(tmp_path: Path) -> None:
    ui_port = choose_port(None, "a test")
    with TemporalDevServer(tmp_path, ui_port=ui_port, search_attributes={}) as server:
        assert server.ui_url == f"http://127.0.0.1:{ui_port}"
        assert httpx.get(server.ui_url).status_code == 200


@pytest.mark.parametrize("setting", ["port", "ui_port"])
def test_a_taken_port_is_named_with_its_holder(tmp_path: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        ports = {setting: port}
        with pytest.raises(DependencyError, match=rf"port {port} for .* \(pid {os.getpid()}\)"):
            TemporalDevServer(tmp_path, search_attributes={}, **ports).start()


def test_a_server_that_ends_while_starting_shows_its_log(tmp_path: Path) -> None:
    server = TemporalDevServer(tmp_path, search_attributes={"ContactId": "NoSuchType"})
    with pytest.raises(DependencyError, match=r"ended while starting:\n(.*\n)*.*NoSuchType"):
        server.start()


async def test_time_skips(time_skipping_env: WorkflowEnvironment) -> None:
    client = time_skipping_env.client
    async with Worker(
        client,
        task_queue="test",
        workflows=[OvernightWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),  # this file imports what a workflow may not
    ):
        result = await client.execute_workflow(
            OvernightWorkflow.run, id="overnight", task_queue="test"
        )
    assert result == "morning"


def test_a_missing_program_names_its_package(
    require: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENUTO_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="`no-such-program` of the Debian package none"):
        require("no-such-program", "none")
    monkeypatch.setenv("TENUTO_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="needs `no-such-program`"):
        require("no-such-program", "none")
