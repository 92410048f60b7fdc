"""The earliest legal instant of a send, with the reason for each shift.

The claim, the settle that books the next step, and the preview all call `earliest`: what is
shown beforehand is what happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from tenuto.domain.calendar import Window


class Shift(StrEnum):
    """What moved a send."""

    SPACING = "spacing"
    CAP = "cap"
    MAILBOX_CAP = "mailbox cap"
    WINDOW = "outside hours"


class Cap(BaseModel):
    """At most `count` sends in any `seconds`."""

    model_config = ConfigDict(frozen=True)

    count: int = Field(ge=1)
    seconds: int = Field(ge=1)


@dataclass(frozen=True)
class Rules:
    """What holds for one send of one contact."""

    gap: timedelta
    caps: tuple[Cap, ...]
    window: Window
    zone: ZoneInfo
    #: How far behind the opening of a window a send may be spread.
    jitter: timedelta = timedelta()
    #: Names the send: the same send gets the same jitter, wherever it is asked.
    jitter_key: str = ""


@dataclass(frozen=True)
class Load:
    """What counts already. Each instant is when that send left, or at the latest could have."""

    #: Of this contact, over all sequences.
    contact: Sequence[datetime] = field(default_factory=tuple)
    #: Of the mailbox.
    mailbox: Sequence[datetime] = field(default_factory=tuple)
    mailbox_cap: Cap | None = None


@dataclass(frozen=True)
class Moment:
    """The earliest legal instant, and what moved the send there, in order."""

    at: datetime
    shifts: tuple[Shift, ...] = ()

    @property
    def reason(self) -> str | None:
        """The last shift decides: it names the constraint that ends last."""
        return self.shifts[-1].value if self.shifts else None


def earliest(start: datetime, rules: Rules, load: Load) -> Moment:
    """The first instant from `start` on that breaks no rule.

    Each rule only ever moves the instant forward, to its own earliest; the first fixed point
    is therefore the earliest instant that all allow.
    """
    at, shifts = start, list[Shift]()
    while True:
        moved = [(to, why) for to, why in _demands(at, rules, load) if to > at]
        if not moved:
            return Moment(at, tuple(dict.fromkeys(shifts)))
        at, why = moved[0]
        # A rule named again is the one that decided last.
        shifts = [s for s in shifts if s is not why] + [why]


def _demands(at: datetime, rules: Rules, load: Load) -> list[tuple[datetime, Shift]]:
    demands = [(_after_gap(at, rules.gap, load.contact), Shift.SPACING)]
    demands += [(_under_cap(at, cap, load.contact), Shift.CAP) for cap in rules.caps]
    if load.mailbox_cap is not None:
        demands.append((_under_cap(at, load.mailbox_cap, load.mailbox), Shift.MAILBOX_CAP))
    demands.append((_inside(at, rules), Shift.WINDOW))
    return demands


def _after_gap(at: datetime, gap: timedelta, sends: Sequence[datetime]) -> datetime:
    # The latest decides, also one that lies ahead: a mail on its way counts until its deadline,
    # and nobody knows how much sooner it leaves.
    return max([at, *(sent + gap for sent in sends)])


def _under_cap(at: datetime, cap: Cap, sends: Sequence[datetime]) -> datetime:
    if len(sends) < cap.count:
        return at
    # Room is made when the oldest of the newest `count` has left the span.
    return max(at, sorted(sends)[-cap.count] + timedelta(seconds=cap.seconds))


def _inside(at: datetime, rules: Rules) -> datetime:
    if rules.window.always or rules.window.contains(at, rules.zone):
        return at
    opens, closes = rules.window.next_opening(at, rules.zone)
    spread = min(rules.jitter, closes - opens)
    # Whole seconds: a finer instant would only be harder to read.
    return opens + timedelta(seconds=int(spread.total_seconds() * _fraction(rules.jitter_key)))


def _fraction(key: str) -> float:
    """A number in [0, 1) that depends on the key alone."""
    return int.from_bytes(sha256(key.encode()).digest()[:6]) / 2**48


def rounded_up(at: datetime) -> datetime:
    """To the millisecond, up: a clock that lags must not wake a step twice."""
    extra = at.microsecond % 1000
    return at if extra == 0 else at + timedelta(microseconds=1000 - extra)
