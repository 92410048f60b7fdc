"""Where the `tenuto` command begins."""

import sys
from importlib import import_module
from importlib.metadata import entry_points

from sqlalchemy.exc import DBAPIError

from tenuto.cli.app import DOWN, INTERRUPTED, app, errors
from tenuto.domain.errors import DependencyError, TenutoError

#: Each registers its commands when it is imported.
GROUPS = (
    "sequences",
    "mailboxes",
    "enrolling",
    "preview",
    "listing",
    "steering",
    "contacts",
    "events",
    "sending",
    "inbound",
    "migrating",
    "healing",
    "unknown",
    "balance",
)


def main() -> None:
    """Run a command; a failure is a sentence and an exit code, never a stack trace."""
    try:
        register()
        app()
    except DependencyError as error:
        _fail(str(error), DOWN)
    except TenutoError as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED)
    except (OSError, DBAPIError) as error:
        # The driver's text quotes parameters: its kind is enough to act on.
        _fail(f"Postgres refused or dropped the work ({type(error).__name__}); check it", DOWN)


def register() -> None:
    """Put every command on the app."""
    for group in GROUPS:
        import_module(f"tenuto.cli.{group}")
    # The laptop stack's come as entry points: the two rooms don't see each other.
    for entry in entry_points(group="tenuto.commands"):
        app.command(entry.name)(entry.load())


def _fail(text: str, code: int) -> None:
    errors.print(f"tenuto: {text}", markup=False)
    sys.exit(code)
