"""Several contacts' schedules: a row for each, days from left to right at their local time."""

from collections.abc import Sequence

from db.preview import Previewed
from tenuto.cli.drawing.canvas import FAINT, GROUND, INK, Box, Canvas, Point, fitted, width
from tenuto.cli.drawing.colours import (
    CLOSED,
    REASONS,
    SEND,
    ground_keys,
    legend,
    legend_height,
    reason_keys,
)
from tenuto.cli.drawing.days import HEAD, Days, open_hours, shade, shown_days
from tenuto.cli.drawing.marks import Mark, Move, marks, shifts

_LEFT, _RIGHT, _TOP, _ROW = 224, 40, 62, 48
#: A move that is shorter has no room for an arrow's head.
_HEAD = 16
#: As wide as a screen, but no day narrower or wider than these.
_SCREEN, _NARROWEST, _WIDEST = 1120, 26, 96
#: More rows than these nobody reads.
MOST = 200


def contact_rows(found: Sequence[Previewed]) -> str:
    """An SVG document."""
    rows = [(one, [m for m in marks(one) if m.step.kind == "email"]) for one in found[:MOST]]
    days = _days(rows)
    keys = [("a mail", SEND), *reason_keys(shifts(found[:MOST]))]
    keys += ground_keys(shade(one.scene.clocks[0], day) for one, _ in rows for day in days.shown)
    wide = days.left + days.width + _RIGHT
    top, tall = _TOP + HEAD + 4, len(rows) * _ROW
    canvas = Canvas(wide, top + tall + 24 + legend_height(keys, wide - 48))
    title = _title(canvas, found)
    days.head(canvas, _TOP)
    for number, (one, drawn) in enumerate(rows):
        _row(canvas, days, one, drawn, top + number * _ROW)
    days.cuts(canvas, top, tall)
    # Above all grounds, so that nothing of a row lies under the next one.
    for number, (_, drawn) in enumerate(rows):
        _marks(canvas, days, drawn, top + number * _ROW)
    legend(canvas, keys, 24, top + tall + 22, wide - 48)
    return canvas.document(title)


def _days(rows: Sequence[tuple[Previewed, list[Mark]]]) -> Days:
    used = {m.at.date() for _, drawn in rows for m in drawn}
    used |= {move.start.date() for _, drawn in rows for m in drawn for move in m.moves}
    first = rows[0][0].scene
    shown = shown_days(used or {first.now.astimezone(first.local_zone).date()})
    column = min(max(_SCREEN / len(shown), _NARROWEST), _WIDEST)
    return Days(shown, _LEFT, column)


def _title(canvas: Canvas, found: Sequence[Previewed]) -> str:
    made = found[0].schedule
    title = f"{made.sequence} v{made.version} for {len(found)} contacts"
    canvas.text((24, 26), title, size=16, bold=True)
    zones = sorted({one.schedule.zone for one in found})
    where = zones[0] if len(zones) == 1 else f"each contact's own ({len(zones)} zones)"
    words = f"local time, {where}"
    if len(found) > MOST:
        words += f"; the first {MOST} are drawn"
    canvas.text((24, 44), words, size=12, colour=FAINT)
    return f"{title}, {words}"


def _row(canvas: Canvas, days: Days, one: Previewed, drawn: list[Mark], top: float) -> None:
    made = one.schedule
    clock = one.scene.clocks[0]
    for day in days.shown:
        canvas.rect(days.box(day, top, _ROW), shade(clock, day) or CLOSED)
    for day, begins, ends in open_hours(one.scene, days):
        box = days.box(day, top, _ROW)
        per_hour = days.column / 24
        canvas.rect(Box(box.x + begins * per_hour, top, (ends - begins) * per_hour, _ROW), GROUND)
    canvas.line((24, top), (days.left + days.width, top))
    for day in days.shown:
        x = days.box(day, top, _ROW).x
        canvas.line((x, top), (x, top + _ROW))
    others = f" and {len(made.zones) - 1} more" if len(made.zones) > 1 else ""
    canvas.text((24, top + 20), fitted(made.email, 12, _LEFT - 36), size=12)
    canvas.text(
        (24, top + 35), fitted(f"{made.zone}{others}", 10, _LEFT - 36), size=10, colour=FAINT
    )
    if not drawn:
        canvas.text((days.left + 6, top + 28), made.steps[-1].reason, size=11, colour=FAINT)


def _marks(canvas: Canvas, days: Days, drawn: list[Mark], top: float) -> None:
    line = top + _ROW * 0.62
    for move in (move for mark in drawn for move in mark.moves):
        _moved(canvas, move, (days.x(move.start), line), (days.x(move.end), line))
    ends = [*(days.x(mark.at) for mark in drawn[1:]), days.left + days.width + _RIGHT]
    for mark, end in zip(drawn, ends, strict=False):
        x = days.x(mark.at)
        sent = "skipped" not in mark.step.reason
        canvas.dot((x, line), 5, SEND, hint=mark.hint, hollow=not sent)
        words = fitted(mark.step.step_id, 10, max(end - x - 4, 24))
        canvas.text((x + 1, line - 9), words, size=10, colour=INK)


def _moved(canvas: Canvas, move: Move, a: Point, b: Point) -> None:
    colour, wide = REASONS[move.shift], b[0] - a[0]
    if wide < _HEAD:
        canvas.stroke(a, b, colour, hint=move.hint)
    else:
        bend = ((a[0] + b[0]) / 2, a[1] - min(6 + wide / 8, 20))
        canvas.arrow(a, (b[0] - 4, b[1] - 3), bend, colour, hint=move.hint)
    canvas.dot(a, 2.8, colour, hint=move.hint, hollow=True)
    words = move.shift.value
    if wide > width(words, 9):
        left = (a[0] + b[0] - width(words, 9)) / 2
        canvas.text((left, a[1] + 12), words, colour=colour, size=9)
