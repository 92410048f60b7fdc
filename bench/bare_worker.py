"""The bare workflows' worker: a process of its own, with the SDK's defaults."""

import argparse
import asyncio
import signal

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.bare import QUEUE, BareStop, BareWorkflow, nothing


async def serve(address: str) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    async with Worker(
        client,
        task_queue=QUEUE,
        activities=[nothing],
        workflows=[BareWorkflow, BareStop],
        workflow_runner=SandboxedWorkflowRunner(),
    ):
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Runs the bare workflows.")
    parser.add_argument("--address", required=True)
    asyncio.run(serve(parser.parse_args().address))
