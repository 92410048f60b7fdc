"""`tenuto suppress` and `tenuto suppression`: who gets no mail any more, and why."""

import csv
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Annotated, TextIO

import typer

from db import suppression_removals, suppressions
from db.connection import Connection
from db.engine import connected, snapshot, transaction
from db.suppression_removals import Removal
from db.suppressions import Suppression, hashed
from starter import suppress as suppressing
from starter.suppression_file import serves_everyone, subject
from tenuto.cli.app import app, errors
from tenuto.cli.instants import clock
from tenuto.cli.output import printable, show_json, show_table
from tenuto.cli.session import run, session
from tenuto.cli.steering import SOURCE, tell
from tenuto.domain.errors import InputError
from tenuto.domain.suppression import Kind, Reason

suppression = typer.Typer(
    help="Who gets no mail any more; `tenuto suppress` adds one.", no_args_is_help=True
)
app.add_typer(suppression, name="suppression")

COLUMNS = ("kind", "subject", "hash", "reason", "source", "at")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Subject = Annotated[str, typer.Argument(metavar="EMAIL|DOMAIN", help="An address or a domain.")]


@dataclass(frozen=True)
class Checked:
    """Whether mail may go somewhere, and what was said about it."""

    subject: str
    suppressed: bool
    #: Of an address: its own, and that of its very domain.
    by: Sequence[Suppression]
    #: What was taken back before.
    removed: Sequence[Removal]


@app.command()
def suppress(
    subject_: Subject,
    *,
    reason: Annotated[
        Reason, typer.Option(help="Why; the first reason that is given stays.")
    ] = Reason.MANUAL,
    by: Annotated[str, typer.Option(help="Who says so; recorded as the source.")] = SOURCE,
    yes: Annotated[bool, typer.Option("--yes", help="Even all of a mail provider.")] = False,
    json: Json = False,
) -> None:
    """Let no mail go to an address or a domain any more; end what is live there."""
    kind, name = subject(subject_)
    if serves_everyone(kind, name) and not yes:
        msg = f"{name} is a mail provider for everyone; add --yes to suppress all of it"
        raise InputError(msg)
    ended = run(_suppress(name, by, reason))
    if json:
        show_json({"kind": kind, "subject": name, "ended": ended})
    else:
        typer.echo(f"suppressed; live enrollments ended: {ended}")


async def _suppress(name: str, by: str, reason: Reason) -> int:
    async with session() as its:
        told = [
            one async for some in suppressing.suppress(its.engine, name, by, reason) for one in some
        ]
        await tell(its, told)
    return len(told)


@suppression.command()
def check(
    subjects: Annotated[
        list[str], typer.Argument(metavar="EMAIL|DOMAIN...", help="Addresses or domains.")
    ],
    *,
    json: Json = False,
) -> None:
    """Tell whether mail may go there, and what forbids it. Exit code 1 when any is suppressed."""
    found = run(_checked([subject(one) for one in subjects]))
    if json:
        show_json(found)
    else:
        columns = ("subject", "", "reason", "source", "since (UTC)")
        show_table(columns, [cells for one in found for cells in _cells(one)])
    if any(one.suppressed for one in found):
        raise typer.Exit(1)


async def _checked(named: list[tuple[Kind, str]]) -> list[Checked]:
    keys = [_keys(kind, name) for kind, name in named]
    hashes = {hash_ for some in keys for _, hash_ in some}
    async with session() as its, connected(its.engine) as connection:
        stored = await suppressions.find(connection, hashes)
        removed = await suppression_removals.find(connection, hashes)
    return [
        Checked(
            name,
            any((one.kind, one.hash) in theirs for one in stored),
            [one for one in stored if (one.kind, one.hash) in theirs],
            [one for one in removed if (one.kind, one.hash) in theirs],
        )
        for (_, name), theirs in zip(named, keys, strict=True)
    ]


def _keys(kind: Kind, name: str) -> set[tuple[Kind, str]]:
    """What forbids mail there: as `facts.SUPPRESSED` has it."""
    if kind is Kind.DOMAIN:
        return {(kind, hashed(name))}
    return {(kind, hashed(name)), (Kind.DOMAIN, hashed(name.rpartition("@")[2]))}


def _cells(one: Checked) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (one.subject, f"suppressed by its {by.kind}", by.reason, by.source, clock(by.at))
        for by in one.by
    ]
    rows = rows or [(one.subject, "may get mail", "", "", "")]
    return rows + [
        (one.subject, f"{was.kind}: taken back by {was.removed_by} ({_word(was)})", was.reason,
         was.source, f"{clock(was.suppressed_at)} to {clock(was.removed_at)}")
        for was in one.removed
    ]  # fmt: skip


def _word(was: Removal) -> str:
    return f"{'consent' if was.consent else 'mistake'}: {was.ground}"


@suppression.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Without it, or with -: stdout.")] = None,
) -> None:
    """Write all of them as CSV, which `tenuto suppression import` takes. Erased people: hashes."""
    with nullcontext(sys.stdout) if file is None or str(file) == "-" else _opened(file) as out:
        count = run(_export(out))
    errors.print(f"{count} exported")


def _opened(file: Path) -> TextIO:
    try:
        return file.open("w", encoding="utf-8", newline="")
    except OSError as error:
        msg = f"{file} can't be written: {error.strerror}; name another file"
        raise InputError(msg) from None


async def _export(out: TextIO) -> int:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    async with session() as its, snapshot(its.engine) as connection:
        async for one in suppressions.everyone(connection):
            at = one.at.astimezone(UTC).isoformat() if one.at else ""
            name = one.subject or ""
            writer.writerow((one.kind, name, one.hash, one.reason, printable(one.source), at))
            count += 1
    return count


@suppression.command()
def remove(
    subject_: Subject,
    *,
    mistake: Annotated[
        str | None, typer.Option(help="How it came to be suppressed wrongly; recorded.")
    ] = None,
    consent: Annotated[
        str | None, typer.Option(help="How they agreed to get mail again; recorded.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who takes it back; recorded.")] = SOURCE,
    json: Json = False,
) -> None:
    """Let mail go there again. After an opt-out, a complaint or erasure: with --consent only."""
    ground = (consent or mistake or "").strip()
    if bool(mistake) == bool(consent) or not ground:
        msg = "say why: --mistake TEXT, or --consent TEXT"
        raise typer.BadParameter(msg)
    kind, name = subject(subject_)

    async def write() -> Suppression:
        async def work(connection: Connection) -> Suppression:
            return await suppression_removals.remove(
                connection, kind, name, by=by, consent=bool(consent), ground=ground
            )

        async with session() as its:
            return await transaction(its.engine, work)

    was = run(write())
    if json:
        show_json({"kind": kind, "subject": name, "was": was})
    else:
        since = f"{was.reason} of {clock(was.at)}"
        typer.echo(f"{name} may get mail again (was: {since}); what had ended stays ended")
