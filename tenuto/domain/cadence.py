"""The earliest legal instant of a send, with the reason for each shift.

The claim, the settle that books the next step, and the preview all call `earliest`: what is
shown beforehand is what happens.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tenuto.domain import spread
from tenuto.domain.calendar import HORIZON, Clock, NeverOpenError, Opening, joint_opening
from tenuto.domain.delay import Gap, furthest
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.pace import Pace, Turn

#: How late a booked mail may leave, and the part of a gap that this is at most: it counts as if
#: it left then, as one on its way does.
SLACK, _SLACK_SHARE = timedelta(minutes=2), 10
_MOST_MOVES = 5_000


class Shift(StrEnum):
    """What moved a send."""

    SPACING = "spacing"
    ALL_SPACING = "installation spacing"
    CAP = "cap"
    ALL_CAP = "installation cap"
    COMPANY = "company gap"
    DOMAIN_CAP = "domain cap"
    BOOKED = "another sequence first"
    MAILBOX_GAP = "mailbox gap"
    MAILBOX_CAP = "mailbox cap"
    NEW_STARTS = "new starts"
    WINDOW = "outside hours"
    MAILBOX_WINDOW = "outside mailbox hours"


@dataclass(frozen=True)
class Rules:
    """What holds for one send of one contact."""

    own: Limits
    #: Of the whole installation, as it is now.
    all: Limits
    #: The recipient's, one for each clock that they may live by; all must be open.
    openings: tuple[Opening, ...]
    #: For business days.
    clock: Clock
    #: The mailbox's own.
    mailbox_opening: Opening | None = None
    #: How far behind the opening of a window a send may be spread.
    jitter: timedelta = timedelta()
    #: Names the send: the same send gets the same jitter, wherever it is asked.
    jitter_key: str = ""


@dataclass(frozen=True)
class Counted:
    """A mail that counts: it left then, or at the latest could have; and its sequence's gap."""

    at: datetime
    gap: Gap = Gap()


@dataclass(frozen=True)
class Load:
    """What counts already, and what is booked."""

    #: To this contact, over all sequences.
    contact: Sequence[Counted] = ()
    #: Slots of the contact's other mails that go before this one.
    booked: Sequence[Counted] = ()
    #: To others in the contact's company, where it is guarded; and their slots.
    company: Sequence[datetime] = ()
    company_booked: Sequence[datetime] = ()
    #: Of the mailbox; None: it knows no limits.
    mailbox: Pace | None = None
    #: What this send is to the mailbox.
    turn: Turn = field(default_factory=Turn)

    @property
    def claimed(self) -> "Load":
        """Without what is only booked: whether a mail may leave now depends on this alone."""
        mailbox = self.mailbox and self.mailbox.claimed(self.turn)
        return replace(self, booked=(), company_booked=(), mailbox=mailbox)


@dataclass(frozen=True)
class Moment:
    """The earliest legal instant, and what moved the send there, in order."""

    at: datetime
    shifts: tuple[Shift, ...] = ()
    #: Each move: what moved it, and to when.
    moves: tuple[tuple[Shift, datetime], ...] = ()

    @property
    def reason(self) -> str | None:
        """Every shift in order: the last one names the constraint that ends last."""
        return ", then ".join(self.shifts) or None


Demand = Callable[[datetime], tuple[datetime, Shift]]


def earliest(start: datetime, rules: Rules, load: Load) -> Moment:
    """The first instant from `start` on that breaks no rule.

    Each rule moves an instant to the first from it on that the rule allows; the first instant
    that none moves is therefore the earliest that all allow.

    :raises NeverOpenError: when the windows share no instant within 400 days.
    """
    demands = list(_demands(rules, load))
    at, moves = start, list[tuple[Shift, datetime]]()
    for _ in range(_MOST_MOVES):
        for demand in demands:
            to, why = demand(at)
            if to > at:
                break
        else:
            return Moment(at, _in_order(moves), tuple(moves))
        at = to
        moves.append((why, at))
        if at - start > 10 * HORIZON:
            break
    raise NeverOpenError


def booked(start: datetime, rules: Rules, load: Load) -> Moment:
    """The slot of a mail that must wait: as `earliest`, among those that others have booked.

    A follow-up keeps clear of new starts only while that costs it minutes: where it costs more,
    they give way.
    """
    moment, pace = earliest(start, rules, load), load.mailbox
    if pace is None or load.turn.starts or not pace.starts:
        return moment
    alone = earliest(start, rules, replace(load, mailbox=pace.without_starts))
    return moment if moment.at - alone.at <= 3 * pace.gap else alone


def _in_order(moves: Iterable[tuple[Shift, datetime]]) -> tuple[Shift, ...]:
    """Each once: one named again is the one that decided last."""
    shifts = dict[Shift, None]()
    for why, _ in moves:
        shifts.pop(why, None)
        shifts[why] = None
    return tuple(shifts)


