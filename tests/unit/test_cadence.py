from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenuto.domain.cadence import Counted, Load, Moment, Rules, Shift, earliest, rounded_up
from tenuto.domain.calendar import Clock, Hours, NeverOpenError, Opening, Window
from tenuto.domain.delay import Gap
from tenuto.domain.limits import Cap, Limits
from tests.grid import DAY, QUARTER, hours_between, inside, openings, shown, works

MONDAY = datetime(2026, 10, 19, tzinfo=UTC)
BERLIN = Clock(ZoneInfo("Europe/Berlin"))
OFFICE = Window(days=frozenset(range(5)), hours=(Hours(start=540, end=1020),))
ALWAYS = Opening(Window(), BERLIN)
FREE = Rules(Limits(), Limits(), (ALWAYS,), BERLIN)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

# All on one grid of quarters of an hour, so that a walk over the grid finds the earliest.
starts = st.integers(0, 10 * 96).map(lambda n: MONDAY + n * QUARTER)
sends = st.integers(-5 * 96, 8 * 96).map(lambda n: MONDAY + n * QUARTER)
caps = st.builds(Cap, count=st.integers(1, 3), seconds=st.integers(1, 300).map(lambda n: n * 900))
gaps = st.builds(
    Gap, seconds=st.integers(0, 200).map(lambda n: n * 900), business_days=st.integers(0, 3)
)
limits = st.builds(
    Limits,
    gap=gaps | st.just(Gap()),
    caps=st.lists(caps, max_size=2).map(tuple),
    domain_caps=st.lists(caps, max_size=1).map(tuple),
    company_gap=st.none() | gaps,
)
loads = st.builds(
    Load,
    contact=st.lists(st.builds(Counted, sends, gaps | st.just(Gap())), max_size=4),
    company=st.lists(sends, max_size=4),
)


@st.composite
def rule_sets(draw: st.DrawFn) -> Rules:
    theirs = tuple(draw(st.lists(openings(MONDAY), min_size=1, max_size=2)))
    mailbox = draw(st.none() | openings(MONDAY))
    return Rules(draw(limits), draw(limits), theirs, theirs[0].clock, mailbox)


def far_enough(at: datetime, sent: datetime, gap: Gap, clock: Clock) -> bool:
    """Whether a gap from `sent` is over: the seconds have passed, and so many business days."""
    if at < sent + timedelta(seconds=gap.seconds):
        return False
    if gap.business_days == 0:
        return at >= sent
    before, now = shown(sent, clock.zone), shown(at, clock.zone)
    days = (now.date() - before.date()).days
    worked = sum(works(before.date() + n * DAY, clock.calendar) for n in range(1, days + 1))
    if worked == gap.business_days and works(now.date(), clock.calendar):
        return now.time() >= before.time()
    return worked >= gap.business_days


def under(cap: Cap, at: datetime, counted: Sequence[datetime]) -> bool:
    """Whether `at` has room: what left within the span before it counts, and what may yet."""
    span = timedelta(seconds=cap.seconds)
    return sum(t > at - span for t in counted) < cap.count


def broken(at: datetime, rules: Rules, load: Load) -> set[Shift]:
    """The rules that a send at that instant would break."""

    def near(sent: Sequence[Counted], *also: Gap) -> bool:
        return any(
            not far_enough(at, c.at, gap, rules.clock) for c in sent for gap in (*also, c.gap)
        )

    def full(several: Sequence[Cap], counted: Sequence[datetime]) -> bool:
        return not all(under(cap, at, counted) for cap in several)

    to_contact, company = [c.at for c in load.contact], [Counted(at) for at in load.company]
    own, everyone = rules.own, rules.all
    company_gaps = [g for g in (own.company_gap, everyone.company_gap) if g is not None]
    to_company = [*to_contact, *load.company]
    theirs = all(inside(opening, at) for opening in rules.openings)
    mailbox = rules.mailbox_opening is None or inside(rules.mailbox_opening, at)
    checks = {
        Shift.SPACING: near(load.contact, own.gap),
        Shift.ALL_SPACING: near(load.contact, everyone.gap),
        Shift.CAP: full(own.caps, to_contact),
        Shift.ALL_CAP: full(everyone.caps, to_contact),
        Shift.DOMAIN_CAP: full((*own.domain_caps, *everyone.domain_caps), to_company),
        Shift.COMPANY: bool(company_gaps) and near(company, *company_gaps),
        Shift.WINDOW: not theirs,
        Shift.MAILBOX_WINDOW: theirs and not mailbox,
    }
    return {shift for shift, found in checks.items() if found}


