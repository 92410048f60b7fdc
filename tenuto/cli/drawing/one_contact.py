"""One contact's schedule: days from left to right, the hours of each from top to bottom."""

from dataclasses import dataclass
from datetime import datetime

from db.preview import Previewed, Schedule
from tenuto.cli.drawing.canvas import FAINT, GROUND, INK, Box, Canvas, Point, width
from tenuto.cli.drawing.colours import (
    CLOSED,
    REASONS,
    SEND,
    ground_keys,
    legend,
    legend_height,
    reason_keys,
)
from tenuto.cli.drawing.days import HEAD, Days, hours, open_hours, shade, shown_days
from tenuto.cli.drawing.marks import Mark, Move, marks, shifts
from tenuto.domain.scene import Scene

_LEFT, _RIGHT, _TOP, _HOUR = 64, 110, 62, 34
#: As wide as a screen, but no day narrower or wider than these.
_SCREEN, _NARROWEST, _WIDEST = 1100, 40, 72
_LEAST = 620


@dataclass(frozen=True)
class _Grid:
    days: Days
    top: float
    first: int
    last: int

    @property
    def height(self) -> float:
        return (self.last - self.first) * _HOUR

    def y(self, hour: float) -> float:
        return self.top + (hour - self.first) * _HOUR

    def point(self, local: datetime) -> Point:
        box = self.days.box(local.date(), 0, 0)
        return box.x + box.width / 2, self.y(hours(local))


def one_contact(found: Previewed) -> str:
    """An SVG document."""
    drawn = marks(found)
    grid = _grid(found.scene, drawn)
    keys = [("a mail", SEND), *reason_keys(shifts([found]))]
    keys += ground_keys(shade(found.scene.clocks[0], day) for day in grid.days.shown)
    wide = max(grid.days.width + _LEFT + _RIGHT, _LEAST)
    tall = grid.top + grid.height + 24 + legend_height(keys, wide - 2 * _LEFT)
    canvas = Canvas(wide, tall)
    title = _title(canvas, found.schedule)
    _ground(canvas, grid, found.scene)
    for mark in drawn:
        _moved(canvas, grid, mark)
    for mark in drawn:
        _step(canvas, grid, mark)
    for mark in sorted(drawn, key=lambda mark: mark.step.kind != "email"):
        _told(canvas, grid, mark)
    for move in (move for mark in drawn for move in mark.moves):
        _named(canvas, grid, move)
    legend(canvas, keys, _LEFT, grid.top + grid.height + 22, wide - 2 * _LEFT)
    return canvas.document(title)


def _grid(scene: Scene, drawn: list[Mark]) -> _Grid:
    instants = [m.at for m in drawn] + [move.start for m in drawn for move in m.moves]
    instants = instants or [scene.now.astimezone(scene.local_zone)]
    shown = shown_days(at.date() for at in instants)
    days = Days(shown, _LEFT, min(max(_SCREEN / len(shown), _NARROWEST), _WIDEST))
    read = [hours(at) for at in instants]
    read += [hour for _, *both in open_hours(scene, days) for hour in both]
    first, last = max(int(min(read)) - 1, 0), min(int(max(read)) + 2, 24)
    return _Grid(days, _TOP + HEAD, first, last)


def _title(canvas: Canvas, made: Schedule) -> str:
    title = f"{made.sequence} v{made.version} for {made.email}"
    canvas.text((_LEFT, 26), title, size=16, bold=True)
    others = len(made.zones) - 1
    more = (
        f", while {others} other clock{'s' * (others > 1)} of theirs are open too" if others else ""
    )
    canvas.text((_LEFT, 44), f"local time, {made.zone}{more}", size=12, colour=FAINT)
    return f"{title}, local time {made.zone}"


def _ground(canvas: Canvas, grid: _Grid, scene: Scene) -> None:
    days, clock = grid.days, scene.clocks[0]
    for day in days.shown:
        canvas.rect(days.box(day, grid.top, grid.height), shade(clock, day) or CLOSED)
    for day, begins, ends in open_hours(scene, days):
        box = days.box(day, grid.y(begins), (ends - begins) * _HOUR)
        canvas.rect(box, GROUND)
    for hour in range(grid.first, grid.last + 1):
        y = grid.y(hour)
        canvas.line((_LEFT, y), (_LEFT + days.width, y))
        if (hour - grid.first) % 2 == 0:
            canvas.text((_LEFT - 8, y + 4), f"{hour:02}:00", size=11, colour=FAINT, anchor="end")
    for day in days.shown:
        box = days.box(day, grid.top, grid.height)
        canvas.line((box.x, grid.top), (box.x, grid.top + grid.height))
    days.cuts(canvas, grid.top, grid.height)
    days.head(canvas, _TOP, clock.calendar.closed)


def _moved(canvas: Canvas, grid: _Grid, mark: Mark) -> None:
    for move in mark.moves:
        a, b = grid.point(move.start), grid.point(move.end)
        colour = REASONS[move.shift]
        canvas.dot(a, 3.5, colour, hint=f"{mark.step.step_id} is ready", hollow=True)
        bend = _bend(a, b)
        canvas.arrow(a, _short_of(b, bend), bend, colour, hint=move.hint)


def _named(canvas: Canvas, grid: _Grid, move: Move) -> None:
    a, b = grid.point(move.start), grid.point(move.end)
    bend = _bend(a, b)
    # The middle of the curve.
    x, y = ((a[n] + 2 * bend[n] + b[n]) / 4 for n in (0, 1))
    words = move.shift.value
    beside = x - width(words, 10.5) - 6 if a[0] == b[0] else x - width(words, 10.5) / 2
    left = max(beside, 4)
    canvas.label((left, y - 6 if a[0] != b[0] else y + 4), words, colour=REASONS[move.shift])


def _step(canvas: Canvas, grid: _Grid, mark: Mark) -> None:
    x, y = grid.point(mark.at)
    if mark.step.kind == "email":
        sent = "skipped" not in mark.step.reason
        canvas.dot((x, y), 6.5, SEND, hint=mark.hint, hollow=not sent)
        return
    box = Box(x - 4, y - 4, 8, 8)
    # What comes at the same time as a mail is told beside it.
    if canvas.free(box):
        canvas.rect(box, FAINT, hint=mark.hint)
        canvas.keep_clear(box)


def _told(canvas: Canvas, grid: _Grid, mark: Mark) -> None:
    x, y = grid.point(mark.at)
    mail = mark.step.kind == "email"
    words = f"{mark.step.step_id} {mark.at:%H:%M}" if mail else mark.step.step_id
    canvas.label((x + 11, y + 4), words, colour=INK if mail else FAINT, size=12, bold=mail)


def _bend(a: Point, b: Point) -> Point:
    """Beside a move within a day; over one that goes further."""
    if a[0] == b[0]:
        return a[0] - 26, (a[1] + b[1]) / 2
    return (a[0] + b[0]) / 2, min(a[1], b[1]) - 8


def _short_of(b: Point, bend: Point) -> Point:
    """The end of an arrow, at the rim of its dot."""
    dx, dy = b[0] - bend[0], b[1] - bend[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1)
    return b[0] - dx / length * 8, b[1] - dy / length * 8