def _demands(rules: Rules, load: Load) -> Iterator[Demand]:
    contact = [c.at for c in load.contact]
    for limits, gap_shift, cap_shift in (
        (rules.own, Shift.SPACING, Shift.CAP),
        (rules.all, Shift.ALL_SPACING, Shift.ALL_CAP),
    ):
        yield _after_gaps(limits.gap, load.contact, rules.clock, gap_shift)
        for cap in limits.caps:
            yield _under_cap(cap, contact, cap_shift)
        for cap in limits.domain_caps:
            yield _under_cap(cap, [*load.company, *contact], Shift.DOMAIN_CAP)
        if limits.company_gap is not None:
            counted = [Counted(at) for at in load.company]
            yield _after_gaps(limits.company_gap, counted, rules.clock, Shift.COMPANY)
    yield from _beside_slots(rules, load)
    if load.mailbox is not None:
        yield from _paced(load.mailbox, load.turn, rules.jitter_key)
    yield _inside(rules)


def _beside_slots(rules: Rules, load: Load) -> Iterator[Demand]:
    limits, clock = (rules.own, rules.all), rules.clock
    if load.booked:
        gaps = [one.gap for one in limits]
        caps = [cap for one in limits for cap in one.caps]
        yield _beside(load.booked, [c.at for c in load.contact], gaps, caps, clock)
    if load.company_booked:
        slots = [Counted(at) for at in load.company_booked]
        gaps = [one.company_gap for one in limits if one.company_gap is not None]
        caps = [cap for one in limits for cap in one.domain_caps]
        others = [*load.company, *(c.at for c in load.contact)]
        yield _beside(slots, others, gaps, caps, clock)


def _after_gaps(gap: Gap, counted: Sequence[Counted], clock: Clock, why: Shift) -> Demand:
    # The latest decides, also one that lies ahead: a mail on its way counts until its deadline,
    # and nobody knows how much sooner it leaves. Between two sends the larger gap applies.
    free = max((furthest((gap, c.gap), c.at, clock) for c in counted), default=None)
    return lambda at: (at if free is None else max(at, free), why)


def _under_cap(cap: Cap, sends: Iterable[datetime], why: Shift) -> Demand:
    ordered = sorted(sends)
    if len(ordered) < cap.count:
        return lambda at: (at, why)
    # Room is made when the oldest of the newest `count` has left the span.
    free = ordered[-cap.count] + timedelta(seconds=cap.seconds)
    return lambda at: (max(at, free), why)


def _beside(
    slots: Sequence[Counted],
    sent: Sequence[datetime],
    gaps: Sequence[Gap],
    caps: Sequence[Cap],
    clock: Clock,
) -> Demand:
    """Neither too near after a slot that goes before, nor so near before it that it would move."""
    ordered = sorted(slots, key=lambda slot: slot.at)
    kept = [[gap for gap in (*gaps, slot.gap) if gap] for slot in ordered]
    counted = [
        (cap, sorted([*sent, *(s.at + _slack(timedelta(seconds=cap.seconds)) for s in ordered)]))
        for cap in caps
    ]

    def clear(at: datetime, gaps: Sequence[Gap]) -> datetime:
        free = furthest(gaps, at, clock)
        return free + _slack(free - at)

    def moved(at: datetime) -> tuple[datetime, Shift]:
        for slot, asked in zip(ordered, kept, strict=True):
            after = clear(slot.at, asked)
            if asked and at < after and clear(at, asked) > slot.at:
                at = after
        return max([at, *(_room(cap, sends, at) for cap, sends in counted)]), Shift.BOOKED

    return moved


def _slack(gap: timedelta) -> timedelta:
    return min(SLACK, gap / _SLACK_SHARE)


def _room(cap: Cap, counted: Sequence[datetime], at: datetime) -> datetime:
    """The first instant from `at` on at which one more keeps every span within the cap."""
    span = timedelta(seconds=cap.seconds)
    freed = (c + span for c in counted if c + span > at)
    return next(t for t in (at, *sorted(freed)) if not _crowded(t, cap.count, counted, span))


def _crowded(at: datetime, count: int, counted: Sequence[datetime], span: timedelta) -> bool:
    """Whether one more at `at` makes more than `count` within some span."""
    row = sorted([*(c for c in counted if at - span < c < at + span), at])
    mine = row.index(at)
    firsts = range(max(mine - count, 0), min(mine, len(row) - count - 1) + 1)
    return any(row[first + count] - row[first] < span for first in firsts)


def _paced(pace: Pace, turn: Turn, key: str) -> Iterator[Demand]:
    spaced = pace.spacing(turn, spread.fraction(key))
    # The start's day first: it may be weeks away, and what lies before it needs no search.
    if turn.starts:
        yield lambda at: (pace.start_day(at, turn), Shift.NEW_STARTS)
    yield lambda at: (spaced(at), Shift.MAILBOX_GAP)
    yield lambda at: (pace.under_cap(at, turn), Shift.MAILBOX_CAP)


def _inside(rules: Rules) -> Demand:
    mailbox = () if rules.mailbox_opening is None else (rules.mailbox_opening,)
    everywhere = (*rules.openings, *mailbox)

    def moved(at: datetime) -> tuple[datetime, Shift]:
        opens, closes = joint_opening(at, everywhere)
        if opens == at:
            return at, Shift.WINDOW
        theirs = all(o.always or o.contains(at) for o in rules.openings)
        why = Shift.MAILBOX_WINDOW if theirs else Shift.WINDOW
        return spread.behind(opens, closes, rules.jitter, rules.jitter_key), why

    return moved


def rounded_up(at: datetime) -> datetime:
    """To the millisecond, up: a clock that lags must not wake a step twice."""
    extra = at.microsecond % 1000
    return at if extra == 0 else at + timedelta(microseconds=1000 - extra)
