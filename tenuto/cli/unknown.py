"""`tenuto unknown`: mails that nobody knows to have left or not."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from db import happenings, views
from db.connection import Connection
from db.engine import connected, transaction
from db.occasion import Told
from db.views import UnknownSend
from tenuto.cli.app import app
from tenuto.cli.instants import clock
from tenuto.cli.output import show_json, show_table
from tenuto.cli.session import run, session
from tenuto.cli.steering import SOURCE, tell
from tenuto.domain.errors import NotFoundError
from tenuto.domain.notice import SendResolved, Signal

unknown = typer.Typer(
    name="unknown",
    help="Mails whose fate nobody knows: they are never sent again by themselves.",
    no_args_is_help=True,
)
app.add_typer(unknown)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


class Outcome(StrEnum):
    """What the evidence says."""

    SENT = "sent"
    NOT_SENT = "not_sent"


@unknown.command("list")
def list_(json: Json = False) -> None:
    """List them, with where to look: the mailbox's Sent folder, the provider's log."""
    found = run(_unknown())
    if json:
        show_json(found)
    elif found:
        columns = ("enrollment", "step", "contact", "sequence", "claimed (UTC)", "why")
        show_table(columns, (_cells(one) for one in found))
    else:
        typer.echo("The fate of every mail is known.")


async def _unknown() -> list[UnknownSend]:
    async with session() as opened, connected(opened.engine) as connection:
        return await views.unknown_sends(connection)


def _cells(one: UnknownSend) -> tuple[str, ...]:
    at = clock(one.claimed_at)
    return (str(one.enrollment_id), one.step, one.email, one.sequence, at, one.reason or "")


@unknown.command()
def resolve(
    enrollment: Annotated[UUID, typer.Argument(help="As `tenuto unknown list` shows it.")],
    step: Annotated[str, typer.Argument(help="The step's id.")],
    outcome: Annotated[Outcome, typer.Argument(help="What the evidence says.")],
    json: Json = False,
) -> None:
    """Settle one by evidence. After not_sent the mail may be sent again, once."""
    changed = run(_resolved(enrollment, step, outcome))
    if json:
        show_json({"enrollment_id": enrollment, "step": step, "outcome": outcome})
        return
    goes_on = "; the enrollment goes on" if changed else ""
    typer.echo(f"{step} of {enrollment}: {outcome}{goes_on}")


async def _resolved(enrollment: UUID, step: str, outcome: Outcome) -> bool:
    async def work(connection: Connection) -> list[Told]:
        index = await _index(connection, enrollment, step)
        notice = SendResolved(step=index, outcome=outcome.value)
        return await happenings.record(
            connection, enrollment, Signal.SEND_RESOLVED, notice, source=SOURCE
        )

    async with session() as opened:
        told = await transaction(opened.engine, work)
        await tell(opened, told)
        return bool(told)


async def _index(connection: Connection, enrollment: UUID, step: str) -> int:
    for one in await views.unknown_sends(connection):
        if (one.enrollment_id, one.step) == (enrollment, step):
            return one.step_index
    raise NotFoundError(
        f"no unknown mail of step {step} in enrollment {enrollment}; "
        "`tenuto unknown list` has them all"
    )
