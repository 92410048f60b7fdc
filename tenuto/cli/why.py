"""`tenuto why`: why a person hasn't got the next mail yet."""

from typing import Annotated

import typer

from db import why as db_why
from db.engine import connected
from db.why import Why
from starter.address import normalised
from tenuto.cli.app import app
from tenuto.cli.output import printable, show_json
from tenuto.cli.session import run, session


@app.command()
def why(
    email: Annotated[str, typer.Argument(help="A contact's address.")],
    json: Annotated[bool, typer.Option("--json", help="A JSON array on stdout.")] = False,
) -> None:
    """Say why the next mail hasn't left yet, for each sequence that the person is in."""
    found = run(_found(email))
    if json:
        show_json(found)
        return
    for one in found:
        typer.echo(printable(one.why))
    if not found:
        typer.echo(f"{email} was never enrolled; tenuto enroll brings people in")


async def _found(email: str) -> list[Why]:
    async with session() as opened, connected(opened.engine) as connection:
        return await db_why.person(connection, normalised(email))
