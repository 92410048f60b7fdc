"""`tenuto up`: the stack on its usual ports, with its data in `.tenuto`."""

import asyncio
import os
import sys
from pathlib import Path

from dotenv import dotenv_values
from rich.console import Console
from sqlalchemy import make_url

from tenuto.devstack.stack import FREE, LAPTOP, Stack
from tenuto.domain.errors import DependencyError
from tenuto.runtime.settings import STACK_FILE, Settings

_LOOK_EVERY_S = 1


async def serve(folder: Path, *, free_ports: bool) -> int:
    """Run the stack until cancelled; its data and `stack.env` are in `folder`'s `.tenuto`.

    :raises DependencyError: a part is missing, a port is taken, or a part ended by itself.
    """
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    given = {k: v for k, v in dotenv_values(folder / ".env").items() if v} | dict(os.environ)

    def progress(text: str) -> None:
        if errors.is_terminal:
            errors.print(f"… {text}", style="dim", markup=False)

    ports = FREE if free_ports else LAPTOP
    stack = Stack(folder / STACK_FILE.parent, ports, progress, given=given)
    async with stack:
        out = Console(highlight=False, soft_wrap=True)
        for line in _where(stack):
            out.print(line, markup=False)
        try:
            return await _watch(stack)
        finally:
            progress("stopping")


def _where(stack: Stack) -> list[str]:
    settings = stack.settings
    safety = "Safe mode is on: mail goes to the catcher only."
    return [
        f"Tenuto is up. {safety if settings.safe_mode else 'Safe mode is OFF: mail leaves.'}",
        f"  mails         {stack.pages_url}",
        f"  Temporal      {stack.environment.get('TEMPORAL_UI_URL', settings.temporal_address)}",
        f"  database      {_without_password(settings)}",
        f"  inbound mail  smtp://{settings.inbound_host}:{settings.inbound_smtp_port}",
        f"  unsubscribe   {settings.public_url}",
        f"In another terminal, from this folder: {sys.argv[0]} --help",
        "Ctrl-C stops everything; the data stays.",
    ]


def _without_password(settings: Settings) -> str:
    url = make_url(settings.database_url.get_secret_value())
    return url.render_as_string(hide_password=True)


async def _watch(stack: Stack) -> int:
    """Look after the parts for as long as they run."""
    while True:
        for name, part in stack.parts.items():
            if part.pid is None:
                raise DependencyError(f"{name} ended by itself; the logs are in {stack.folder}")
        await asyncio.sleep(_LOOK_EVERY_S)
