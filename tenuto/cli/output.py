"""Data on stdout: JSON for programs, a table for people."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tenuto.cli.app import errors
from tenuto.domain.errors import InputError

#: A pipe has no width of its own, and a cell must not be cut off there.
_PIPE_WIDTH = 400


def show_json(value: object) -> None:
    """Write any value of ours; instants in ISO 8601 with their offset."""
    typer.echo(to_json(value, indent=2))


def write_file(path: Path, content: str) -> None:
    """Put a picture where it was asked for.

    :raises InputError: when it can't be written there.
    """
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        msg = f"{path} can't be written: {error.strerror}; name another file"
        raise InputError(msg) from None
    errors.print(f"wrote {path}", markup=False)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write cells as they are: what people are called is no markup."""
    show_rows(columns, ([Text(printable(cell)) for cell in row] for row in rows))


def show_rows(columns: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
    """As `show_table`, of cells that have their looks."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPE_WIDTH)
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def printable(cell: object) -> str:
    """A cell without control characters: a stranger's words mustn't steer the terminal."""
    return "" if cell is None else "".join(c for c in str(cell) if c.isprintable() or c == "\n")
