"""`tenuto list` and `tenuto show`: where people stand, and how they came there."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from db import timeline, views
from db.engine import connected
from db.timeline import Entry, Held, Person
from db.views import Listed
from starter.address import normalised
from tenuto.cli.app import app, errors
from tenuto.cli.instants import clock
from tenuto.cli.output import show_json, show_table
from tenuto.cli.session import run, session
from tenuto.domain.enrollment import Status


@app.command("list")
def list_(
    sequence: Annotated[str | None, typer.Option(help="Only of this sequence.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only in this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="A JSON array on stdout.")] = False,
) -> None:
    """List enrollments: what is due first comes first."""
    found = run(_listed(sequence, status, limit + 1))
    if len(found) > limit:
        errors.print(f"There are more than {limit}: raise --limit, or narrow it down.")
    if json:
        show_json(found[:limit])
    elif found:
        show_enrollments(found[:limit])
    else:
        errors.print("No enrollments here yet; `tenuto enroll` brings people in.", markup=False)


async def _listed(sequence: str | None, status: Status | None, limit: int) -> list[Listed]:
    async with session() as opened, connected(opened.engine) as connection:
        return await views.enrollments(connection, sequence, status, limit)


@app.command()
def show(
    email: Annotated[str, typer.Argument(help="A contact's address.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show one person: what is next, when and why then, and all that happened."""
    found = run(_person(email))
    if json:
        show_json(found)
        return
    _show_person(found)


async def _person(email: str) -> Person:
    async with session() as opened, connected(opened.engine) as connection:
        return await timeline.person(connection, normalised(email))


def _show_person(found: Person) -> None:
    zones = ", ".join(found.zones)
    where = f"{zones} (from the {found.zone_source})" if zones else "unknown zone"
    typer.echo(f"{found.email}, {where}")
    if found.suppressed:
        typer.echo(f"Gets no mail: {found.suppressed}")
    for hold in found.holds:
        typer.echo(_held(hold))
    if not found.enrollments:
        typer.echo("Was never enrolled.")
        return
    typer.echo()
    show_enrollments(found.enrollments)
    typer.echo()
    columns = ("UTC", "sequence", "", "what", "step", "why", "from")
    show_table(columns, (_cells(entry) for entry in found.timeline))


def show_enrollments(found: Iterable[Listed]) -> None:
    """One line each: status, step, and when and why what comes next."""
    columns = ("contact", "sequence", "status", "step", "next, local time", "zone", "why")
    show_table(columns, (_columns(one) for one in found))


def _columns(one: Listed) -> Sequence[str]:
    sequence = f"{one.sequence} v{one.version}"
    when = clock(one.next_at)
    return (one.email, sequence, one.status, one.step, when, one.zone, one.reason or "")


def _held(hold: Held) -> str:
    until = f"until {clock(hold.until)} UTC" if hold.until else "until resumed"
    return f"Held ({hold.scope}) {until}: {hold.reason}"


def _cells(entry: Entry) -> Sequence[str]:
    step = "" if entry.step_index is None else str(entry.step_index + 1)
    at = clock(entry.at)
    why, source = entry.why or "", entry.source or ""
    return (at, entry.sequence or "", entry.kind, entry.what, step, why, source)