def found_or_never(start: datetime, rules: Rules, load: Load) -> Moment | None:
    try:
        return earliest(start, rules, load)
    except NeverOpenError:
        return None


@settings(max_examples=150, deadline=None)
@given(starts, rule_sets(), loads)
def test_no_rule_is_broken_and_no_earlier_instant_breaks_none(
    start: datetime, rules: Rules, load: Load
) -> None:
    moment = found_or_never(start, rules, load)
    if moment is None:
        # What was sent is out of the way by then; hours come again every week.
        later = (MONDAY + n * QUARTER for n in range(25 * 96, 32 * 96))
        assert all(broken(t, rules, load) for t in later)
        return
    assert moment.at >= start
    assert not broken(moment.at, rules, load)
    earlier = range(int((moment.at - start) / QUARTER))
    assert all(broken(start + n * QUARTER, rules, load) for n in earlier)


@settings(max_examples=300, deadline=None)
@given(starts, rule_sets(), loads)
def test_the_shifts_are_exactly_the_rules_that_moved_it(
    start: datetime, rules: Rules, load: Load
) -> None:
    moment = found_or_never(start, rules, load)
    assume(moment is not None)
    assert moment is not None
    at = start
    for why, to in moment.moves:
        assert why in broken(at, rules, load)
        assert to > at
        at = to
    assert at == moment.at
    names = [why for why, _ in moment.moves]
    last_first = dict.fromkeys(reversed(names))
    assert moment.shifts == tuple(reversed(last_first))
    assert moment.reason == (", then ".join(moment.shifts) or None)


@given(st.integers(0, 3600), st.text(max_size=20))
def test_jitter_spreads_behind_the_opening_and_is_stable(jitter: int, key: str) -> None:
    office = Opening(OFFICE, BERLIN)
    spread = replace(FREE, openings=(office,), jitter=timedelta(seconds=jitter), jitter_key=key)
    moment = earliest(MONDAY, spread, Load())
    opening = datetime(2026, 10, 19, 7, 0, tzinfo=UTC)
    assert opening <= moment.at <= opening + timedelta(seconds=jitter)
    assert moment == earliest(MONDAY, spread, Load())
    assert moment.reason == "outside hours"


@settings(max_examples=200, deadline=None)
@given(starts, rule_sets(), st.integers(0, 4 * 3600), st.text(max_size=20))
def test_jitter_is_bounded_and_leaves_neither_hours(
    start: datetime, rules: Rules, jitter: int, key: str
) -> None:
    free = replace(rules, own=Limits(), all=Limits())
    exact = found_or_never(start, free, Load())
    assume(exact is not None)
    assert exact is not None
    spread = replace(free, jitter=timedelta(seconds=jitter), jitter_key=key)
    moment = earliest(start, spread, Load())
    bound = timedelta(seconds=jitter) if exact.shifts else timedelta()
    assert exact.at <= moment.at <= exact.at + bound
    assert not broken(moment.at, free, Load())
    assert moment == earliest(start, spread, Load())


@given(st.text(max_size=20), st.integers(0, 86_400), st.integers(0, 7_200))
def test_jitter_across_a_clock_change_stays_inside(key: str, offset: int, jitter: int) -> None:
    night = Opening(Window(hours=(hours_between("02:30", "03:30"),)), BERLIN)
    spread = replace(FREE, openings=(night,), jitter=timedelta(seconds=jitter), jitter_key=key)
    start = datetime(2026, 10, 24, 12, tzinfo=UTC) + timedelta(seconds=offset)
    assert inside(night, earliest(start, spread, Load()).at)


def test_different_sends_get_different_jitter() -> None:
    office = replace(FREE, openings=(Opening(OFFICE, BERLIN),), jitter=HOUR)
    keyed = [replace(office, jitter_key=f"{n}:1:hello") for n in range(100)]
    assert len({earliest(MONDAY, rules, Load()).at for rules in keyed}) > 90


def test_inside_the_window_nothing_is_spread() -> None:
    noon = MONDAY + 10 * HOUR
    spread = replace(FREE, openings=(Opening(OFFICE, BERLIN),), jitter=HOUR, jitter_key="key")
    assert earliest(noon, spread, Load()).at == noon


