"""Why an enrollment's next step isn't done yet, as one sentence; by the functions that claim."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenuto.domain import progress
from tenuto.domain.cadence import Shift
from tenuto.domain.calendar import NeverOpenError
from tenuto.domain.duration import describe
from tenuto.domain.enrollment import NO_COMMON_HOURS, Enrollment, Status
from tenuto.domain.holds import Hold, HoldScope, blocking
from tenuto.domain.plan import EmailStep, Plan
from tenuto.domain.scene import Scene

_MINUTE = 60
#: A slot is kept while others move about it: so far off it is told as found anew.
_NEAR = timedelta(minutes=30)


@dataclass(frozen=True)
class Named:
    """What things are called in a sentence, and in the command that changes them."""

    email: str
    sequence: str
    mailbox: str
    company: str


def why_not_yet(row: Enrollment, plan: Plan, scene: Scene, named: Named) -> str:
    """Until when it waits and what for, or which hold keeps it and how to end that."""
    if (hold := blocking(scene.holds, scene.now)) is not None:
        return f"{named.sequence} {_held(hold, scene, named)}"
    if row.status is Status.PAUSED or row.next_scheduled_at is None:
        return f"{named.sequence} {_stopped(row, named)}"
    step = plan.steps[row.current_step_index]
    does = f"send {step.id}" if isinstance(step, EmailStep) else f"go on with {step.id}"
    if row.next_scheduled_at <= scene.now:
        return f"{named.sequence} is about to {does}: it is due since {_at(row, scene)}"
    until = f"{named.sequence} waits to {does} until {_at(row, scene)}"
    return f"{until}: {', then '.join(_reasons(row, plan, scene, named))}"


def _held(hold: Hold, scene: Scene, named: Named) -> str:
    paused = {
        HoldScope.ENROLLMENT: f"tenuto resume {named.email} --sequence {named.sequence}",
        HoldScope.CONTACT: f"tenuto resume {named.email}",
        HoldScope.COMPANY: f"tenuto resume --company {named.company}",
        HoldScope.SEQUENCE: f"tenuto resume --sequence {named.sequence}",
        HoldScope.MAILBOX: f"tenuto resume --mailbox {named.mailbox}",
        HoldScope.EVERYTHING: "tenuto resume --everything",
    }
    what = {
        HoldScope.ENROLLMENT: "this enrollment",
        HoldScope.CONTACT: f"all of {named.email}",
        HoldScope.COMPANY: f"all of {named.company}",
        HoldScope.SEQUENCE: f"all of {named.sequence}",
        HoldScope.MAILBOX: f"all of mailbox {named.mailbox}",
        HoldScope.EVERYTHING: "everything",
    }
    until = f"until {shown(hold.until, scene)}" if hold.until else "until resumed"
    words = f"is held {until}: {hold.reason} (holds {what[hold.scope]})"
    also = len({one.scope for one in scene.holds if _keeps(one, scene)}) - 1
    more = f", and {also} more hold{'s' if also > 1 else ''} (tenuto show {named.email})"
    return f"{words}; to go on now: {paused[hold.scope]}{more if also else ''}"


def _keeps(hold: Hold, scene: Scene) -> bool:
    return blocking([hold], scene.now) is not None


def _stopped(row: Enrollment, named: Named) -> str:
    if row.reason == f"held: {NO_COMMON_HOURS}":
        return "is held: no hour is open for the contact and the mailbox at once; widen the hours"
    resume = f"tenuto resume {named.email} --sequence {named.sequence}"
    return f"is paused: {row.reason or 'held'}; to go on: {resume}"


def _reasons(row: Enrollment, plan: Plan, scene: Scene, named: Named) -> list[str]:
    """The wait, then each shift; where those can't be told any more, the one that decided."""
    told = _waited(row, plan, scene)
    for shift, to in _shifts(row, plan, scene):
        told.append(_shift(shift, to, scene, named))
    return told or [row.reason or "due then"]


