"""What a mailbox sends and has booked as the days of a forecast go by."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from tenuto.domain.enrollment import Enrollment
from tenuto.domain.outlook import Outlook, outlook
from tenuto.domain.pace import Pace, ramp
from tenuto.domain.sequence import Bundle


class MailboxDays:
    """Begins with what the mailbox has sent and booked; changes with each mail."""

    def __init__(self, pace: Pace) -> None:
        self._base = pace
        self._sent = list(pace.sent)
        self._follow_ups, self._starts = list(pace.follow_ups), list(pace.starts)
        self._sending_days = {at for at in map(self._day, pace.sent) if at == pace.today}
        self._started = Counter({pace.today: pace.started})
        self._own_started = Counter({pace.today: pace.started_of_sequence})
        self._starts_on = Counter(pace.starts_on)
        self._own_on = Counter(pace.of_sequence_on)
        self._expected = Counter(pace.expected_on)
        self._outlooks: dict[tuple[str, int, bool], Outlook] = {}

    def book(self, bundle: Bundle, row: Enrollment) -> None:
        """A row has its next step, and its slot if that is a mail."""
        self._count(bundle, row, 1)
        if row.slot is not None and row.next_scheduled_at is not None:
            insort(self._slots(row), row.next_scheduled_at)

    def forget(self, bundle: Bundle, row: Enrollment) -> None:
        """The row's step is done now, or booked anew."""
        self._count(bundle, row, -1)
        if row.slot is not None and row.next_scheduled_at is not None:
            slots = self._slots(row)
            del slots[bisect_left(slots, row.next_scheduled_at)]

    def sent(self, at: datetime, *, starts: bool) -> None:
        """A mail leaves."""
        insort(self._sent, at)
        self._sending_days.add(self._day(at))
        if starts:
            self._started[self._day(at)] += 1
            self._own_started[self._day(at)] += 1

    def pace(self, now: datetime, *, starting: bool) -> Pace:
        """As a claim or a booking at that instant finds it; `starting`: that of a first mail."""
        for slots in (self._follow_ups, self._starts):
            # What others booked for earlier has left by now.
            over = bisect_left(slots, now)
            for at in slots[:over]:
                insort(self._sent, at)
                self._sending_days.add(self._day(at))
            del slots[:over]
        today, base = self._day(now), self._base
        seen = replace(
            base,
            today=today,
            sending_days=self._days_behind(today),
            sent=self._counted(now),
            follow_ups=(), starts=(), started=0, started_of_sequence=0,
            starts_on={}, of_sequence_on={}, expected_on={},
        )  # fmt: skip
        if not (base.gap or base.new_per_day is not None):
            # Its slots aren't booked one by one.
            return seen
        follow_ups, starts = tuple(self._follow_ups), tuple(self._starts)
        seen = replace(seen, follow_ups=follow_ups, starts=starts)
        if not starting:
            return seen
        return replace(
            seen,
            started=self._started[today],
            started_of_sequence=self._own_started[today],
            starts_on=self._starts_on,
            of_sequence_on=self._own_on,
            expected_on=self._expected,
        )

    def cap(self, at: datetime) -> int:
        """The most mails in the cap's span, on that day."""
        behind = self._days_behind(self._day(at))
        most = self._base.cap.count
        return most if behind is None else min(most, ramp(behind))

    def _counted(self, now: datetime) -> Sequence[datetime]:
        span = max(timedelta(seconds=self._base.cap.seconds), self._base.gap)
        return tuple(self._sent[bisect_right(self._sent, now - span) :])

    def _days_behind(self, today: date) -> int | None:
        begun = self._base.sending_days
        return None if begun is None else begun + sum(day < today for day in self._sending_days)

    def _slots(self, row: Enrollment) -> list[datetime]:
        return self._starts if row.slot is not None and row.slot.starts else self._follow_ups

    def _count(self, bundle: Bundle, row: Enrollment, number: int) -> None:
        if row.next_scheduled_at is None:
            return
        day = self._day(row.next_scheduled_at)
        if row.slot is not None and row.slot.starts:
            self._starts_on[day] += number
            self._own_on[day] += number
        waits = row.branch_deadline is not None
        for after in self._outlook(bundle, row.current_step_index, waits=waits)[day.weekday()]:
            self._expected[day + timedelta(days=after)] += number

    def _outlook(self, bundle: Bundle, step: int, *, waits: bool) -> Outlook:
        key = (bundle.slug, step, waits)
        if key not in self._outlooks:
            days = bundle.rules.window.days
            self._outlooks[key] = outlook(bundle.plan, step, days, waits=waits)
        return self._outlooks[key]

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._base.zone).date()
