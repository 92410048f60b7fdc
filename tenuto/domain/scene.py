"""All that decides when a step of one contact may happen, at one instant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from tenuto.domain.cadence import Counted, Load, Moment, Rules, booked
from tenuto.domain.calendar import Clock, Opening
from tenuto.domain.delay import Gap, at_minute, business_days_after, next_weekday
from tenuto.domain.enrollment import Enrollment, Slot
from tenuto.domain.holds import Hold, due_after
from tenuto.domain.limits import Limits
from tenuto.domain.local_calendar import LocalCalendar
from tenuto.domain.outlook import outlook
from tenuto.domain.pace import Turn
from tenuto.domain.plan import Edge, EmailStep, Plan
from tenuto.domain.sequence import SequenceRules
from tenuto.domain.zone import zone

#: So many milliseconds of waiting are worth one point of priority: nobody waits for ever.
AGING = 4 * 3_600_000


@dataclass(frozen=True)
class Booking:
    """The slot of another mail to the same person."""

    enrollment_id: UUID
    at: datetime
    #: Who goes first: follow-ups before new starts, then the smaller rank.
    starts: bool
    rank: int
    #: When its enrollment began: of two with one rank, the earlier goes first.
    since: datetime
    gap: Gap = Gap()

    @property
    def order(self) -> tuple[bool, int, datetime, UUID]:
        """Smaller goes first."""
        return (self.starts, self.rank, self.since, self.enrollment_id)


@dataclass(frozen=True)
class Scene:
    """What holds now for one contact in one sequence."""

    now: datetime
    rules: SequenceRules
    #: The contact's own zones: several, where their country has several; none, if nothing is known.
    zones: tuple[str, ...]
    #: Names the contact and the version, for the jitter.
    jitter_key: str
    #: Weekend and holidays, as they were when the contact was enrolled.
    calendar: LocalCalendar = LocalCalendar()
    #: The installation's, as they are now.
    limits: Limits = Limits()
    mailbox_opening: Opening | None = None
    holds: Sequence[Hold] = ()
    load: Load = Load()
    #: Slots of the contact's other mails.
    bookings: Sequence[Booking] = ()
    #: No mail of this enrollment has been sent yet.
    starting: bool = False

    @cached_property
    def clocks(self) -> tuple[Clock, ...]:
        """The recipient's wall clocks; the sequence's where nothing is known."""
        names = self.zones or (self.rules.default_zone,)
        if self.rules.zone != "contact":
            names = (self.rules.zone,)
        calendar = self.calendar
        if self.rules.closed:
            calendar = replace(calendar, closed=calendar.closed | set(self.rules.closed))
        return tuple(Clock(zone(name), calendar) for name in names)

    @property
    def guards_companies(self) -> bool:
        """Whether what others in the company get counts."""
        return self.limits.guards_companies or self.rules.limits.guards_companies

    @property
    def local_zone(self) -> ZoneInfo:
        """What is shown as local time."""
        return self.clocks[0].zone

    @cached_property
    def openings(self) -> tuple[Opening, ...]:
        """The recipient's hours, on each clock that they may live by."""
        return tuple(Opening(self.rules.window, clock) for clock in self.clocks)

    @property
    def everywhere(self) -> tuple[Opening, ...]:
        """All that must be open."""
        return self.openings + (() if self.mailbox_opening is None else (self.mailbox_opening,))

    def cadence(self, step: str) -> Rules:
        """The rules of one send."""
        return Rules(
            own=self.rules.limits,
            all=self.limits,
            openings=self.openings,
            clock=self.clocks[0],
            mailbox_opening=self.mailbox_opening,
            jitter=timedelta(seconds=self.rules.jitter),
            jitter_key=f"{self.jitter_key}:{step}",
        )

    def after(self, edge: Edge) -> datetime:
        """When the edge's wait is over, if it is taken now."""
        at = business_days_after(self.now, edge.business_days, self.clocks[0])
        at += timedelta(seconds=edge.wait)
        return at if edge.on is None else next_weekday(at, edge.on, self.clocks[0])

    def on_the_minute(self, due: datetime, step: EmailStep) -> datetime:
        """When a mail that waits for a time of day is ready, its wait being over at `due`."""
        if step.at is None:
            return due
        while True:
            ready = at_minute(due, step.at, self.openings, self.clocks)
            # A hold with a known end may lie in between.
            free = due_after(ready, timedelta(), self.holds)
            if free is None or free == ready:
                return ready
            due = free

    def turn(self, plan: Plan, step: int) -> Turn:
        """What the mail at index `step` is to its mailbox."""
        if not self.starting:
            return Turn()
        ahead = outlook(plan, step, self.rules.window.days)
        return Turn(starts=True, new_per_day=self.rules.new_per_day, mails=ahead)

    def ask(self, row: Enrollment, ready: datetime) -> Slot:
        """What a row's mail brings that could have left at `ready`: priority, aged with waiting.

        A new start waits since it was enrolled: where it lives and at which hour it wants to
        leave give it no other place in the queue.
        """
        since = row.enrolled_at if self.starting else ready
        rank = int(since.timestamp() * 1000) - self.rules.priority * AGING
        return Slot(ready, self.starting, rank)

    def behind(self, row: Enrollment, slot: Slot) -> list[Booking]:
        """The person's bookings that the row's mail goes before, in their order."""
        mine = _order(row, slot)
        return sorted((b for b in self.bookings if b.order > mine), key=lambda b: b.order)

    def moment(self, plan: Plan, row: Enrollment, ready: datetime) -> Moment:
        """The first legal instant from `ready` on that nobody who goes first has taken.

        For the mail of the row's current step.

        :raises NeverOpenError: when there is none.
        """
        step = row.current_step_index
        turn, mine = self.turn(plan, step), _order(row, self.ask(row, ready))
        ahead = tuple(Counted(b.at, b.gap) for b in self.bookings if b.order < mine)
        load = replace(self.load, booked=ahead, turn=turn)
        return booked(max(ready, self.now), self.cadence(plan.steps[step].id), load)


def _order(row: Enrollment, slot: Slot) -> tuple[bool, int, datetime, UUID]:
    return (slot.starts, slot.rank, row.enrolled_at, row.id)
