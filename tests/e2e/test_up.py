"""`tenuto up`, as a person runs it: in a terminal of its own, stopped by Ctrl-C."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

TENUTO = Path(sys.executable).with_name("tenuto")
SEQUENCE = Path(__file__).parents[2] / "examples" / "demo" / "welcome.yaml"
PATIENCE_S = 120


async def start(folder: Path, *arguments: str) -> Process:
    # The stack's own settings are what is tested: none from outside.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TENUTO_", "TEMPORAL_"))}
    return await asyncio.create_subprocess_exec(
        TENUTO, *arguments, cwd=folder, env=clean, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )


async def ran(folder: Path, *arguments: str) -> tuple[int | None, str, str]:
    """Run a command to its end: exit code, what it says, what it complains about."""
    command = await start(folder, *arguments)
    out, err = await asyncio.wait_for(command.communicate(), PATIENCE_S)
    return command.returncode, out.decode(), err.decode()


async def said(up: Process) -> str:
    """What it prints until it is up."""
    assert up.stdout is not None
    lines = list[str]()
    async with asyncio.timeout(PATIENCE_S):
        while not (lines and "Ctrl-C" in lines[-1]):
            lines.append((await up.stdout.readline()).decode())
            assert lines[-1], "it ended: " + "".join(lines)
    return "".join(lines)


@asynccontextmanager
async def laptop(folder: Path) -> AsyncIterator[str]:
    """A stack that is up inside the block, and stopped by Ctrl-C; gives what it printed."""
    up = await start(folder, "up", "--free-ports")
    try:
        yield await said(up)
    finally:
        servers = psutil.Process(up.pid).children(recursive=True)
        up.send_signal(signal.SIGINT)
        code = await asyncio.wait_for(up.wait(), PATIENCE_S)
    assert code == 0
    left = [server for server in servers if server.is_running()]
    assert [s.name() for s in left if s.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.slow
async def test_it_keeps_its_data_and_leaves_nothing_running(tmp_path: Path) -> None:
    async with laptop(tmp_path) as printed:
        assert "http://" in printed
        assert "Safe mode is on" in printed
        code, _, complaint = await ran(tmp_path, "publish", str(SEQUENCE))
        assert code == 0, complaint
        code, _, complaint = await ran(tmp_path, "list")
        assert (code, complaint.split(";")[0]) == (0, "No enrollments here yet")
    code, _, complaint = await ran(tmp_path, "list")
    assert code == 1
    assert "tenuto up" in complaint, "without a stack it says how to get one"
    async with laptop(tmp_path):
        code, versions, complaint = await ran(tmp_path, "versions")
        assert code == 0, complaint
        assert "welcome" in versions


async def test_it_says_which_port_is_taken_and_by_whom(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / ".env").write_text(f"TENUTO_INBOUND_SMTP_PORT={port}\n")
        code, _, complaint = await ran(tmp_path, "up", "--free-ports")
    assert code == 69
    assert f"port {port} for inbound" in complaint
    assert f"(pid {os.getpid()})" in complaint
    assert "Traceback" not in complaint
