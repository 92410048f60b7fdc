"""A mailbox's days as bars in the terminal."""

from collections.abc import Sequence
from itertools import groupby

from rich.text import Text

from tenuto.cli.drawing.capacity import Day
from tenuto.cli.output import show_rows

_WIDTH = 48
_START, _FOLLOW_UP, _CAP = "█", "▒", "│"


def show_days(days: Sequence[Day]) -> None:
    """Starts, then follow-ups, with the cap as a line; a table for each mailbox."""
    for mailbox, theirs in groupby(days, key=lambda day: day.mailbox):
        group = list(theirs)
        most = max(max(day.starts + day.follow_ups, day.cap) for day in group)
        legend = f"{_START} starts  {_FOLLOW_UP} follow-ups  {_CAP} cap"
        columns = (mailbox, legend, "starts", "follow-ups", "cap")
        show_rows(columns, (_row(day, most) for day in group))


def _row(day: Day, most: int) -> Sequence[Text]:
    scale = min(_WIDTH / most, 1)
    starts = round(day.starts * scale) or (day.starts > 0)
    both = max(round((day.starts + day.follow_ups) * scale), starts + (day.follow_ups > 0))
    cap = max(round(day.cap * scale), both if day.cap >= day.starts + day.follow_ups else 0)
    bar = Text()
    for column in range(max(both, cap + 1)):
        if column < starts:
            bar.append(_START, "blue")
        elif column < both:
            bar.append(_FOLLOW_UP, "cyan")
        else:
            bar.append(_CAP if column == cap else " ", "red")
    numbers = (Text(str(n), justify="right") for n in (day.starts, day.follow_ups, day.cap))
    return Text(f"{day.date:%a %d %b %Y}"), bar, *numbers
