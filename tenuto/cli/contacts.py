"""`tenuto contact delete`: people who are to be forgotten."""

import sys
from typing import Annotated
from uuid import UUID

import typer

from db import contacts
from db.connection import Connection
from db.engine import transaction
from db.occasion import Told
from starter.address import normalised
from tenuto.cli.app import app
from tenuto.cli.session import run, session
from tenuto.cli.starting import starter_of
from tenuto.cli.steering import SOURCE
from tenuto.domain.errors import InputError

contact = typer.Typer(help="People.", no_args_is_help=True)
app.add_typer(contact, name="contact")


@contact.command()
def delete(
    email: Annotated[str, typer.Argument(help="One of the person's addresses.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Erase a person: end what is live, keep only ids and the hash that forbids mail to them."""
    address = normalised(email)
    if not yes and not sys.stdin.isatty():
        msg = "nobody can be asked here; add --yes to erase for good"
        raise InputError(msg)
    if not yes:
        typer.confirm(f"Erase {address} for good?", abort=True, err=True)
    ended = run(_delete(address))
    typer.echo(f"erased; live enrollments ended: {ended}")


async def _delete(email: str) -> int:
    async def work(connection: Connection) -> list[Told]:
        person: UUID = await contacts.get(connection, email)
        return await contacts.delete(connection, person, SOURCE)

    async with session() as its:
        told = await transaction(its.engine, work)
        await (await starter_of(its)).tell(told)
    return len(told)
