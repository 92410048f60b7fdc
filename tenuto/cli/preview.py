"""`tenuto preview`: who gets what, when, and why then."""

from typing import Annotated
from zoneinfo import available_timezones

import typer

from db import preview as previews
from db import sequences
from db.engine import connected
from db.preview import Schedule
from starter.address import normalised
from tenuto.cli.app import app, errors
from tenuto.cli.instants import clock, instant
from tenuto.cli.output import show_json, show_table
from tenuto.cli.session import run, session
from tenuto.domain.errors import InputError
from tenuto.domain.preview import Planned


@app.command()
def preview(
    sequence: Annotated[str, typer.Argument(help="A published sequence.")],
    contact: Annotated[str, typer.Option(help="An address, known or not.")],
    zone: Annotated[
        str | None, typer.Option(help="As if the contact lived there: an IANA name.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="As if enrolled then: ISO 8601 with an offset.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show the schedule of a contact, by the functions that send: nothing is written."""
    found = run(_schedule(sequence, contact, zone, at))
    if found.obstacle:
        errors.print(f"{found.email} would not be enrolled now: {found.obstacle}", markup=False)
    if json:
        show_json(found)
        return
    where = f"{found.sequence} v{found.version} for {found.email}"
    columns = ("step", "", "UTC", f"local time, {found.zone}", f"why then ({where})")
    show_table(columns, (_cells(step) for step in found.steps))


async def _schedule(sequence: str, contact: str, zone: str | None, at: str | None) -> Schedule:
    email = normalised(contact)
    if zone is not None and zone not in available_timezones():
        raise InputError(f'"{zone}" is no time zone; write an IANA name, such as Asia/Tokyo')
    start = instant(at) if at else None
    async with session() as opened, connected(opened.engine) as connection:
        version = await sequences.get(connection, sequence)
        return await previews.schedule(connection, email, version, zone=zone, start=start)


def _cells(step: Planned) -> tuple[str, ...]:
    why = step.reason
    if len(step.shifts) > 1:
        why += f" (moved by {', then '.join(step.shifts)})"
    utc = clock(step.at) or "nobody knows"
    return (step.step_id, step.kind, utc, clock(step.local), why)
