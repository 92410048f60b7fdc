"""The `tenuto` command, run as a person runs it, but for the process."""

import asyncio
import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tenuto.cli.app import app
from tenuto.cli.main import register

register()


def without_temporal(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings under which nothing listens where Temporal should be."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TENUTO_TOKEN_KEYS", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")


async def run(*words: str) -> Result:
    """What a command printed, and its exit code."""
    result = await _invoked(*words)
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


async def asked(*words: str) -> Any:
    """What a command's one JSON document says."""
    return json.loads((await run(*words, "--json")).stdout)


async def refused(kind: type[Exception], *words: str) -> str:
    """What a command says when it refuses."""
    result = await _invoked(*words)
    assert isinstance(result.exception, kind), (result.exception, result.output)
    return str(result.exception)


async def _invoked(*words: str) -> Result:
    # In a thread: a command has an event loop of its own.
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, words))
