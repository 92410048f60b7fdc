"""`tenuto balance`: whether position, log and ledger tell one story."""

import json
from typing import Annotated

import typer

from db import balance
from db.engine import connected
from tenuto.cli.app import app
from tenuto.cli.session import run, session


@app.command("balance")
def command(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False
) -> None:
    """Audit the books: every email step that became current has one line, and all agree."""
    found = run(_found())
    if as_json:
        typer.echo(json.dumps({"unbalanced": found}))
    elif not found:
        typer.echo("The books balance.")
    for line in [] if as_json else found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)


async def _found() -> list[str]:
    async with session() as at, connected(at.engine) as connection:
        found = await balance.imbalances(connection)
    return [f"enrollment {one.enrollment_id}, step {one.step}: {one.what}" for one in found]
