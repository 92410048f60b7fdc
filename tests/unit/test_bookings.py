"""Slots of others that go first: a send keeps clear of them, and of new starts while it's cheap."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.domain.cadence import SLACK, Counted, Load, Rules, Shift, booked, earliest
from tenuto.domain.calendar import Clock, Opening, Window
from tenuto.domain.delay import Gap, furthest
from tenuto.domain.enrollment import Slot
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.pace import Pace, Turn
from tenuto.domain.scene import Booking, Scene
from tests.factories import enrollment, rules
from tests.grid import DAY, QUARTER, hours_between

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
CLOCK = Clock(ZoneInfo("Europe/Berlin"))
FREE = Rules(Limits(), Limits(), (), CLOCK)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

starts = st.integers(0, 5 * 96).map(lambda n: MONDAY + n * QUARTER)
before = st.integers(-3 * 96, 0).map(lambda n: MONDAY + n * QUARTER)
slots = st.integers(-96, 7 * 96).map(lambda n: MONDAY + n * QUARTER)
gaps = st.builds(
    Gap, seconds=st.integers(0, 150).map(lambda n: n * 900), business_days=st.integers(0, 2)
)
caps = st.builds(Cap, count=st.integers(1, 3), seconds=st.integers(1, 300).map(lambda n: n * 900))
limits = st.builds(
    Limits,
    gap=gaps,
    caps=st.lists(caps, max_size=2).map(tuple),
    domain_caps=st.lists(caps, max_size=1).map(tuple),
    company_gap=st.none() | gaps,
)
rule_sets = st.builds(lambda own, everyone: replace(FREE, own=own, all=everyone), limits, limits)
elapsed = st.builds(Gap, seconds=st.integers(0, 150).map(lambda n: n * 900))
elapsed_sets = st.builds(
    lambda gap, company, cap, domain: replace(
        FREE,
        own=Limits(gap=gap, domain_caps=(domain,)),
        all=Limits(company_gap=company, caps=(cap,)),
    ),
    elapsed,
    elapsed,
    caps,
    caps,
)
loads = st.builds(
    Load,
    contact=st.lists(st.builds(Counted, before), max_size=3),
    booked=st.lists(st.builds(Counted, slots, gaps | st.just(Gap())), max_size=4),
    company=st.lists(before, max_size=3),
    company_booked=st.lists(slots, max_size=4),
)


def apart(at: datetime, slot: datetime, several: Sequence[Gap]) -> bool:
    """Whether it is far enough behind the slot, or so far before it that the slot can stay."""
    kept = [gap for gap in several if gap]
    first, last = furthest(kept, slot + SLACK, CLOCK), furthest(kept, at + SLACK, CLOCK)
    return not kept or at >= first or last <= slot


def fits(at: datetime, cap: Cap, counted: Sequence[datetime]) -> bool:
    """Whether no span that has `at` in it has too many."""
    span, row = timedelta(seconds=cap.seconds), [*counted, at]
    spans = [first for first in row if first <= at < first + span]
    return all(sum(first <= t < first + span for t in row) <= cap.count for first in spans)


def broken(at: datetime, rules: Rules, load: Load) -> Iterator[str]:
    """What a send at that instant would break for those that are booked."""
    both = (rules.own, rules.all)
    late, company_late = (
        [c.at + SLACK for c in load.booked],
        [t + SLACK for t in load.company_booked],
    )
    sent = [c.at for c in load.contact]
    if not all(apart(at, c.at, (*(one.gap for one in both), c.gap)) for c in load.booked):
        yield "gap"
    company_gaps = [one.company_gap for one in both if one.company_gap is not None]
    if not all(apart(at, slot, company_gaps) for slot in load.company_booked):
        yield "company gap"
    if late and not all(fits(at, cap, [*sent, *late]) for one in both for cap in one.caps):
        yield "cap"
    everyone = [*sent, *load.company, *company_late]
    if company_late and not all(fits(at, c, everyone) for one in both for c in one.domain_caps):
        yield "domain cap"


@settings(max_examples=150, deadline=None)
@given(starts, rule_sets, loads)
def test_a_send_violates_neither_gap_nor_cap_of_what_is_booked(
    start: datetime, rules: Rules, load: Load
) -> None:
    moment = earliest(start, rules, load)
    assert moment.at >= start
    assert list(broken(moment.at, rules, load)) == []


@settings(max_examples=40, deadline=None)
@given(starts, elapsed_sets, loads)
def test_no_earlier_instant_would_have_done(start: datetime, rules: Rules, load: Load) -> None:
    load = replace(load, booked=[Counted(c.at) for c in load.booked])
    moment = earliest(start, rules, load)
    nobody = replace(load, booked=(), company_booked=())
    # A booked mail counts from its slack on, which is off the grid.
    for n in range(-(-(moment.at - start) // QUARTER)):
        for at in (start + n * QUARTER, start + n * QUARTER + SLACK):
            legal = at < moment.at and not any(broken(at, rules, load))
            assert not legal or earliest(at, rules, nobody).at > at


def test_a_place_on_a_weekend_before_a_slot_may_be_passed_over() -> None:
    """A business day from Saturday ends before one from Friday evening: the one odd case."""
    slot = datetime(2026, 3, 8, 23, 15, tzinfo=UTC)  # Monday 0:15 in Berlin
    rules = replace(FREE, own=Limits(gap=Gap(business_days=1)))
    friday = datetime(2026, 3, 5, 23, 15, tzinfo=UTC)
    saturday = datetime(2026, 3, 6, 23, tzinfo=UTC)
    load = Load(booked=[Counted(slot)])
    assert earliest(saturday, rules, load).at == saturday
    passed_over = earliest(friday, rules, load)
    assert list(broken(passed_over.at, rules, load)) == []
    assert passed_over.at > slot


@given(starts, rule_sets, loads)
def test_whether_a_mail_may_leave_now_doesnt_depend_on_what_is_only_booked(
    start: datetime, rules: Rules, load: Load
) -> None:
    nobody = replace(load, booked=(), company_booked=())
    assert earliest(start, rules, load.claimed) == earliest(start, rules, nobody)


DAILY = replace(FREE, all=Limits(gap=Gap(seconds=86_400)))


@pytest.mark.parametrize(
    ("slot", "at"),
    [
        (MONDAY + DAY + 3 * MINUTE, MONDAY),
        (MONDAY + DAY + SLACK, MONDAY),
        (MONDAY + DAY + MINUTE, MONDAY + 2 * DAY + MINUTE + SLACK),
        (MONDAY, MONDAY + DAY + SLACK),
        (MONDAY - DAY, MONDAY + SLACK),
    ],
)
def test_it_leaves_before_a_slot_that_can_stay_or_else_after_it(
    slot: datetime, at: datetime
) -> None:
    moment = earliest(MONDAY, DAILY, Load(booked=[Counted(slot)]))
    assert moment.at == at
    assert moment.shifts == (() if at == MONDAY else (Shift.BOOKED,))


def test_the_gap_of_the_booked_mails_own_sequence_is_kept_too() -> None:
    slot = Counted(MONDAY + HOUR, Gap(seconds=7200))
    assert earliest(MONDAY, FREE, Load(booked=[slot])).at == MONDAY + 3 * HOUR + SLACK


def test_a_cap_leaves_room_for_what_is_booked_later() -> None:
    capped = replace(FREE, own=Limits(caps=(Cap(count=2, seconds=86_400),)))
    load = Load(booked=[Counted(MONDAY + 6 * HOUR), Counted(MONDAY + 12 * HOUR)])
    assert earliest(MONDAY, capped, load).at == MONDAY + 6 * HOUR + SLACK + DAY
    one = replace(load, booked=load.booked[:1])
    assert earliest(MONDAY, capped, one).at == MONDAY


# A mailbox: a mail every ten minutes, and new starts that have booked its next hours.
GAP = 10 * MINUTE
CAP = Cap(count=1000, seconds=86_400)


def mailbox(*starts: datetime) -> Pace:
    return Pace(CAP, GAP, CLOCK.zone, MONDAY.date(), starts=starts)


def test_a_follow_up_keeps_clear_of_a_new_start_while_that_costs_minutes() -> None:
    load = Load(mailbox=mailbox(MONDAY))
    moment = booked(MONDAY, FREE, load)
    assert 1.1 * GAP <= moment.at - MONDAY <= 1.3 * GAP
    assert moment.shifts == (Shift.MAILBOX_GAP,)


def test_new_starts_give_way_where_it_would_cost_more() -> None:
    load = Load(mailbox=mailbox(*(MONDAY + n * GAP for n in range(20))))
    assert earliest(MONDAY, FREE, load).at > MONDAY + 3 * GAP
    assert booked(MONDAY, FREE, load).at == MONDAY


def test_a_new_start_gives_way_to_nobody_new() -> None:
    load = Load(mailbox=mailbox(*(MONDAY + n * GAP for n in range(20))), turn=Turn(starts=True))
    assert booked(MONDAY, FREE, load).at >= MONDAY + 20 * GAP


def test_minutes_that_cost_the_day_are_too_many() -> None:
    evening = Opening(Window(hours=(hours_between("09:00", "17:00"),)), CLOCK)
    last = datetime(2026, 3, 2, 15, 55, tzinfo=UTC)
    load = Load(mailbox=mailbox(last))
    rules = replace(FREE, openings=(evening,))
    assert earliest(last, rules, load).at == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert booked(last, rules, load).at == last


@pytest.mark.parametrize("ids", [(UUID(int=1), UUID(int=2)), (UUID(int=2), UUID(int=1))])
def test_of_two_with_one_rank_whoever_was_enrolled_first_goes_first(
    ids: tuple[UUID, UUID],
) -> None:
    """Not by their ids, which are drawn by chance: a preview would differ from what follows."""
    row = enrollment(id=ids[0], enrolled_at=MONDAY + MINUTE)
    slot = Slot(MONDAY, starts=False, rank=7)
    earlier = Booking(ids[1], MONDAY, starts=False, rank=7, since=MONDAY)
    later = replace(earlier, since=MONDAY + HOUR)
    assert scene(earlier).behind(row, slot) == []
    assert scene(later).behind(row, slot) == [later]


def scene(*bookings: Booking) -> Scene:
    return Scene(MONDAY, rules(), ("UTC",), "pat", bookings=bookings)
