"""What a line of our logs is made of."""

import sys

import structlog
from structlog.typing import Processor


def processors() -> list[Processor]:
    """As structlog has them, but for tracebacks: beside rich, its own print local variables.

    A password, a token or a person's mail is one somewhere.
    """
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.dev.set_exc_info,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]
