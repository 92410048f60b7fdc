"""Writes docs/settings.md: each variable that the parts read, from the settings' own comments.

`python -m tenuto.cli.settings_page` in a checkout writes the page; with `--check` it only
compares, and exits with 1 when the page is stale.
"""

import ast
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from tenuto.runtime.settings import STACK_FILE, Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

_HEAD = f"""\
# Settings

Made by `python -m tenuto.cli.settings_page` from `tenuto/runtime/settings.py`; a test fails when
it is stale.

Every process reads them from the environment, else from `.env` in the folder where it starts,
else from `{STACK_FILE}`, which `tenuto up` writes. What is missing or wrong is named at the
start, never with its value. `true` and `false` switch; lists are separated by commas.

Beside them, Temporal's own `TEMPORAL_` variables and `temporal.toml` are read (TLS, API key)."""


@dataclass(frozen=True)
class Variable:
    """One setting as an operator sees it."""

    name: str
    required: bool
    default: str
    meaning: str


def variables() -> list[Variable]:
    """All of them, in the order of the class."""
    comments = _comments(inspect.getsource(Settings))
    return [
        Variable(
            name=field.alias or name,
            required=field.is_required(),
            default="" if field.is_required() else _shown(field.default),
            meaning=comments.get(name, ""),
        )
        for name, field in Settings.model_fields.items()
    ]


def _comments(source: str) -> dict[str, str]:
    """What the `#:` lines right above each field say."""
    lines = source.splitlines()
    fields = [node for node in ast.parse(source).body[0].body if isinstance(node, ast.AnnAssign)]  # type: ignore[attr-defined]
    found = {}
    for field in fields:
        said: list[str] = []
        at = field.lineno - 2
        while lines[at].strip().startswith("#:"):
            said.insert(0, lines[at].strip().removeprefix("#:").strip())
            at -= 1
        found[field.target.id] = " ".join(said)  # type: ignore[union-attr]
    return found


def _shown(default: object) -> str:
    match default:
        case SecretStr():
            return f"`{default.get_secret_value()}`"
        case bool():
            return f"`{str(default).lower()}`"
        case None | frozenset() | {}:
            return "none"
        case float() if default.is_integer():
            return f"`{int(default)}`"
        case _:
            return f"`{default}`"


def page() -> str:
    """The page in Markdown."""
    rows = [f"| `{v.name}` | {_default(v)} | {v.meaning} |" for v in variables()]
    table = "\n".join(["| variable | default | what it is |", "| --- | --- | --- |", *rows])
    return f"{_HEAD}\n\n{table}\n"


def _default(variable: Variable) -> str:
    return "required" if variable.required else variable.default


def main(check: Annotated[bool, typer.Option("--check", help="Compare only.")] = False) -> None:
    """Write docs/settings.md."""
    if not check:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        typer.echo("docs/settings.md is stale: python -m tenuto.cli.settings_page", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