def test_the_reason_names_each_rule_and_last_the_one_that_ends_last() -> None:
    friday = datetime(2026, 10, 23, 13, tzinfo=UTC)
    rules = replace(
        FREE, own=Limits(gap=Gap(seconds=4 * 3600)), openings=(Opening(OFFICE, BERLIN),)
    )
    moment = earliest(friday, rules, Load(contact=[Counted(friday)]))
    assert moment.at == datetime(2026, 10, 26, 8, tzinfo=UTC)
    assert moment.shifts == (Shift.SPACING, Shift.WINDOW)
    assert moment.reason == "spacing, then outside hours"


def test_a_rule_that_moves_it_twice_is_named_where_it_decided_last() -> None:
    theirs = Opening(Window(hours=(hours_between("09:00", "12:00"),)), BERLIN)
    ours = Opening(Window(hours=(hours_between("11:00", "17:00"),)), BERLIN)
    rules = replace(FREE, openings=(theirs,), mailbox_opening=ours)
    ten = MONDAY + 8 * HOUR
    alone = earliest(ten, rules, Load())
    assert (alone.at, alone.shifts) == (ten + HOUR, (Shift.MAILBOX_WINDOW,))
    slot = Load(booked=[Counted(MONDAY + 9 * HOUR)])
    gap = replace(rules, own=Limits(gap=Gap(seconds=4 * 3600)))
    moment = earliest(MONDAY, gap, slot)
    assert [why for why, _ in moment.moves] == [Shift.WINDOW, Shift.BOOKED, Shift.WINDOW]
    assert moment.shifts == (Shift.BOOKED, Shift.WINDOW)


def test_jitter_is_cut_short_where_the_hours_end() -> None:
    short = Opening(Window(hours=(hours_between("09:00", "09:10"),)), BERLIN)
    spread = replace(FREE, openings=(short,), jitter=5 * HOUR)
    keyed = [replace(spread, jitter_key=str(n)) for n in range(20)]
    assert all(inside(short, earliest(MONDAY, rules, Load()).at) for rules in keyed)


def test_a_rolling_cap_frees_a_place_when_the_oldest_leaves_it() -> None:
    sent = [Counted(MONDAY + n * HOUR) for n in range(3)]
    capped = replace(FREE, own=Limits(caps=(Cap(count=3, seconds=86_400),)))
    moment = earliest(MONDAY + 4 * HOUR, capped, Load(contact=sent))
    assert moment.at == MONDAY + DAY
    assert moment.reason == "cap"


@pytest.mark.parametrize(("own", "everyone"), [(2, 5), (5, 2)])
def test_of_the_sequences_and_the_installations_limits_the_stricter_holds(
    own: int, everyone: int
) -> None:
    both = replace(
        FREE, own=Limits(gap=Gap(seconds=own * 3600)), all=Limits(gap=Gap(seconds=everyone * 3600))
    )
    assert earliest(MONDAY, both, Load(contact=[Counted(MONDAY)])).at == MONDAY + 5 * HOUR


def test_the_gap_of_the_mail_that_was_sent_counts_as_well() -> None:
    sent = [Counted(MONDAY, Gap(seconds=7200)), Counted(MONDAY - DAY, Gap(business_days=3))]
    moment = earliest(MONDAY, FREE, Load(contact=sent))
    assert moment.at == datetime(2026, 10, 21, tzinfo=UTC)
    assert moment.shifts == (Shift.SPACING,)


def test_a_company_gap_asks_what_was_sent_to_others_alone() -> None:
    rules = replace(FREE, all=Limits(company_gap=Gap(seconds=3600)))
    assert earliest(MONDAY, rules, Load(contact=[Counted(MONDAY)])).at == MONDAY
    moment = earliest(MONDAY, rules, Load(company=[MONDAY]))
    assert (moment.at, moment.shifts) == (MONDAY + HOUR, (Shift.COMPANY,))


def test_a_domain_cap_counts_the_contacts_mails_with_the_others() -> None:
    rules = replace(FREE, own=Limits(domain_caps=(Cap(count=2, seconds=86_400),)))
    one = Load(company=[MONDAY - HOUR])
    assert earliest(MONDAY, rules, one).at == MONDAY
    moment = earliest(MONDAY, rules, replace(one, contact=[Counted(MONDAY - 2 * HOUR)]))
    assert (moment.at, moment.shifts) == (MONDAY + 22 * HOUR, (Shift.DOMAIN_CAP,))


@given(st.integers(0, 10**9))
def test_an_instant_is_rounded_up_to_the_millisecond(microseconds: int) -> None:
    at = MONDAY + timedelta(microseconds=microseconds)
    rounded = rounded_up(at)
    assert timedelta() <= rounded - at < timedelta(milliseconds=1)
    assert rounded.microsecond % 1000 == 0
