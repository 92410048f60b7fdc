"""`tenuto validate`, `publish`, `versions`, `diff`: sequences, from their files to versions."""

from pathlib import Path
from typing import Annotated

import typer

from db import sequences
from db.engine import connected
from db.sequences import SequenceVersion
from starter import publish as publishing
from starter import sequence_diff
from tenuto.cli.app import app, errors
from tenuto.cli.output import show_json, show_table
from tenuto.cli.session import run, session

Files = Annotated[list[Path], typer.Argument(help="Sequence files, YAML or JSON.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def validate(files: Files) -> None:
    """Check sequence files and their templates; say all that is wrong at once."""
    bundles = publishing.load_all(files)
    for path, bundle in zip(files, bundles, strict=True):
        steps, templates = len(bundle.plan.steps), len(bundle.templates)
        typer.echo(f"{path}: {bundle.slug} is in order ({steps} steps, {templates} templates)")


@app.command()
def publish(files: Files, *, as_json: AsJson = False) -> None:
    """Publish sequences; people in flight stay on the version that they are on."""
    run(_publish(files, as_json=as_json))


async def _publish(files: list[Path], *, as_json: bool) -> None:
    bundles = publishing.load_all(files)
    async with session() as its:
        done = await publishing.publish(its.engine, bundles)
    if as_json:
        show_json([_described(one.version) | {"new": one.new} for one in done])
    for one in done:
        if not as_json:
            state = "published" if one.new else "unchanged"
            typer.echo(f"{one.version.sequence_id}: version {one.version.version} {state}")
        if one.hint:
            errors.print(f"{one.version.sequence_id}: {one.hint}", markup=False)


@app.command()
def versions(
    sequence: Annotated[str | None, typer.Argument(help="One sequence only.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List published versions, oldest first."""
    run(_versions(sequence, as_json=as_json))


async def _versions(sequence: str | None, *, as_json: bool) -> None:
    async with session() as its, connected(its.engine) as connection:
        if sequence is not None:
            await sequences.get(connection, sequence)
        found = await sequences.history(connection, sequence)
    if as_json:
        show_json([_described(version) for version in found])
        return
    columns = ("sequence", "version", "published (UTC)", "content")
    show_table(columns, (_cells(version) for version in found))


def _described(version: SequenceVersion) -> dict[str, object]:
    return {
        "sequence": version.sequence_id,
        "version": version.version,
        "published_at": version.published_at.isoformat(),
        "content_hash": version.content_hash,
    }


def _cells(version: SequenceVersion) -> tuple[str, ...]:
    published = f"{version.published_at:%Y-%m-%d %H:%M:%S}"
    return (version.sequence_id, str(version.version), published, version.content_hash[:12])


@app.command()
def diff(
    sequence: Annotated[str, typer.Argument(help="The sequence.")],
    old: Annotated[int, typer.Argument(help="A version.")],
    new: Annotated[int, typer.Argument(help="Another.")],
) -> None:
    """Show what changed between two versions: rules, steps and templates."""
    run(_diff(sequence, old, new))


async def _diff(sequence: str, old: int, new: int) -> None:
    async with session() as its, connected(its.engine) as connection:
        before = await sequences.get(connection, sequence, old)
        after = await sequences.get(connection, sequence, new)
    lines = sequence_diff.diff(before.bundle, after.bundle)
    for line in lines:
        typer.echo(line)
    if not lines:
        errors.print(f"{sequence}: versions {old} and {new} are the same")
