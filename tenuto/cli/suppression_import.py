"""`tenuto suppression import`: a file of people who must not be written to."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.progress import Progress

from starter.csv_file import CsvFile, open_csv
from starter.suppress import Tally, end_suppressed, rehearse_rows, suppress_rows
from starter.suppression_file import Defaults, SuppressionFile, open_suppressions
from tenuto.cli.app import PARTIAL, errors
from tenuto.cli.file_words import lines_of, pairs
from tenuto.cli.output import show_json
from tenuto.cli.session import Session, run, session
from tenuto.cli.steering import tell
from tenuto.cli.suppressions import Json, suppression
from tenuto.domain.suppression import Reason


@suppression.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, or a list with one a line; - is stdin.")],
    *,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="Columns headed otherwise: email=Adresse,reason=Grund"),
    ] = None,
    reason: Annotated[
        Reason, typer.Option(help="For rows that name none, or none that is known.")
    ] = Reason.MANUAL,
    by: Annotated[str, typer.Option(help="The source, for rows that name none.")] = "import",
    yes: Annotated[bool, typer.Option("--yes", help="Even all of a mail provider.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, write nothing.")] = False,
    json: Json = False,
) -> None:
    """Suppress all in a file; end what is live there. Run it again: nothing changes.

    Takes our own export and those of common products. Exit code 3 when rows were left out.
    """
    defaults = Defaults(reason, by, datetime.now(UTC), free_mail=yes)
    with _csv(file) as opened:
        found = open_suppressions(opened, pairs("--map", columns), defaults)
        tally = run(_import(found, by, dry_run=dry_run, json=json))
    if tally.refused:
        raise typer.Exit(PARTIAL if tally.new or tally.known else 1)


@contextmanager
def _csv(file: Path) -> Iterator[CsvFile]:
    if str(file) != "-":
        yield open_csv(file)
        return
    # It is read twice: first to see that all of it can be.
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "stdin"
        with copy.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield open_csv(copy, "stdin")


async def _import(file: SuppressionFile, by: str, *, dry_run: bool, json: bool) -> Tally:
    tally = Tally()
    async with session() as its:
        finished = False
        try:
            await _watched(its, file, tally, dry_run=dry_run)
            if not dry_run:
                await _end(its, by, tally)
            finished = True
        finally:
            # Whatever stopped it: what was written by then stays, and is said.
            _report(tally, file, dry_run=dry_run, finished=finished, json=json)
    return tally


async def _watched(its: Session, file: SuppressionFile, tally: Tally, *, dry_run: bool) -> None:
    """Name each row that is left out as it comes, below a bar where a person watches."""
    batches = (rehearse_rows if dry_run else suppress_rows)(its.engine, file.rows(), tally)
    with Progress(console=errors, disable=not errors.is_terminal, transient=True) as progress:
        task = progress.add_task("suppressing", total=file.lines)
        async for refused in batches:
            progress.update(task, completed=tally.line)
            for row in refused:
                errors.print(f"line {row.line}: {row.what}", markup=False)


async def _end(its: Session, by: str, tally: Tally) -> None:
    told = [one async for some in end_suppressed(its.engine, by) for one in some]
    tally.ended = len(told)
    await tell(its, told)


def _report(
    tally: Tally, file: SuppressionFile, *, dry_run: bool, finished: bool, json: bool
) -> None:
    if json:
        show_json(
            {
                "dry_run": dry_run,
                "finished": finished,
                "rows": tally.rows,
                "suppressed": tally.new,
                "already": tally.known,
                "ended": tally.ended,
                "reason_unknown": tally.reasons,
                "time_unknown": tally.times,
                "refused": [{"line": one.line, "why": one.what} for one in tally.refused],
            }
        )
        return
    would = "would be " if dry_run else ""
    counts = f"{tally.new} {would}suppressed, {tally.known} already, {len(tally.refused)} left out"
    typer.echo(f"{counts}, of {tally.rows}; live enrollments {would and 'to be '}ended: "
               f"{tally.ended}")  # fmt: skip
    if tally.reasons:
        reason = file.defaults.reason.value
        typer.echo(f"{len(tally.reasons)} with a reason that isn't known here: {reason} instead"
                   + lines_of(tally.reasons))  # fmt: skip
    if tally.times:
        typer.echo(f"{len(tally.times)} with a time that isn't understood: now instead"
                   + lines_of(tally.times))  # fmt: skip
    if not finished:
        errors.print("stopped before the end; run it again for the rest: nothing doubles")
