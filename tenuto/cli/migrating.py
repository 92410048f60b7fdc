"""`tenuto migrate`: the schema on its own, before the workers of a release start."""

import typer

from db import migrate
from tenuto.cli.app import app
from tenuto.cli.session import run, session


@app.command("migrate")
def command() -> None:
    """Bring the database to the newest schema. Safe at any time, and more than once."""
    run(_migrated())
    typer.echo("The database has the newest schema.")


async def _migrated() -> None:
    async with session() as opened:
        await migrate.upgrade_with(opened.engine)
