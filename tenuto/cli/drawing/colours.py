"""What the colours of a picture mean."""

from collections.abc import Iterable

from tenuto.cli.drawing.canvas import FAINT, RULE, Box, Canvas, width
from tenuto.domain.cadence import Shift

SEND, START, FOLLOW_UP, CAP = "#1d4ed8", "#1d4ed8", "#7dabf8", "#b42318"
CLOSED, WEEKEND, HOLIDAY = "#eef1f4", "#dde2e8", "#f8dcd6"
HOLIDAY_INK = "#a3341f"
#: Far enough apart in lightness to be told apart without their hue.
REASONS = {
    Shift.WINDOW: "#6b4fbb",
    Shift.MAILBOX_WINDOW: "#a06bd0",
    Shift.SPACING: "#c2410c",
    Shift.ALL_SPACING: "#e07b39",
    Shift.CAP: "#9f1239",
    Shift.ALL_CAP: "#d1436a",
    Shift.COMPANY: "#7a5c00",
    Shift.DOMAIN_CAP: "#b28900",
    Shift.BOOKED: "#3f4c5a",
    Shift.MAILBOX_GAP: "#0f766e",
    Shift.MAILBOX_CAP: "#14915f",
    Shift.NEW_STARTS: "#0369a1",
}
_ROW, _SWATCH = 20, 14
Key = tuple[str, str]


def ground_keys(seen: Iterable[str | None]) -> list[Key]:
    """What the shades behind the days mean, as far as they occur."""
    colours = {CLOSED, *seen}
    keys = [("closed hours", CLOSED), ("weekend", WEEKEND), ("holiday", HOLIDAY)]
    return [(words, colour) for words, colour in keys if colour in colours]


def reason_keys(shifts: Iterable[Shift]) -> list[Key]:
    """A line of the legend for each shift that occurs, in one order everywhere."""
    seen = set(shifts)
    return [(shift.value, colour) for shift, colour in REASONS.items() if shift in seen]


def legend_height(keys: list[Key], most: float) -> float:
    """How much room the legend takes."""
    return len(_lines(keys, most)) * _ROW + 8


def legend(canvas: Canvas, keys: list[Key], left: float, top: float, most: float) -> None:
    """A swatch and a word for each key, in lines no longer than `most`."""
    for number, line in enumerate(_lines(keys, most)):
        x, y = left, top + number * _ROW
        for words, colour in line:
            canvas.rect(Box(x - 0.5, y - 0.5, _SWATCH + 1, 11), RULE, round_=3)
            canvas.rect(Box(x, y, _SWATCH, 10), colour, round_=2.5)
            canvas.text((x + _SWATCH + 6, y + 9), words, size=11, colour=FAINT)
            x += _wide(words)


def _lines(keys: list[Key], most: float) -> list[list[Key]]:
    lines: list[list[Key]] = [[]]
    used = 0.0
    for key in keys:
        if lines[-1] and used + _wide(key[0]) > most:
            lines.append([])
            used = 0.0
        lines[-1].append(key)
        used += _wide(key[0])
    return lines


def _wide(words: str) -> float:
    return _SWATCH + 6 + width(words, 11) + 18
