"""Where the `tenuto` command begins."""

import sys
from importlib import import_module
from importlib.metadata import entry_points

from db.engine import QUERY_ERRORS, sqlstate
from tenuto.cli.app import DOWN, INTERRUPTED, app, errors
from tenuto.domain.errors import DependencyError, TenutoError

#: Each registers its commands when it is imported.
GROUPS = (
    "sequences",
    "mailboxes",
    "limits",
    "moving",
    "mailbox_connect",
    "mailbox_check",
    "guard",
    "enrolling",
    "preview",
    "checking",
    "capacity",
    "why",
    "listing",
    "steering",
    "contacts",
    "suppressions",
    "suppression_import",
    "events",
    "sending",
    "inbound",
    "inbox",
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
    except OSError:
        _fail("Postgres can't be reached; check DATABASE_URL and that it runs", DOWN)
    except QUERY_ERRORS as error:
        _fail(*_refused(error))


def _refused(error: BaseException) -> tuple[str, int]:
    """What to do about an error of Postgres; its own text quotes parameters (SQLSTATE, App. A)."""
    state = sqlstate(error)
    if state in {"42P01", "42703", "42704", "42883"}:
        return "the database's schema is missing or old: tenuto migrate", 1
    if state.startswith(("28", "3D")):
        return "Postgres refuses the login or the database; check DATABASE_URL", DOWN
    return f"Postgres refused or dropped the work (SQLSTATE {state or 'none'}); check it", DOWN


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
