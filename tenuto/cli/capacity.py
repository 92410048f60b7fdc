"""`tenuto capacity`: how many days a file needs, and when its last mail would leave."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from db.enrollments import Begun
from starter.contact_file import open_file
from tenuto.cli.app import app, errors
from tenuto.cli.drawing.capacity import Day, bars
from tenuto.cli.drawing.terminal import show_days
from tenuto.cli.file_words import lines_of, pairs
from tenuto.cli.instants import clock
from tenuto.cli.output import show_json, write_file
from tenuto.cli.rehearsing import Columns, Rehearsed, Sequence, rehearsed
from tenuto.cli.session import run
from tenuto.cli.watching import watch
from tenuto.domain.condition import Facts
from tenuto.domain.forecast import Departure, Traveller, forecast


@dataclass(frozen=True)
class Capacity:
    """What a file needs of the mailboxes."""

    sequence: str
    version: int
    contacts: int
    mails: int
    #: Mails that would be too late by then, and are left out.
    skipped: int
    #: Days on which mail leaves; dates are those of each mailbox's own clock.
    sending_days: int
    first_mail: datetime | None
    last_start: datetime | None
    last_mail: datetime | None
    days: list[Day]
    already: list[int]
    refused: list[dict[str, object]]


@app.command()
def capacity(
    sequence: Sequence,
    file: Annotated[Path, typer.Argument(help="A CSV file, as for enroll.")],
    *,
    columns: Columns = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the days into this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show how many days a file needs, mail by mail; nothing is written."""
    done = run(rehearsed(sequence, open_file(file, pairs("--map", columns))))
    found = _found(done)
    for one in done.refused:
        errors.print(f"line {one.line}: {one.refused}", markup=False)
    if found.already:
        errors.print(f"{len(found.already)} already in it{lines_of(found.already)}")
    if svg and found.days:
        write_file(svg, bars(found.days, _title(found), _sentence(found)))
    if found.skipped:
        late = f"{found.skipped} mails would be skipped: later than the sequence's stale_after"
        errors.print(f"{late}; enroll fewer at a time, or raise it", markup=False)
    if json:
        show_json(found)
    else:
        show_days(found.days)
        typer.echo(f"{_title(found)}: {_sentence(found)}")
    done.finish()


def _found(done: Rehearsed) -> Capacity:
    begun = [one.begun for one in done.answers if one.begun]
    steps = done.version.bundle.plan.steps
    most = len(begun) * sum(step.kind == "email" for step in steps)
    departures = []
    with watch("mail by mail") as bar:
        for one in forecast(_traveller(done, one) for one in begun):
            departures.append(one)
            bar.at(len(departures), most)
    skipped = sum(one.skipped for one in departures)
    departures = [one for one in departures if not one.skipped]
    days = _days(departures, _zones(begun))
    return Capacity(
        sequence=done.version.sequence_id,
        version=done.version.version,
        contacts=len(begun),
        mails=len(departures),
        skipped=skipped,
        sending_days=len({day.date for day in days}),
        first_mail=min((one.at for one in departures), default=None),
        last_start=max((one.at for one in departures if one.starts), default=None),
        last_mail=max((one.at for one in departures), default=None),
        days=days,
        already=[one.line for one in done.already],
        refused=[{"line": one.line, "why": one.refused} for one in done.refused],
    )


def _traveller(done: Rehearsed, begun: Begun) -> Traveller:
    known = Facts(begun.attributes)
    return Traveller(done.version.bundle, begun.scene, known, begun.row, begun.mailbox)


def _zones(begun: Iterable[Begun]) -> dict[str, ZoneInfo]:
    paces = ((one.mailbox, one.scene.load.mailbox) for one in begun)
    return {mailbox: pace.zone for mailbox, pace in paces if pace is not None}


def _days(departures: Iterable[Departure], zones: dict[str, ZoneInfo]) -> list[Day]:
    starts, follow_ups = Counter[tuple[str, date]](), Counter[tuple[str, date]]()
    caps: dict[tuple[str, date], int] = {}
    for one in departures:
        key = one.mailbox, one.at.astimezone(zones[one.mailbox]).date()
        (starts if one.starts else follow_ups)[key] += 1
        caps[key] = one.cap
    return [Day(*key, starts[key], follow_ups[key], caps[key]) for key in sorted(caps)]


def _title(found: Capacity) -> str:
    return f"{found.sequence} v{found.version} for {found.contacts} contacts"


def _sentence(found: Capacity) -> str:
    if found.last_start is None or found.last_mail is None:
        return "no mail would leave"
    last = f"the last start {clock(found.last_start)}, the last mail {clock(found.last_mail)} UTC"
    return f"{found.mails} mails on {found.sending_days} days; {last}"
