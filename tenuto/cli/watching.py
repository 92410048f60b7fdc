"""A bar for what takes longer than a moment, where a person watches."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.progress import Progress

from tenuto.cli.app import errors

#: Seconds after which somebody begins to wonder.
_PATIENCE = 2


class Watch:
    """How far some work is."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress, self._label = progress, label
        self._began = monotonic()

    def at(self, done: int, total: int) -> None:
        """Say that so much of it is done."""
        if self._progress.disable or monotonic() - self._began < _PATIENCE:
            return
        if not self._progress.tasks:
            self._progress.start()
            self._progress.add_task(self._label)
        self._progress.update(self._progress.tasks[0].id, completed=done, total=total)


@contextmanager
def watch(label: str) -> Iterator[Watch]:
    """A bar on stderr that comes when it takes long, and goes when it is done."""
    progress = Progress(console=errors, disable=not errors.is_terminal, transient=True)
    try:
        yield Watch(progress, label)
    finally:
        progress.stop()
