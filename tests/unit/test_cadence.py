from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tenuto.domain.cadence import Cap, Load, Rules, Shift, earliest, rounded_up
from tenuto.domain.calendar import Hours, Window

QUARTER = timedelta(minutes=15)
MONDAY = datetime(2026, 10, 19, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Window(days=frozenset(range(5)), hours=(Hours(start=540, end=1020),))

# All on one grid of quarters of an hour, so that a walk over the grid finds the earliest.
starts = st.integers(0, 10 * 96).map(lambda n: MONDAY + n * QUARTER)
sends = st.lists(st.integers(-5 * 96, 8 * 96).map(lambda n: MONDAY + n * QUARTER), max_size=6)
caps = st.builds(Cap, count=st.integers(1, 3), seconds=st.integers(1, 300).map(lambda n: n * 900))
jitter_keys = st.text(max_size=20)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=4)))
    ranges = [Hours(start=a * 15, end=b * 15) for a, b in pairwise(edges)]
    return Window(days=days, hours=tuple(ranges[::2]))


def rules(window: Window, gap: int, limits: list[Cap]) -> Rules:
    return Rules(gap=gap * QUARTER, caps=tuple(limits), window=window, zone=BERLIN)


rule_sets = st.builds(rules, windows(), st.integers(0, 200), st.lists(caps, max_size=2))
loads = st.builds(Load, contact=sends, mailbox=sends, mailbox_cap=st.none() | caps)


def under(cap: Cap, at: datetime, counted: list[datetime]) -> bool:
    """Whether `at` has room: what left within the span before it counts, and what may yet."""
    span = timedelta(seconds=cap.seconds)
    return sum(t > at - span for t in counted) < cap.count


def legal(at: datetime, given_rules: Rules, load: Load) -> bool:
    return (
        all(at >= sent + given_rules.gap for sent in load.contact)
        and all(under(cap, at, [*load.contact]) for cap in given_rules.caps)
        and (load.mailbox_cap is None or under(load.mailbox_cap, at, [*load.mailbox]))
        and given_rules.window.contains(at, given_rules.zone)
    )


@settings(max_examples=200, deadline=None)
@given(starts, rule_sets, loads)
def test_the_result_breaks_no_rule(start: datetime, given_rules: Rules, load: Load) -> None:
    moment = earliest(start, given_rules, load)
    assert moment.at >= start
    assert legal(moment.at, given_rules, load)


@settings(max_examples=200, deadline=None)
@given(starts, rule_sets, loads)
def test_no_earlier_instant_is_legal(start: datetime, given_rules: Rules, load: Load) -> None:
    moment = earliest(start, given_rules, load)
    earlier = range(int((moment.at - start) / QUARTER))
    assert not any(legal(start + n * QUARTER, given_rules, load) for n in earlier)


@given(starts, rule_sets, loads)
def test_a_shift_has_a_reason_and_only_a_shift(
    start: datetime, given_rules: Rules, load: Load
) -> None:
    moment = earliest(start, given_rules, load)
    assert (moment.at == start) is (moment.reason is None)


@given(st.integers(0, 3600), jitter_keys)
def test_jitter_spreads_behind_the_opening_and_is_stable(jitter: int, key: str) -> None:
    spread = Rules(timedelta(), (), OFFICE, BERLIN, timedelta(seconds=jitter), key)
    moment = earliest(MONDAY, spread, Load())
    opening = datetime(2026, 10, 19, 7, 0, tzinfo=UTC)
    assert opening <= moment.at <= opening + timedelta(seconds=jitter)
    assert moment == earliest(MONDAY, spread, Load())
    assert moment.reason == "outside hours"


@given(jitter_keys)
def test_jitter_never_leaves_the_window(key: str) -> None:
    short = Window(hours=(Hours(start=540, end=550),))
    spread = Rules(timedelta(), (), short, BERLIN, timedelta(hours=5), key)
    assert short.contains(earliest(MONDAY, spread, Load()).at, BERLIN)


@given(jitter_keys, st.integers(0, 86_400), st.integers(0, 7_200))
def test_jitter_across_a_clock_change_stays_inside(key: str, offset: int, jitter: int) -> None:
    window = Window(hours=(Hours(start=150, end=210),))
    spread = Rules(timedelta(), (), window, BERLIN, timedelta(seconds=jitter), key)
    start = datetime(2026, 10, 24, 12, tzinfo=UTC) + timedelta(seconds=offset)
    assert window.contains(earliest(start, spread, Load()).at, BERLIN)


def test_different_sends_get_different_jitter() -> None:
    hour = timedelta(hours=1)
    instants = {
        earliest(MONDAY, Rules(timedelta(), (), OFFICE, BERLIN, hour, f"{n}:1:hello"), Load()).at
        for n in range(100)
    }
    assert len(instants) > 90


def test_inside_the_window_nothing_is_spread() -> None:
    noon = MONDAY + timedelta(hours=10)
    spread = Rules(timedelta(), (), OFFICE, BERLIN, timedelta(hours=1), "key")
    assert earliest(noon, spread, Load()).at == noon


def test_the_reason_is_the_rule_that_ends_last() -> None:
    friday = datetime(2026, 10, 23, 13, tzinfo=UTC)
    moment = earliest(friday, Rules(timedelta(hours=4), (), OFFICE, BERLIN), Load(contact=[friday]))
    assert moment.at == datetime(2026, 10, 26, 8, tzinfo=UTC)
    assert moment.shifts == (Shift.SPACING, Shift.WINDOW)
    assert moment.reason == "outside hours"


def test_a_rolling_cap_frees_a_place_when_the_oldest_leaves_it() -> None:
    sent = [MONDAY + timedelta(hours=n) for n in range(3)]
    capped = Rules(timedelta(), (Cap(count=3, seconds=86_400),), Window(), BERLIN)
    moment = earliest(MONDAY + timedelta(hours=4), capped, Load(contact=sent))
    assert moment.at == MONDAY + timedelta(days=1)
    assert moment.reason == "cap"


@given(st.integers(0, 10**9))
def test_an_instant_is_rounded_up_to_the_millisecond(microseconds: int) -> None:
    at = MONDAY + timedelta(microseconds=microseconds)
    rounded = rounded_up(at)
    assert timedelta() <= rounded - at < timedelta(milliseconds=1)
    assert rounded.microsecond % 1000 == 0
