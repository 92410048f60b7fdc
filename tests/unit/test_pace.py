"""What a mailbox allows: its rolling cap, its ramp, its gap, and its new starts in a day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.domain.cadence import Load, Rules, Shift, earliest
from tenuto.domain.calendar import Clock
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.pace import Pace, Turn, ramp
from tests.grid import DAY, QUARTER, shown

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FREE = Rules(Limits(), Limits(), (), Clock(UTC_ZONE))
START, FOLLOW_UP = Turn(starts=True), Turn()

instants = st.integers(0, 5 * 96).map(lambda n: MONDAY + n * QUARTER)
past = st.lists(st.integers(-2 * 96, 0).map(lambda n: MONDAY + n * QUARTER), max_size=6)
ahead = st.lists(st.integers(0, 5 * 96).map(lambda n: MONDAY + n * QUARTER), max_size=8)
counts = st.dictionaries(
    st.integers(0, 12).map(lambda n: MONDAY.date() + n * DAY), st.integers(0, 6), max_size=10
)
caps = st.builds(Cap, count=st.integers(1, 5), seconds=st.integers(1, 200).map(lambda n: n * 900))
turns = st.builds(
    Turn,
    starts=st.booleans(),
    new_per_day=st.none() | st.integers(1, 4),
    mails=st.tuples(*[st.lists(st.integers(1, 6), max_size=3).map(lambda n: (0, *n))] * 7),
)
paces = st.builds(
    Pace,
    cap=caps,
    gap=st.integers(0, 12).map(lambda n: n * QUARTER),
    zone=st.sampled_from([UTC_ZONE, BERLIN, ZoneInfo("America/Havana")]),
    today=st.just(MONDAY.date()),
    new_per_day=st.none() | st.integers(1, 5),
    sent=past.map(sorted),
    follow_ups=ahead.map(sorted),
    starts=ahead.map(sorted),
    started=st.integers(0, 4),
    started_of_sequence=st.integers(0, 3),
    starts_on=counts,
    of_sequence_on=counts,
    expected_on=counts,
)
ramping = st.builds(
    lambda pace, days: replace(pace, cap=Cap(count=8, seconds=86_400), sending_days=days),
    paces,
    st.integers(0, 4),
)


def seen_by(turn: Turn, pace: Pace) -> list[datetime]:
    """What counts towards the cap."""
    return sorted([*pace.sent, *pace.follow_ups, *(pace.starts if turn.starts else ())])


def cap_on(day: date, pace: Pace) -> int:
    if pace.sending_days is None:
        return pace.cap.count
    busy = {d for d, count in pace.expected_on.items() if count}
    busy |= {shown(at, pace.zone).date() for at in (*pace.follow_ups, *pace.sent[-1:])}
    behind = pace.sending_days + sum(pace.today <= d < day for d in busy)
    return min(pace.cap.count, 5 + behind if behind < 15 else 20 + 2 * (behind - 15))


def keeps_the_cap(at: datetime, pace: Pace, taken: Sequence[datetime]) -> bool:
    """For the send itself, and for each later one that has it in its span."""
    span = timedelta(seconds=pace.cap.seconds)

    def within(end: datetime) -> int:
        return sum(end - span < t <= end for t in taken)

    later = [t for t in taken if at < t < at + span]
    return within(at) < cap_on(shown(at, pace.zone).date(), pace) and all(
        within(t) + 1 <= cap_on(shown(t, pace.zone).date(), pace) for t in later
    )


@settings(max_examples=300, deadline=None)
@given(instants, paces, turns)
def test_every_rolling_span_is_under_the_cap_as_early_as_can_be(
    at: datetime, pace: Pace, turn: Turn
) -> None:
    taken, found = seen_by(turn, pace), pace.under_cap(at, turn)
    assert keeps_the_cap(found, pace, taken)
    earlier = range(int((found - at) / QUARTER))
    assert not any(keeps_the_cap(at + n * QUARTER, pace, taken) for n in earlier)


@settings(max_examples=300, deadline=None)
@given(instants, ramping, turns)
def test_a_mailbox_that_ramps_keeps_the_cap_of_each_day(
    at: datetime, pace: Pace, turn: Turn
) -> None:
    assert keeps_the_cap(pace.under_cap(at, turn), pace, seen_by(turn, pace))


def test_a_day_that_allows_more_begins_with_more() -> None:
    sent = [MONDAY + 14 * HOUR + n * MINUTE for n in range(5)]
    pace = Pace(Cap(count=50, seconds=86_400), 0 * MINUTE, UTC_ZONE, MONDAY.date(), 0, sent=sent)
    assert pace.under_cap(MONDAY + 20 * HOUR, FOLLOW_UP) == MONDAY + DAY


@pytest.mark.parametrize(
    ("behind", "most"),
    [(0, 5), (1, 6), (2, 7), (14, 19), (15, 20), (16, 22), (17, 24), (30, 50)],
)
def test_the_ramp_climbs_by_one_to_twenty_and_then_by_two(behind: int, most: int) -> None:
    assert ramp(behind) == most


@given(st.integers(0, 400), st.integers(1, 60))
def test_the_ramp_ends_at_the_cap(behind: int, count: int) -> None:
    cap = Cap(count=count, seconds=86_400)
    pace = Pace(cap, 0 * MINUTE, UTC_ZONE, MONDAY.date(), behind)
    sent = [MONDAY + n * MINUTE for n in range(min(count, ramp(behind)))]
    full = replace(pace, sent=sent)
    assert full.under_cap(MONDAY + HOUR, FOLLOW_UP) == MONDAY + DAY
    room = replace(pace, sent=sent[1:])
    assert room.under_cap(MONDAY + HOUR, FOLLOW_UP) == MONDAY + HOUR


def test_a_day_without_mail_is_no_sending_day_of_the_ramp() -> None:
    thursday = MONDAY + 3 * DAY
    slots = [thursday + n * MINUTE for n in range(6)]
    idle = Pace(Cap(count=50, seconds=86_400), 0 * MINUTE, UTC_ZONE, MONDAY.date(), 0)
    busy = replace(idle, follow_ups=slots, expected_on={MONDAY.date(): 1})
    # A full day, and the next one allows one more.
    assert (
        replace(idle, follow_ups=slots[1:]).under_cap(thursday + HOUR, FOLLOW_UP) == thursday + DAY
    )
    assert busy.under_cap(thursday + HOUR, FOLLOW_UP) == thursday + DAY
    assert (
        replace(busy, follow_ups=slots[1:]).under_cap(thursday + HOUR, FOLLOW_UP) < thursday + DAY
    )


def clear(at: datetime, pace: Pace, turn: Turn, gap: timedelta) -> bool:
    """The gap from the last mail and from every slot; among new starts twice as much."""
    wide = 2 * gap if turn.starts else gap
    others = [*pace.sent[-1:], *pace.follow_ups]
    return all(abs(at - t) >= gap for t in others) and all(abs(at - t) >= wide for t in pace.starts)


@settings(max_examples=300, deadline=None)
@given(instants, paces, turns, st.floats(0, 0.999))
def test_a_mail_keeps_the_gap_from_others_as_early_as_can_be(
    at: datetime, pace: Pace, turn: Turn, fraction: float
) -> None:
    exact = replace(pace, booking=False)
    found = exact.spacing(turn, fraction)(at)
    assert clear(found, pace, turn, pace.gap)
    earlier = range(int((found - at) / QUARTER))
    assert not any(clear(at + n * QUARTER, pace, turn, pace.gap) for n in earlier)


@settings(max_examples=300, deadline=None)
@given(instants, paces, turns, st.floats(0, 0.999))
def test_a_booked_slot_keeps_a_tenth_to_a_third_more(
    at: datetime, pace: Pace, turn: Turn, fraction: float
) -> None:
    found = pace.spacing(turn, fraction)(at)
    assert found >= at
    wide = pace.gap * (1 + 0.1 + 0.2 * fraction)
    assert clear(found, pace, turn, wide)
    assert not pace.gap or 1.1 * pace.gap <= wide < 1.3 * pace.gap
    earlier = range(int((found - at) / QUARTER))
    assert not any(clear(at + n * QUARTER, pace, turn, wide) for n in earlier)


def has_room(day: date, pace: Pace, turn: Turn) -> bool:
    """Whether one more may start that day: new starts, and room for its own follow-ups."""
    today = day == pace.today
    all_new = pace.starts_on.get(day, 0) + (pace.started if today else 0)
    of_mine = pace.of_sequence_on.get(day, 0) + (pace.started_of_sequence if today else 0)
    days = [day + n * DAY for n in turn.mails[day.weekday()]]
    spans = max(1, 86_400 // pace.cap.seconds)
    return (
        (pace.new_per_day is None or all_new < pace.new_per_day)
        and (turn.new_per_day is None or of_mine < turn.new_per_day)
        and all(pace.expected_on.get(d, 0) < cap_on(d, pace) * spans for d in days)
    )


@settings(max_examples=400, deadline=None)
@given(instants, paces | ramping, turns)
def test_a_start_takes_the_first_day_with_room_for_all_its_mails(
    at: datetime, pace: Pace, turn: Turn
) -> None:
    day = today = shown(at, pace.zone).date()
    while not has_room(day, pace, turn):
        day += DAY
    found = pace.start_day(at, turn)
    if day == today:
        assert found == at
    else:
        just_before = shown(found - timedelta(microseconds=1), pace.zone)
        assert just_before.date() < day == shown(found, pace.zone).date()


def paced(pace: Pace, turn: Turn) -> Load:
    return Load(mailbox=pace, turn=turn)


@given(instants, paces)
def test_a_follow_up_sees_of_new_starts_only_that_it_keeps_a_gap_from_them(
    at: datetime, pace: Pace
) -> None:
    without = replace(
        pace, starts=(), started=0, started_of_sequence=0, starts_on={}, of_sequence_on={}
    )
    assert pace.under_cap(at, FOLLOW_UP) == without.under_cap(at, FOLLOW_UP)
    no_gap = replace(pace, gap=0 * MINUTE)
    ours, theirs = paced(no_gap, FOLLOW_UP), paced(replace(without, gap=0 * MINUTE), FOLLOW_UP)
    assert earliest(at, FREE, ours) == earliest(at, FREE, theirs)


@given(instants, paces | ramping, turns)
def test_whether_a_mail_may_leave_now_doesnt_depend_on_booked_starts(
    at: datetime, pace: Pace, turn: Turn
) -> None:
    nobody = replace(
        pace, starts=(), starts_on={}, of_sequence_on={}, expected_on={}, booking=False
    )
    if not turn.starts:
        nobody = replace(nobody, follow_ups=())
    claimed = paced(pace, turn).claimed
    assert earliest(at, FREE, claimed) == earliest(at, FREE, paced(nobody, turn))
    assert (claimed.booked, claimed.company_booked) == ((), ())


def test_a_start_gives_way_to_a_booked_follow_up_and_not_the_other_way() -> None:
    slots = [MONDAY + 5 * MINUTE]
    pace = Pace(Cap(count=9, seconds=86_400), 10 * MINUTE, UTC_ZONE, MONDAY.date())
    behind = earliest(MONDAY, FREE, paced(replace(pace, follow_ups=slots), START).claimed)
    assert (behind.at, behind.shifts) == (MONDAY + 15 * MINUTE, (Shift.MAILBOX_GAP,))
    ahead = earliest(MONDAY, FREE, paced(replace(pace, starts=slots), FOLLOW_UP).claimed)
    assert ahead.at == MONDAY


def test_new_starts_of_today_count_with_those_that_are_booked() -> None:
    pace = Pace(Cap(count=9, seconds=86_400), 0 * MINUTE, UTC_ZONE, MONDAY.date(), new_per_day=3)
    full = replace(pace, started=2, starts_on={MONDAY.date(): 1, (MONDAY + DAY).date(): 3})
    moment = earliest(MONDAY, FREE, paced(full, START))
    assert (moment.at, moment.shifts) == (MONDAY + 2 * DAY, (Shift.NEW_STARTS,))
    # Those that are only booked keep nobody from leaving today.
    assert earliest(MONDAY, FREE, paced(full, START).claimed).at == MONDAY


def test_a_sequence_may_start_fewer_in_a_day_than_its_mailbox() -> None:
    pace = Pace(Cap(count=9, seconds=86_400), 0 * MINUTE, UTC_ZONE, MONDAY.date(), new_per_day=5)
    two = replace(pace, started=2, started_of_sequence=2)
    turn = Turn(starts=True, new_per_day=2)
    assert earliest(MONDAY, FREE, paced(two, turn)).at == MONDAY + DAY
    assert earliest(MONDAY, FREE, paced(replace(two, started_of_sequence=1), turn)).at == MONDAY


def test_a_start_waits_for_a_day_whose_follow_ups_will_find_room() -> None:
    full = {(MONDAY + 3 * DAY).date(): 9}
    pace = Pace(Cap(count=9, seconds=86_400), 0 * MINUTE, UTC_ZONE, MONDAY.date(), expected_on=full)
    turn = Turn(starts=True, mails=((0, 3),) * 7)
    assert earliest(MONDAY, FREE, paced(pace, turn)).at == MONDAY + DAY
