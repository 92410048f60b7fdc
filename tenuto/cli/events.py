"""`tenuto record`: something that a contact did, which branches and goals look at."""

from typing import Annotated

import typer

from tenuto.cli.app import app
from tenuto.cli.session import run, session
from tenuto.cli.starting import starter_of
from tenuto.cli.steering import SOURCE
from tenuto.domain.notice import Engaged, Signal


@app.command()
def record(
    email: Annotated[str, typer.Argument(help="The contact's address.")],
    event: Annotated[str, typer.Argument(help="Its name in sequences, as meeting_booked.")],
    *,
    key: Annotated[str | None, typer.Option(help="The same key counts once.")] = None,
) -> None:
    """Record an engagement event of a contact."""
    moved = run(_record(email, event, key))
    typer.echo(f"recorded; enrollments that move on it: {moved}")


async def _record(email: str, event: str, key: str | None) -> int:
    async with session() as its:
        notice = Engaged(event=event, key=key)
        starter = await starter_of(its)
        told = await starter.record(email, Signal.ENGAGED, notice, source=SOURCE)
    return len(told)
