"""`tenuto enroll`: one contact, or a file of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from db import sequences
from db.connection import Connection
from db.engine import transaction
from db.sequences import SequenceVersion
from starter.bulk import Bulk, Tally
from starter.contact import from_cells
from starter.contact_file import BadRow, Row, open_file
from starter.enroll import Starter, check_trigger
from tenuto.cli.app import PARTIAL, app, errors
from tenuto.cli.file_words import lines_of, pairs
from tenuto.cli.output import show_json
from tenuto.cli.session import Session, run, session
from tenuto.cli.starting import starter_of
from tenuto.domain.enrollment import Trigger


@dataclass(frozen=True)
class Order:
    """What is asked for, whoever is to be enrolled."""

    sequence: str
    version: int | None
    trigger: Trigger
    by: str
    dry_run: bool
    json: bool


@app.command()
def enroll(
    sequence: Annotated[str, typer.Argument(help="A published sequence.")],
    file: Annotated[
        Path | None, typer.Argument(help="A CSV file: email, and a column per attribute.")
    ] = None,
    *,
    contact: Annotated[str | None, typer.Option(help="One address, instead of a file.")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="With --contact: first_name=Ann, zone=…")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="Columns headed otherwise: email=Adresse,…")
    ] = None,
    trigger: Annotated[
        Trigger | None, typer.Option(help="Without it: import for a file, else manual.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who enrolls; recorded.")] = "cli",
    version: Annotated[int | None, typer.Option(min=1, help="Not the newest one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Enroll contacts. Run it again: nothing doubles. Exit code 3 when some were left out."""
    if (file is None) == (contact is None):
        msg = "name a file, or one contact by --contact"
        raise typer.BadParameter(msg)
    if (values and file) or (columns and contact):
        msg = "--set goes with --contact, --map goes with a file"
        raise typer.BadParameter(msg)
    usual = Trigger.MANUAL if file is None else Trigger.IMPORT
    order = Order(sequence, version, trigger or usual, by, dry_run, json)
    if file is None:
        row = Row(0, from_cells(pairs("--set", values) | {"email": contact or ""}))
        tally = run(_enroll(order, [row], 1))
    else:
        opened = open_file(file, pairs("--map", columns))
        tally = run(_enroll(order, opened.rows(), opened.lines))
    if tally.refused:
        raise typer.Exit(PARTIAL if tally.enrolled or tally.already else 1)


async def _enroll(order: Order, rows: Iterable[Row | BadRow], lines: int) -> Tally:
    tally = Tally()
    async with session() as its:
        version = await _version(its, order)
        check_trigger(version, order.trigger)
        starter = Starter(its.engine, None) if order.dry_run else await starter_of(its)
        bulk = Bulk(starter, version, order.trigger, order.by, dry_run=order.dry_run)
        finished = False
        try:
            await _watched(bulk, rows, tally, lines)
            finished = True
        finally:
            # Whatever stopped it: what was enrolled by then stays, and is said.
            _report(order, version, tally, finished=finished)
    return tally


async def _version(its: Session, order: Order) -> SequenceVersion:
    async def find(connection: Connection) -> SequenceVersion:
        return await sequences.get(connection, order.sequence, order.version)

    return await transaction(its.engine, find)


async def _watched(bulk: Bulk, rows: Iterable[Row | BadRow], tally: Tally, lines: int) -> None:
    """Name each row that is left out as it comes, below a bar where a person watches."""
    with Progress(console=errors, disable=not errors.is_terminal, transient=True) as progress:
        task = progress.add_task("enrolling", total=lines)
        async for answer in bulk.answers(rows):
            tally.count(answer)
            progress.update(task, completed=answer.line)
            if answer.refused:
                where = f"line {answer.line}: " if answer.line else ""
                errors.print(f"{where}{answer.refused}", markup=False)


def _report(order: Order, version: SequenceVersion, tally: Tally, *, finished: bool) -> None:
    if order.json:
        show_json(
            {
                "sequence": version.sequence_id,
                "version": version.version,
                "dry_run": order.dry_run,
                "finished": finished,
                "rows": tally.rows,
                "enrolled": tally.enrolled,
                "not_started": tally.waiting,
                "already": len(tally.already),
                "refused": [{"line": one.line, "why": one.refused} for one in tally.refused],
            }
        )
        return
    did = "would be enrolled" if order.dry_run else "enrolled"
    known = f"{len(tally.already)} already in it" + lines_of(tally.already)
    counts = f"{tally.enrolled} {did}, {known}, {len(tally.refused)} left out"
    typer.echo(f"{version.sequence_id} v{version.version}: {counts}, of {tally.rows}")
    if tally.waiting and not order.dry_run:
        typer.echo(f"{tally.waiting} of them wait for the reconciler to start them")
    if not finished:
        errors.print("stopped before the end; run it again for the rest: nothing doubles")
