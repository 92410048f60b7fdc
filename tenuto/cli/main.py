"""Where the `tenuto` command begins."""

import sys

from sqlalchemy.exc import DBAPIError

from tenuto.cli.app import DOWN, INTERRUPTED, app, errors
from tenuto.domain.errors import DependencyError, TenutoError


def main() -> None:
    """Run a command; a failure is a sentence and an exit code, never a stack trace."""
    try:
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


def _fail(text: str, code: int) -> None:
    errors.print(f"tenuto: {text}", markup=False)
    sys.exit(code)
