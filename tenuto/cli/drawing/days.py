"""Dates as columns, from the first to the last; long stretches without anything are cut out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tenuto.cli.drawing.canvas import FAINT, INK, RULE, Box, Canvas, width
from tenuto.cli.drawing.colours import HOLIDAY, HOLIDAY_INK, WEEKEND
from tenuto.domain.calendar import Clock, Span
from tenuto.domain.open_hours import open_spans
from tenuto.domain.scene import Scene

_ONE_DAY = timedelta(days=1)
#: With more days than these, what is empty is cut out but for its edges.
_MANY, _EDGE = 40, 2
HEAD = 44


@dataclass(frozen=True)
class Days:
    """The dates that are shown, and where."""

    shown: tuple[date, ...]
    left: float
    column: float

    @property
    def width(self) -> float:
        return len(self.shown) * self.column

    def box(self, day: date, top: float, height: float) -> Box:
        """The column of a date."""
        return Box(self.left + self.shown.index(day) * self.column, top, self.column, height)

    def x(self, local: datetime) -> float:
        """Where an instant lies within its day's column."""
        return self.left + (self.shown.index(local.date()) + hours(local) / 24) * self.column

    def head(self, canvas: Canvas, top: float, closed: Iterable[date] = ()) -> None:
        """Weekday and date above each column, the month where it begins."""
        before = None
        for day in self.shown:
            box = self.box(day, top, HEAD)
            middle = box.x + self.column / 2
            colour = HOLIDAY_INK if day in set(closed) else FAINT
            if before is None or before.month != day.month:
                canvas.text((box.x + 2, top + 10), f"{day:%B %Y}", size=11, bold=True)
            letters = f"{day:%a}" if self.column >= 26 else f"{day:%a}"[0]  # noqa: PLR2004 - fits
            canvas.text((middle, top + 26), letters, size=10, colour=colour, anchor="middle")
            ink = colour if day in set(closed) else INK
            canvas.text((middle, top + 40), str(day.day), size=11.5, colour=ink, anchor="middle")
            before = day

    def months(self, canvas: Canvas, y: float) -> None:
        """Only where a month begins, for columns too narrow for words."""
        free = 0.0
        months = {(day.year, day.month): day for day in reversed(self.shown)}
        for day in sorted(months.values()):
            x = self.box(day, 0, 0).x + 2
            if x >= free:
                canvas.text((x, y), f"{day:%b %Y}", size=11, bold=True)
                free = x + width(f"{day:%b %Y}", 11) + 8

    def cuts(self, canvas: Canvas, top: float, height: float) -> None:
        """A dashed line where days were cut out."""
        for before, day in zip(self.shown, self.shown[1:], strict=False):
            if day - before > _ONE_DAY:
                x = self.box(day, top, height).x
                canvas.line((x, top), (x, top + height), FAINT, dash="3 3")
            elif day.weekday() == 0:
                x = self.box(day, top, height).x
                canvas.line((x, top), (x, top + height), RULE)


def shown_days(used: Iterable[date], *, whole: bool = False) -> tuple[date, ...]:
    """The dates from the first to the last that is used; `whole`: however many there are."""
    days = set(used)
    first, last = min(days), max(days)
    between = [first + n * _ONE_DAY for n in range((last - first).days + 1)]
    if whole or len(between) <= _MANY:
        return tuple(between)
    near = {day + n * _ONE_DAY for day in days for n in range(-_EDGE, _EDGE + 1)}
    return tuple(day for day in between if day in near)


def shade(clock: Clock, day: date) -> str | None:
    """The ground of a date on which people don't work there."""
    if day in clock.calendar.closed:
        return HOLIDAY
    return WEEKEND if day.weekday() in clock.calendar.weekend else None


def open_hours(scene: Scene, days: Days) -> Iterator[tuple[date, float, float]]:
    """Each stretch of a shown date in which mail may leave, in hours on the first clock."""
    zone = scene.local_zone
    rules = scene.cadence("")
    mailbox = () if rules.mailbox_opening is None else (rules.mailbox_opening,)
    since = datetime.combine(days.shown[0], datetime.min.time(), zone)
    until = datetime.combine(days.shown[-1] + _ONE_DAY, datetime.min.time(), zone)
    for span in open_spans((*rules.openings, *mailbox), since, until):
        for day, begins, ends in _by_day(span, zone):
            if day in days.shown:
                yield day, begins, ends


def hours(local: datetime) -> float:
    """The wall clock's reading, in hours."""
    return local.hour + local.minute / 60 + local.second / 3600


def _by_day(span: Span, zone: ZoneInfo) -> Iterator[tuple[date, float, float]]:
    opens, closes = (at.astimezone(zone) for at in span)
    while opens.date() < closes.date():
        yield opens.date(), hours(opens), 24
        opens = datetime.combine(opens.date() + _ONE_DAY, datetime.min.time(), zone)
    if hours(closes) > hours(opens):
        yield opens.date(), hours(opens), hours(closes)