def _shifts(row: Enrollment, plan: Plan, scene: Scene) -> Iterator[tuple[Shift, datetime | None]]:
    step, due = plan.steps[row.current_step_index], row.next_scheduled_at
    free = progress.free_to_act(row, plan, scene)
    if isinstance(step, EmailStep) and free is not None and due is not None:
        with suppress(NeverOpenError):
            then = _before(scene, due)
            moment = then.moment(plan, row, free)
            if abs(moment.at - due) <= _NEAR:
                last = dict(moment.moves)
                yield from ((shift, last[shift]) for shift in moment.shifts)
                return
    decided = (row.reason or "").removeprefix("deferred: ")
    if decided in set(Shift):
        yield Shift(decided), None


def _before(scene: Scene, due: datetime) -> Scene:
    """Without what others booked behind it: that came later, and moves nothing."""
    pace = scene.load.mailbox
    if pace is None:
        return scene
    day = due.astimezone(pace.zone).date()
    pace = replace(
        pace,
        follow_ups=[at for at in pace.follow_ups if at < due],
        starts=[at for at in pace.starts if at < due],
        starts_on={on: number for on, number in pace.starts_on.items() if on < day},
        of_sequence_on={on: number for on, number in pace.of_sequence_on.items() if on < day},
        expected_on={on: number for on, number in pace.expected_on.items() if on < day},
    )
    return replace(scene, load=replace(scene.load, mailbox=pace))


def _waited(row: Enrollment, plan: Plan, scene: Scene) -> list[str]:
    if row.branch_deadline is not None:
        return ["its branch may still see what it looks for"]
    if row.tries:
        return [row.reason or "the server said later"]
    if not row.step_wait:
        return []
    begun = "enrolling on" if row.current_step_index == plan.start.to else "the step of"
    since = f"{begun} {shown(row.step_entered_at, scene)}"
    free = progress.free_to_act(row, plan, scene)
    if free is not None and free > row.step_entered_at + row.step_wait + timedelta(seconds=1):
        return [f"{_length(row)} after {since}, and the time that it was held"]
    return [f"{_length(row)} after {since}"]


def _length(row: Enrollment) -> str:
    """The wait in words: to the minute, once it is longer than that."""
    seconds = round(row.step_wait.total_seconds())
    return describe(seconds if seconds < _MINUTE else seconds // _MINUTE * _MINUTE)


def _shift(shift: Shift, to: datetime | None, scene: Scene, named: Named) -> str:
    if shift is not Shift.NEW_STARTS:
        words = _WORDS[shift].format(mailbox=named.mailbox)
        return f"{words} (to {shown(to, scene)})" if to else words
    full = f"new starts of {named.mailbox} are booked up"
    if to is None:
        return full
    days = (scene.clocks[0].day(to) - scene.clocks[0].day(scene.now)).days
    return f"{full} to {_day(to, scene)}, in {days} day{'s' * (days != 1)}"


_WORDS = {
    Shift.SPACING: "the gap to another mail to them",
    Shift.ALL_SPACING: "the installation's gap to another mail to them",
    Shift.CAP: "as many mails to them as the sequence allows",
    Shift.ALL_CAP: "as many mails to them as the installation allows",
    Shift.COMPANY: "the gap to a mail to somebody else in their company",
    Shift.DOMAIN_CAP: "as many mails to their company as are allowed",
    Shift.BOOKED: "another sequence goes first",
    Shift.MAILBOX_GAP: "the gap between two mails of {mailbox}",
    Shift.MAILBOX_CAP: "the cap of {mailbox}",
    Shift.WINDOW: "outside hours",
    Shift.MAILBOX_WINDOW: "outside the hours of {mailbox}",
}


def shown(at: datetime, scene: Scene) -> str:
    """`Tue 24 Nov 09:12`, on the recipient's clock; the year where it isn't this one."""
    local = at.astimezone(scene.local_zone)
    year = "" if local.year == scene.now.astimezone(scene.local_zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"


def _day(at: datetime, scene: Scene) -> str:
    local = at.astimezone(scene.local_zone)
    return f"{local.day} {local:%b}"


def _at(row: Enrollment, scene: Scene) -> str:
    at = row.next_scheduled_at
    return f"{shown(at, scene)} ({scene.local_zone.key})" if at else "an unknown time"
