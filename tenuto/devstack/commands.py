"""`tenuto up` and `tenuto demo`; registered as entry points in pyproject.toml."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import make_url

from tenuto.devstack.stack import LAPTOP, Stack
from tenuto.runtime.settings import STACK_FILE, Settings

errors = Console(stderr=True, highlight=False, soft_wrap=True)


def up(
    folder: Annotated[Path, typer.Option(help="Where the data stays.")] = STACK_FILE.parent,
) -> None:
    """Start everything on this machine: Postgres, Temporal, mail catcher, worker, inbound."""
    asyncio.run(_up(folder))


async def _up(folder: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stack = Stack(folder, LAPTOP, _progress)
    async with stack:
        _write_settings(folder, stack.environment)
        for line in _where(stack):
            typer.echo(line)
        await _until_stopped(stack, stop)
        _progress("stopping")


def _progress(text: str) -> None:
    if errors.is_terminal:
        errors.print(f"… {text}", style="dim")


def _write_settings(folder: Path, environment: dict[str, str]) -> None:
    path = folder / STACK_FILE.name
    path.touch(mode=0o600)
    path.write_text("".join(f"{k}={v}\n" for k, v in environment.items()), encoding="utf-8")


def _where(stack: Stack) -> list[str]:
    settings = stack.settings
    return [
        "Tenuto is up. Safe mode is on: mail goes to the catcher only.",
        f"  mails         {stack.pages_url}",
        f"  Temporal      {settings.temporal_ui_url}",
        f"  database      {_without_password(settings)}",
        f"  inbound mail  smtp://{settings.inbound_host}:{settings.inbound_smtp_port}",
        f"  unsubscribe   {settings.public_url}",
        "In another terminal, from this folder: .venv/bin/tenuto --help",
        "Ctrl-C stops everything; the data stays.",
    ]


def _without_password(settings: Settings) -> str:
    url = make_url(settings.database_url.get_secret_value())
    return url.render_as_string(hide_password=True)


async def _until_stopped(stack: Stack, stop: asyncio.Event) -> None:
    """Wait for Ctrl-C, or say which part ended by itself."""
    while not stop.is_set():
        for part in (stack.worker, stack.inbound):
            if part.pid is None:
                errors.print(f"tenuto: {part.name} ended by itself; its log is in {stack.folder}")
                raise typer.Exit(1)
        try:
            await asyncio.wait_for(stop.wait(), 1)
        except TimeoutError:
            continue
