"""A mailbox's pace: its rolling cap, its ramp, the gap between two mails, new starts in a day.

A follow-up answers to what was promised, so it goes first: it doesn't see what new starts have
booked but to keep a gap from it, and a new start gives way to every follow-up that is booked.
A new start takes a day on which its own follow-ups will find room as well.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from tenuto.domain.calendar import HORIZON, readings
from tenuto.domain.limits import Cap
from tenuto.domain.outlook import Outlook

#: Of the gap: a booked slot keeps so much more, so that one a little late moves nobody.
_LEAST_JITTER, _JITTER = 0.1, 0.2
_ONE_DAY = timedelta(days=1)
#: Ramp: from so many a day, one more each sending day up to `_BEND`, from there two more.
_FIRST, _BEND = 5, 20


@dataclass(frozen=True)
class Turn:
    """What a send is to its mailbox."""

    #: The first mail of its enrollment.
    starts: bool = False
    #: The most starts in a day that its sequence allows, if fewer than the mailbox.
    new_per_day: int | None = None
    #: When its enrollment's mails are to be expected, this one among them.
    mails: Outlook = ((0,),) * 7


@dataclass(frozen=True)
class Pace:
    """A mailbox's limits, and what counts towards them. Instants are in order."""

    cap: Cap
    gap: timedelta
    zone: ZoneInfo
    today: date
    #: None where it doesn't ramp: the sending days that lie behind it, today not counted.
    sending_days: int | None = None
    new_per_day: int | None = None
    #: What left within the cap's span, or may be on its way.
    sent: Sequence[datetime] = ()
    #: Slots of others' follow-ups, and of others' new starts.
    follow_ups: Sequence[datetime] = ()
    starts: Sequence[datetime] = ()
    #: New starts made today: of all, and of the send's own sequence.
    started: int = 0
    started_of_sequence: int = 0
    #: Others' new starts that are booked, by date: of all, and of the send's own sequence.
    starts_on: Mapping[date, int] = field(default_factory=dict)
    of_sequence_on: Mapping[date, int] = field(default_factory=dict)
    #: Mails by date that are booked, or will follow from what is.
    expected_on: Mapping[date, int] = field(default_factory=dict)
    #: Whether slots are being booked, not a mail sent.
    booking: bool = True

    def claimed(self, turn: Turn) -> "Pace":
        """What decides whether a mail may leave now: new starts give way to booked follow-ups."""
        follow_ups = self.follow_ups if turn.starts else ()
        return replace(
            self, follow_ups=follow_ups, starts=(), starts_on={}, of_sequence_on={},
            expected_on={}, booking=False,
        )  # fmt: skip

    @property
    def without_starts(self) -> "Pace":
        """As if nobody new had booked."""
        return replace(self, starts=())

    def spacing(self, turn: Turn, fraction: float) -> Callable[[datetime], datetime]:
        """The rule that two mails keep a gap; `fraction` in [0, 1) is the send's own jitter."""
        wide = self.gap * (1 + _LEAST_JITTER + _JITTER * fraction) if self.booking else self.gap
        kept = [(self.follow_ups, wide)]
        # Twice as far from one another, so that a follow-up fits between two of them.
        kept.append((self.starts, 2 * wide if turn.starts else wide))

        def moved(at: datetime) -> datetime:
            if self.gap:
                # One on its way may leave at any instant until its deadline: none goes before it.
                at = max([at, *(sent + wide for sent in self.sent[-1:])])
            before = None
            while before != at:
                before = at
                for slots, gap in kept:
                    at = _clear_of(slots, at, gap)
            return at

        return moved

    def under_cap(self, at: datetime, turn: Turn) -> datetime:
        """The first instant from `at` on that keeps every rolling span within the cap."""
        span, taken = timedelta(seconds=self.cap.seconds), self._taken(turn)
        while True:
            since, until = bisect_right(taken, at - span), bisect_right(taken, at)
            # One on its way, which counts from its deadline, may leave now as well.
            counted = [*taken[since:until], *self.sent[bisect_right(self.sent, at) :]]
            cap = self._cap_on(self._day(at))
            if len(counted) >= cap:
                at = min(counted[-cap] + span, self._more_allowed(at, cap))
                continue
            crowded = next(
                (slot for slot in taken[until : bisect_left(taken, at + span)]
                 if self._full_at(slot, taken, span)), None,
            )  # fmt: skip
            if crowded is None:
                return at
            at = crowded

    def _more_allowed(self, at: datetime, cap: int) -> datetime:
        """The midnight from which a ramping mailbox may send more; far off, if it may not."""
        following = self._day(at) + _ONE_DAY
        if self._cap_on(following) > cap:
            return readings(following, 0, self.zone)[0]
        return at + 2 * timedelta(seconds=self.cap.seconds)

    def start_day(self, at: datetime, turn: Turn) -> datetime:
        """The first instant from `at` on, on a date that has room for one more start."""
        day = self._day(at)
        last = day + 10 * HORIZON
        while day < last and self._full_for_starts(day, turn):
            day += _ONE_DAY
        return at if day == self._day(at) else readings(day, 0, self.zone)[0]

    def _full_for_starts(self, day: date, turn: Turn) -> bool:
        today = day == self.today
        made = self.starts_on.get(day, 0) + today * self.started
        if self.new_per_day is not None and made >= self.new_per_day:
            return True
        made = self.of_sequence_on.get(day, 0) + today * self.started_of_sequence
        if turn.new_per_day is not None and made >= turn.new_per_day:
            return True
        days = (day + after * _ONE_DAY for after in turn.mails[day.weekday()])
        return any(self.expected_on.get(d, 0) >= self._most_on(d) for d in days)

    def _full_at(self, slot: datetime, taken: Sequence[datetime], span: timedelta) -> bool:
        """Whether one more before that slot would be one too many for it."""
        counted = bisect_right(taken, slot) - bisect_right(taken, slot - span)
        return counted + 1 > self._cap_on(self._day(slot))

    def _most_on(self, day: date) -> int:
        """How many mails a date takes, roughly: a cap may be one of an hour."""
        return self._cap_on(day) * max(1, int(_ONE_DAY.total_seconds()) // self.cap.seconds)

    def _cap_on(self, day: date) -> int:
        """The cap of a date: a new mailbox's grows with the days on which it sends."""
        if self.sending_days is None:
            return self.cap.count
        ahead = bisect_left(self._busy, day) - bisect_left(self._busy, self.today)
        return min(self.cap.count, ramp(self.sending_days + max(ahead, 0)))

    @cached_property
    def _busy(self) -> Sequence[date]:
        days = {day for day, count in self.expected_on.items() if count}
        return sorted(days | {self._day(at) for at in (*self.follow_ups, *self.sent[-1:])})

    def _taken(self, turn: Turn) -> Sequence[datetime]:
        return sorted([*self.sent, *self.follow_ups, *(self.starts if turn.starts else ())])

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


def ramp(sending_days: int) -> int:
    """The most mails on a day with so many sending days behind it: 5, 6, … 20, 22, 24 and on."""
    climb = _BEND - _FIRST
    return _FIRST + sending_days if sending_days <= climb else _BEND + 2 * (sending_days - climb)


def _clear_of(slots: Sequence[datetime], at: datetime, gap: timedelta) -> datetime:
    """The first instant from `at` on that keeps the gap on either side of every slot."""
    if not gap:
        return at
    nearest = bisect_right(slots, at)
    if nearest and at - slots[nearest - 1] < gap:
        at = slots[nearest - 1] + gap
    while nearest < len(slots) and slots[nearest] - at < gap:
        at = slots[nearest] + gap
        nearest += 1
    return at
