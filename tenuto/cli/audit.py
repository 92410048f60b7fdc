"""Writes docs/audit.md: what an auditor asks for, counted, and what shows each check.

`python -m tenuto.cli.audit` in a checkout writes the page; with `--check` it only compares, and
exits with 1 when the page is stale. `docs/audit.toml` says which test shows what.
"""

import ast
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict

from tenuto.cli import schema
from tenuto.domain.enrollment import LIVE, ExitReason, SendState, Status, Trigger
from tenuto.domain.notice import Signal
from tenuto.domain.transition import ENDED_BY, TABLE, Event

ROOT = Path(__file__).parents[2]
PAGE, TABLE_OF_CHECKS = ROOT / "docs" / "audit.md", ROOT / "docs" / "audit.toml"

_HEAD = """\
Made by `python -m tenuto.cli.audit` from enums, schema and `docs/audit.toml`; a test fails when it
is stale, or names a file or a test that isn't there."""
_VERSION_WORDS = ("version", "revision", "content_hash")


class Check(BaseModel):
    """One check of the audit."""

    model_config = ConfigDict(extra="forbid")

    id: str
    severity: str
    where: list[str]
    tests: list[str]
    later: str = ""


def checks() -> list[Check]:
    """As docs/audit.toml has them."""
    return [Check(**entry) for entry in tomllib.loads(TABLE_OF_CHECKS.read_text())["check"]]


def missing(found: Iterable[Check]) -> Iterator[str]:
    """What the checks name though it isn't there."""
    for check in found:
        yield from (f"{check.id}: no file {file}" for file in check.where if not _exists(file))
        yield from (f"{check.id}: no test {test}" for test in check.tests if not _is_test(test))


def _exists(file: str) -> bool:
    return (ROOT / file).is_file()


def _is_test(node_id: str) -> bool:
    file, _, name = node_id.partition("::")
    if not _exists(file) or not name.startswith("test_"):
        return False
    tree = ast.parse((ROOT / file).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, functions) and node.name == name for node in tree.body)


def page() -> str:
    """The page in Markdown."""
    found = checks()
    covered = [check for check in found if check.tests]
    parts = [
        "# Audit",
        _HEAD,
        f"{len(covered)} of {len(found)} checks are covered so far, some in part.",
        "## Counts",
        _rows(("what", "how many", "which"), _counts()),
        "## Exit reasons",
        _rows(("reason", "event in the log", "status"), _exits()),
        "## Checks",
        _rows(("check", "severity", "where", "shown by", "later"), map(_line, found)),
    ]
    return "\n\n".join(parts) + "\n"


def _counts() -> Iterator[tuple[str, str, str]]:
    yield _count("distinct states", Status)
    yield _count("of them live", sorted(LIVE))
    yield _count("of them ends, never left", [s for s in Status if s not in LIVE])
    yield _count("exit reasons", ExitReason)
    yield _count("entry triggers", Trigger)
    yield _count("events of the transition log", Event)
    yield ("edges of the transition table", str(len(TABLE)), "[states.md](states.md)")
    yield _count("states of a send in the ledger", SendState)
    yield _count("signals", Signal)
    claim = schema.writes(ROOT / "db/claims.py", "_CLAIM")
    first = schema.writes(ROOT / "db/enrollments.py", "_INSERT")
    # What follows these three happens only when an enrollment ends.
    later = schema.writes(ROOT / "db/transitions.py", "_APPLY")[:3]
    yield _count("durable writes before the first mail, in two transactions", first + claim)
    yield _count("durable writes before each later mail, in two transactions", later + claim)
    yield _count("version fields", _version_fields())


def _count(what: str, members: Iterable[str]) -> tuple[str, str, str]:
    listed = list(members)
    return (what, str(len(listed)), ", ".join(f"`{member}`" for member in listed))


def _version_fields() -> list[str]:
    columns = schema.tables(ROOT)
    return [
        f"{table}.{column}"
        for table in columns
        for column in columns[table]
        if any(word in column for word in _VERSION_WORDS)
    ]


def _exits() -> Iterator[tuple[str, str, str]]:
    for reason in ExitReason:
        yield (f"`{reason}`", f"`{ENDED_BY[reason]}`", f"`{reason.status}`")


def _line(check: Check) -> tuple[str, ...]:
    where = "<br>".join(f"[{file}](../{file})" for file in check.where)
    tests = "<br>".join(f"`{test}`" for test in check.tests)
    return (check.id, check.severity, where, tests or "not covered yet", check.later)


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main(
    check: Annotated[bool, typer.Option("--check", help="Compare only.")] = False,
) -> None:
    """Write docs/audit.md."""
    if faults := list(missing(checks())):
        typer.echo("\n".join(["docs/audit.toml names what isn't there:", *faults]), err=True)
        raise typer.Exit(1)
    if not check:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        typer.echo("docs/audit.md is stale: python -m tenuto.cli.audit", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
