"""The `tenuto` command's root, and its exit codes."""

import typer
from rich.console import Console

#: Beside 0 and 1; 2, a wrong use, is typer's own.
PARTIAL, DOWN, INTERRUPTED = 3, 69, 130

app = typer.Typer(
    name="tenuto",
    help="Durable outreach and nurture sequences.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
#: Progress and errors; data goes to stdout.
errors = Console(stderr=True, highlight=False, soft_wrap=True)
