"""The live table: where everybody stands. On a terminal it moves, elsewhere it is a line."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from db.views import Listed
from tenuto.domain.enrollment import Status

_CELL = 19
_NAME = 8
_WORD = _CELL - _NAME - 1
#: What a table says of an end or a wait, and in which colour.
_WORDS = {
    Status.COMPLETED: ("completed", "green"),
    Status.REPLIED: ("replied", "bold green"),
    Status.OPTED_OUT: ("opted out", "yellow"),
    Status.BOUNCED: ("bounced", "red"),
    Status.COMPLAINED: ("complained", "bold red"),
    Status.PAUSED: ("paused", "cyan"),
    Status.FAILED: ("failed", "bold red"),
}
_SOON_S = 120


def table(rows: Sequence[Listed], mails: int, console: Console) -> RenderableType:
    """Everybody in a grid, with the totals below it."""
    columns = max(console.width // (_CELL + 1), 1)
    grid = Table.grid(padding=(0, 1))
    for _ in range(columns):
        grid.add_column(width=_CELL, no_wrap=True)
    cells = [_cell(mine) for mine in _people(rows)]
    for first in range(0, len(cells), columns):
        grid.add_row(*cells[first : first + columns])
    return Group(grid, Text(f"\n{totals(rows, mails)}"))


def totals(rows: Sequence[Listed], mails: int) -> str:
    """`131 mails; 84 enrolled: 9 replied, 3 deferred by spacing, 41 waiting …`."""
    counted = Counter(_word(row) for row in rows)
    known = ", ".join(f"{count} {word}" for word, count in sorted(counted.items()))
    return f"{mails} mails; {len(rows)} enrolled: {known}"


def quiet(rows: Sequence[Listed]) -> bool:
    """Nobody has anything coming soon: all ended, paused, or away for days."""
    now = datetime.now(UTC)
    soon = (row for row in rows if row.next_at and (row.next_at - now).total_seconds() < _SOON_S)
    return not any(soon)


def _people(rows: Sequence[Listed]) -> list[list[Listed]]:
    people: dict[str, list[Listed]] = {}
    for row in sorted(rows, key=lambda row: (row.email, row.sequence)):
        people.setdefault(row.email, []).append(row)
    return list(people.values())


def _cell(mine: list[Listed]) -> Text:
    """The enrollment that goes on, if one does; `²` marks who is in two sequences."""
    row = next((row for row in mine if row.status.live), mine[0])
    name = row.email.partition("@")[0].capitalize()
    text = Text(f"{name + ('²' if len(mine) > 1 else ''):<{_NAME}} ")
    word, style = _WORDS.get(row.status, (row.status.value, ""))
    return text.append(word, style) if row.next_at is None else text.append(*_coming(row))


def _coming(row: Listed) -> tuple[str, str]:
    left = (row.next_at - datetime.now(UTC)).total_seconds() if row.next_at else 0.0
    if left > _SOON_S:
        return "away", "cyan"
    seconds = f"{max(left, 0):.0f}s"
    reason = (row.reason or "").removeprefix("deferred: ")
    if reason != row.reason:
        return f"{seconds} {reason}"[:_WORD], "magenta"
    return f"{seconds} {row.step}"[:_WORD], ""


def _word(row: Listed) -> str:
    """Into which of the totals it belongs."""
    if row.next_at is None:
        return _WORDS.get(row.status, (row.status.value, ""))[0]
    word, _ = _coming(row)
    if word == "away":
        return "away"
    reason = row.reason or ""
    return reason.replace("deferred: ", "deferred by ") if "deferred" in reason else "waiting"
