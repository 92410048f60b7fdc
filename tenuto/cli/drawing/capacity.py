"""How full each mailbox is from day to day: a panel for each, a bar for each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from tenuto.cli.drawing.canvas import FAINT, INK, Box, Canvas
from tenuto.cli.drawing.colours import CAP, FOLLOW_UP, START, WEEKEND, legend, legend_height
from tenuto.cli.drawing.days import HEAD, Days, shown_days
from tenuto.domain.local_calendar import SATURDAY_AND_SUNDAY

_LEFT, _RIGHT, _TOP, _PANEL, _SPACE = 56, 60, 66, 190, 34
_SCREEN, _NARROWEST, _WIDEST = 1100, 4, 48
#: From here on each column has its weekday and date.
_LEGIBLE = 20


@dataclass(frozen=True)
class Day:
    """What leaves one mailbox on one date of its clock."""

    mailbox: str
    date: date
    starts: int
    follow_ups: int
    #: The most that may leave in its cap's span, that day.
    cap: int


def bars(found: Sequence[Day], title: str, sentence: str) -> str:
    """An SVG document; there is at least one day."""
    shown = shown_days((day.date for day in found), whole=True)
    days = Days(shown, _LEFT, min(max(_SCREEN / len(shown), _NARROWEST), _WIDEST))
    panels = [(name, list(group)) for name, group in groupby(found, key=lambda day: day.mailbox)]
    keys = [("new starts", START), ("follow-ups", FOLLOW_UP), ("cap", CAP), ("weekend", WEEKEND)]
    wide = max(_LEFT + days.width + _RIGHT, 760)
    top = _TOP + HEAD
    tall = len(panels) * (_PANEL + _SPACE)
    canvas = Canvas(wide, top + tall + 8 + legend_height(keys, wide))
    canvas.text((24, 26), title, size=16, bold=True)
    canvas.text((24, 44), f"{sentence}; days on each mailbox's own clock", size=12, colour=FAINT)
    if days.column >= _LEGIBLE:
        days.head(canvas, _TOP)
    else:
        days.months(canvas, _TOP + HEAD - 14)
    for number, (mailbox, theirs) in enumerate(panels):
        _panel(canvas, days, mailbox, theirs, top + number * (_PANEL + _SPACE))
    legend(canvas, keys, _LEFT, top + tall, wide - _LEFT)
    return canvas.document(f"{title}: {sentence}")


def _panel(canvas: Canvas, days: Days, mailbox: str, theirs: list[Day], top: float) -> None:
    most = max(max(day.starts + day.follow_ups, day.cap) for day in theirs)
    floor, unit = top + _PANEL, (_PANEL - 24) / most
    for shown in days.shown:
        if shown.weekday() in SATURDAY_AND_SUNDAY:
            canvas.rect(days.box(shown, top, _PANEL), WEEKEND)
    for part in (0, most // 2, most):
        y = floor - part * unit
        canvas.line((_LEFT, y), (_LEFT + days.width, y))
        canvas.text((_LEFT - 8, y + 4), str(part), size=10.5, colour=FAINT, anchor="end")
    for day in theirs:
        _bar(canvas, days, day, floor, unit)
    for day in theirs:
        box = days.box(day.date, floor - day.cap * unit - 1, 2)
        canvas.rect(box, CAP, hint=f"{mailbox} {day.date}: at most {day.cap}")
    canvas.text((_LEFT + 4, top + 14), mailbox, size=12, colour=INK, bold=True)


def _bar(canvas: Canvas, days: Days, day: Day, floor: float, unit: float) -> None:
    column = days.box(day.date, 0, 0)
    left, wide = column.x + column.width * 0.12, column.width * 0.76
    hint = f"{day.date:%a %d %b %Y}: {day.starts} starts, {day.follow_ups} follow-ups"
    starts, follow_ups = day.starts * unit, day.follow_ups * unit
    canvas.rect(Box(left, floor - starts, wide, starts), START, hint=hint)
    canvas.rect(Box(left, floor - starts - follow_ups, wide, follow_ups), FOLLOW_UP, hint=hint)
