"""When everybody's mails leave, if nothing happens meanwhile: each beside all of the others'.

A preview looks at one contact. Here those who were enrolled together go on together, in the order
in which their mails leave, by the functions that decide it: `earliest` claims, `progress` books,
and each booking meets what the mailbox has sent and booked by then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heapify, heappop, heappush

from tenuto.domain import progress
from tenuto.domain.branch import Undecided, choose
from tenuto.domain.cadence import Counted, earliest
from tenuto.domain.condition import Facts
from tenuto.domain.enrollment import Enrollment
from tenuto.domain.mailbox_days import MailboxDays
from tenuto.domain.plan import BranchStep, Edge, EmailStep
from tenuto.domain.scene import Scene
from tenuto.domain.sequence import Bundle


@dataclass
class Traveller:
    """Somebody who was enrolled, and where they stand."""

    bundle: Bundle
    scene: Scene
    known: Facts
    row: Enrollment
    mailbox: str


@dataclass(frozen=True)
class Departure:
    """One mail leaves."""

    at: datetime
    mailbox: str
    #: The first mail of its enrollment.
    starts: bool
    #: The most that may leave in the mailbox's cap span on that day.
    cap: int
    #: It is too late for it: it doesn't leave at all.
    skipped: bool = False


def forecast(travellers: Iterable[Traveller]) -> Iterator[Departure]:
    """Every mail, in the order in which they leave. Travellers come in the order of enrolling."""
    going = list(travellers)
    days: dict[str, MailboxDays] = {}
    for one in going:
        pace = one.scene.load.mailbox
        if pace is not None and one.mailbox not in days:
            # The first one's: nobody who travels with them is in it yet.
            days[one.mailbox] = MailboxDays(pace)
    for one in going:
        if one.mailbox in days:
            days[one.mailbox].book(one.bundle, one.row)
    queue = [
        (one.row.next_scheduled_at, n)
        for n, one in enumerate(going)
        if one.row.next_scheduled_at is not None
    ]
    heapify(queue)
    while queue:
        _, number = heappop(queue)
        one = going[number]
        leaves = _step(one, days[one.mailbox])
        if leaves is not None:
            yield leaves
        if one.row.next_scheduled_at is not None:
            heappush(queue, (one.row.next_scheduled_at, number))


def _step(one: Traveller, days: MailboxDays) -> Departure | None:
    """Do what is due: the traveller stands elsewhere, or at another time, afterwards."""
    row, plan = one.row, one.bundle.plan
    now = row.next_scheduled_at or one.scene.now
    days.forget(one.bundle, row)
    one.scene = scene = _at(one.scene, now, days)
    step, left = plan.steps[row.current_step_index], None
    if isinstance(step, EmailStep):
        if (later := _too_early(one)) is not None:
            one.row = later
            days.book(one.bundle, later)
            return None
        if progress.stale(row, scene):
            left = Departure(now, one.mailbox, scene.starting, days.cap(now), skipped=True)
        else:
            left = Departure(now, one.mailbox, scene.starting, days.cap(now))
            days.sent(now, starts=scene.starting)
            contact = (*scene.load.contact, Counted(now, scene.rules.gap))
            load = replace(scene.load, contact=contact)
            one.scene = _at(replace(scene, load=load, starting=False), now, days)
        one.row = _moved(one, step.next)
    elif isinstance(step, BranchStep):
        decision = choose(step, one.known, progress.entered(row, scene), now)
        if isinstance(decision, Undecided):
            _, one.row = progress.await_branch(row, decision.deadline, now, step.id)
        else:
            one.row = _moved(one, decision.edge)
    else:
        one.row = _moved(one, Edge(to=row.current_step_index))
    days.book(one.bundle, one.row)
    return left


def _at(scene: Scene, now: datetime, days: MailboxDays) -> Scene:
    pace = days.pace(now, starting=scene.starting)
    return replace(scene, now=now, load=replace(scene.load, mailbox=pace))


def _too_early(one: Traveller) -> Enrollment | None:
    """The row with a later slot, as a claim would book it; None: the mail may leave."""
    row, scene, plan = one.row, one.scene, one.bundle.plan
    index = row.current_step_index
    load = replace(scene.load, turn=scene.turn(plan, index)).claimed
    if earliest(scene.now, scene.cadence(plan.steps[index].id), load).at <= scene.now:
        return None
    free = progress.free_to_act(row, plan, scene) or scene.now
    _, later = progress.defer(row, scene.moment(plan, row, free).at, "deferred")
    return replace(later, slot=scene.ask(row, free))


def _moved(one: Traveller, edge: Edge) -> Enrollment:
    _, row = progress.move(one.row, one.bundle.plan, edge, one.scene)
    return row
