"""`tenuto check`: what enrolling a file would meet, row by row, before it is done."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from db.enrollments import Begun
from starter.contact_file import open_file
from tenuto.cli.app import app
from tenuto.cli.file_words import lines_of, pairs
from tenuto.cli.output import show_json
from tenuto.cli.rehearsing import Columns, Rehearsed, Sequence, rehearsed
from tenuto.cli.session import run
from tenuto.domain.open_hours import longest_day

#: With less than this on its best day, mail to a contact of several clocks hardly leaves.
_SHORT = timedelta(hours=1)


@app.command()
def check(
    sequence: Sequence,
    file: Annotated[Path, typer.Argument(help="A CSV file, as for enroll.")],
    *,
    columns: Columns = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Check a file as enrolling would, and write nothing. Exit code 3 when some can't come in."""
    done = run(rehearsed(sequence, open_file(file, pairs("--map", columns))))
    notes = [(one.line, note) for one in done.answers if one.begun for note in _notes(one.begun)]
    if json:
        show_json(_document(done, notes))
    else:
        _show(done, notes)
    done.finish()


def _document(done: Rehearsed, notes: list[tuple[int, str]]) -> dict[str, object]:
    def said(line: int, why: str | None) -> dict[str, object]:
        return {"line": line, "email": done.emails.get(line), "why": why}

    return {
        "sequence": done.version.sequence_id,
        "version": done.version.version,
        "rows": len(done.answers),
        "in_order": len(done.begun),
        "already": [one.line for one in done.already],
        "problems": [said(one.line, one.refused) for one in done.refused],
        "notes": [said(line, note) for line, note in notes],
    }


def _show(done: Rehearsed, notes: list[tuple[int, str]]) -> None:
    said = [(one.line, str(one.refused)) for one in done.refused]
    said += [(line, f"note: {note}") for line, note in notes]
    for line, words in sorted(said):
        typer.echo(f"line {line}: {words}")
    already = [one.line for one in done.already]
    known = f"{len(already)} already in it{lines_of(already)}"
    wrong = f"{len(done.refused)} can't be enrolled"
    counts = f"{len(done.begun)} in order, {known}, {wrong}, of {len(done.answers)}"
    typer.echo(f"{done.version.sequence_id} v{done.version.version}: {counts}")


def _notes(begun: Begun) -> list[str]:
    """What will go slowly, though it will go."""
    scene = begun.scene
    if len(scene.clocks) == 1:
        return []
    rules = scene.cadence("")
    mailbox = () if rules.mailbox_opening is None else (rules.mailbox_opening,)
    today = datetime.combine(scene.now.date(), datetime.min.time(), UTC)
    longest = longest_day((*rules.openings, *mailbox), today)
    if longest >= _SHORT:
        return []
    zones = ", ".join(clock.zone.key for clock in scene.clocks)
    minutes = int(longest.total_seconds() // 60)
    hint = "give a zone of their own"
    return [f"open only {minutes} minutes a day on all their clocks ({zones}); {hint}"]
