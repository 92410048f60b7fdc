"""`tenuto preview`: who gets what, when, and what moved it there."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from db.connection import Connection
from db.engine import rehearsal
from db.preview import Previewed, Schedule, of_begun
from starter.contact import Contact
from starter.contact_file import open_file
from starter.rehearsal import preview_of
from tenuto.cli.app import app, errors
from tenuto.cli.drawing.schedule import drawn
from tenuto.cli.file_words import lines_of, pairs
from tenuto.cli.instants import clock, instant, minute
from tenuto.cli.output import show_json, show_table, write_file
from tenuto.cli.rehearsing import (
    Columns,
    Rehearsed,
    Sequence,
    rehearsed,
    unpublished,
    version_of,
)
from tenuto.cli.session import run, session
from tenuto.domain.errors import InputError
from tenuto.domain.preview import Planned


@dataclass(frozen=True)
class Asked:
    """How it is to be shown."""

    json: bool
    svg: Path | None
    start: datetime | None


@app.command()
def preview(
    sequence: Sequence,
    file: Annotated[Path | None, typer.Argument(help="A CSV file, as for enroll.")] = None,
    *,
    contact: Annotated[
        str | None, typer.Option(help="One address, known or not, instead of a file.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="With --contact, as if they lived there: an IANA name.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="With --contact, as if they worked there: DE.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="With --country: a state or province, such as BY.")
    ] = None,
    columns: Columns = None,
    at: Annotated[
        str | None, typer.Option(help="As if enrolled then: ISO 8601 with an offset.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw a calendar into this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show who gets what and when, by the functions that send: nothing is written."""
    if (file is None) == (contact is None):
        msg = "name a file, or one contact by --contact"
        raise typer.BadParameter(msg)
    asked = Asked(json, svg, instant(at) if at else None)
    if contact is not None:
        if columns:
            msg = "--map goes with a file"
            raise typer.BadParameter(msg)
        who = Contact(email=contact, zone=zone, country=country, region=region)
        _show_one(run(_one(sequence, who, asked.start)), asked)
    elif file is not None:
        if zone or country or region:
            msg = "with a file, zone, country and region are columns of it"
            raise typer.BadParameter(msg)
        _show_file(_file(sequence, file, columns, asked.start), asked)


async def _one(sequence: str, who: Contact, start: datetime | None) -> Previewed:
    bundle = unpublished(sequence)

    async with session() as its:

        async def work(connection: Connection) -> Previewed:
            version = await version_of(connection, sequence, bundle)
            return await preview_of(connection, version, who, start)

        return await rehearsal(its.engine, work)


def _file(
    sequence: str, file: Path, columns: list[str] | None, start: datetime | None
) -> Rehearsed:
    if start is not None and start < datetime.now(start.tzinfo):
        # Those before count by their slots, and slots that are over count no longer.
        msg = "--at is over; with a file, name an instant to come"
        raise InputError(msg)
    return run(rehearsed(sequence, open_file(file, pairs("--map", columns)), start))


def _show_one(found: Previewed, asked: Asked) -> None:
    made = found.schedule
    if made.obstacle:
        errors.print(f"{made.email} would not be enrolled now: {made.obstacle}", markup=False)
    if asked.svg:
        write_file(asked.svg, drawn([found]))
    if asked.json:
        show_json(made)
        return
    where = f"{made.sequence} v{made.version} for {made.email} from {made.mailbox}"
    several = f" (one of {len(made.zones)} zones)" if len(made.zones) > 1 else ""
    columns = ("step", "", "UTC", f"local time, {made.zone}{several}", f"why then ({where})")
    show_table(columns, (_cells(step) for step in made.steps))


def _show_file(done: Rehearsed, asked: Asked) -> None:
    # Those who can be enrolled, by line; of all others it says why not.
    found = {one.line: of_begun(done.version, one.begun) for one in done.answers if one.begun}
    for one in done.refused:
        errors.print(f"line {one.line}: {one.refused}", markup=False)
    if lines := [one.line for one in done.already]:
        errors.print(f"{len(lines)} already in it{lines_of(lines)}; tenuto show EMAIL tells more")
    if asked.svg and found:
        write_file(asked.svg, drawn(list(found.values())))
    if asked.json:
        show_json(_document(done, found))
    elif found:
        columns = ("line", "contact", "step", "", "UTC", "local time", "zone", "why then")
        show_table(columns, _lines((line, seen.schedule) for line, seen in found.items()))
    done.finish()


def _document(done: Rehearsed, found: dict[int, Previewed]) -> dict[str, object]:
    return {
        "sequence": done.version.sequence_id,
        "version": done.version.version,
        "schedules": [{"line": line} | asdict(seen.schedule) for line, seen in found.items()],
        "already": [one.line for one in done.already],
        "refused": [{"line": one.line, "why": one.refused} for one in done.refused],
    }


def _lines(found: Iterable[tuple[int, Schedule]]) -> Iterable[tuple[object, ...]]:
    for line, made in found:
        for step in made.steps:
            name, kind, utc, local, why = _cells(step)
            yield line, made.email, name, kind, utc, local, _zones(made), why


def _zones(made: Schedule) -> str:
    return ", ".join(made.zones)


def _cells(step: Planned) -> tuple[str, ...]:
    utc = clock(step.at) or "nobody knows"
    return (step.step_id, step.kind, utc, clock(step.local), f"{step.reason}{_way(step)}")


def _way(step: Planned) -> str:
    """From when it was ready, and every shift with where it led."""
    if step.ready is None or step.local is None or not step.moves:
        return ""
    zone = step.local.tzinfo
    way = [f"{shift} → {minute(to.astimezone(zone))}" for shift, to in step.path]
    return f" (ready {minute(step.ready.astimezone(zone))}; {'; '.join(way)})"
