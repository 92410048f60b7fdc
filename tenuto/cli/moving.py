"""`tenuto mailbox move`: people off a mailbox that is gone."""

import sys
from typing import Annotated

import typer

from db import mailboxes, moving
from db.engine import connected
from starter.address import normalised
from tenuto.cli.app import errors
from tenuto.cli.mailboxes import mailbox
from tenuto.cli.session import run, session
from tenuto.cli.starting import starter_of
from tenuto.domain.errors import InputError


@mailbox.command()
def move(
    old: Annotated[str, typer.Argument(help="The mailbox that its people leave.")],
    new: Annotated[str, typer.Argument(help="The one that writes to them from now on.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Move everybody in flight to another mailbox. Their conversations break: new ones begin."""
    old, new = normalised(old), normalised(new)
    if old == new:
        msg = "these are the same mailbox; name the one that they leave, then the other"
        raise InputError(msg)
    count = run(_people(old, new))
    if count and not yes and not sys.stdin.isatty():
        msg = f"nobody can be asked here; add --yes to move {count} enrollments"
        raise InputError(msg)
    if count and not yes:
        typer.confirm(
            f"Move {count} enrollments from {old} to {new}? Follow-ups begin new conversations.",
            abort=True,
            err=True,
        )
    typer.echo(f"moved {run(_move(old, new))}")


async def _people(old: str, new: str) -> int:
    async with session() as its:
        async with connected(its.engine) as connection:
            await mailboxes.get(connection, new)
            mailbox_id = await mailboxes.get(connection, old)
        return len(await moving.people_of(its.engine, mailbox_id))


async def _move(old: str, new: str) -> int:
    moved = 0
    async with session() as its:
        async with connected(its.engine) as connection:
            ids = [await mailboxes.get(connection, address) for address in (old, new)]
        starter = await starter_of(its)
        with errors.status("Moving …"):
            async for told in moving.move(its.engine, *ids, source="cli"):
                moved += bool(told)
                await starter.tell(told)
    return moved
