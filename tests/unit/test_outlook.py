"""On which days later mails are expected: as they will fall, if nothing happens meanwhile."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tenuto.domain.calendar import Clock
from tenuto.domain.condition import EventHappened
from tenuto.domain.delay import Weekday, business_days_after, next_weekday
from tenuto.domain.outlook import outlook
from tenuto.domain.plan import Arm, BranchStep, Edge, EmailStep, ExitStep, Plan, Step
from tests.factories import plan

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
DAY = 86_400
CLOCK = Clock(ZoneInfo("UTC"))
WORKING = frozenset(range(5))
business = st.builds(lambda n: {"business_days": n}, st.integers(0, 8))
elapsed = st.builds(lambda n: {"wait": n * 3600}, st.integers(0, 240))
named = st.builds(lambda n: {"on": Weekday(day=n)}, st.integers(0, 6))


def mails(*edges: dict[str, object]) -> Plan:
    """A mail, and one more behind each edge."""
    ways = [Edge(to=n, **edge) for n, edge in enumerate(edges, start=1)]  # type: ignore[arg-type]
    after = [*ways, Edge(to=len(edges) + 1)]
    steps = [EmailStep(id=f"mail-{n}", next=edge) for n, edge in enumerate(after)]
    return plan(Edge(to=0), [*steps, ExitStep(id="end")])


@given(st.lists(business | elapsed | named, max_size=5), st.integers(0, 6))
def test_mails_are_expected_on_the_days_on_which_waits_end(
    edges: list[dict[str, object]], weekday: int
) -> None:
    at = start = NOON + timedelta(days=weekday)
    days = []
    for edge in [{}, *edges]:
        way = Edge(to=0, **edge)  # type: ignore[arg-type]
        at = business_days_after(at, way.business_days, CLOCK) + timedelta(seconds=way.wait)
        if way.on is not None:
            at = next_weekday(at, way.on, CLOCK) + timedelta(hours=12)
        while at.weekday() not in WORKING:
            at += timedelta(days=1)
        days.append((at.date() - start.date()).days)
    assert outlook(mails(*edges), 0, None)[weekday] == tuple(days)


def test_mails_three_business_days_apart_spread_over_the_week() -> None:
    found = outlook(mails({"business_days": 3}, {"business_days": 4}), 0, None)
    for n in range(3):
        assert len({(weekday + found[weekday][n]) % 7 for weekday in range(5)}) == 5


def test_a_branch_is_waited_for_until_its_arms_close_and_the_end_is_no_mail() -> None:
    arm = Arm(when=EventHappened(name="clicked"), within=4 * DAY, next=Edge(to=3))
    steps: list[Step] = [
        EmailStep(id="first", next=Edge(to=1, wait=DAY)),
        BranchStep(id="fork", arms=(arm,), otherwise=Edge(to=2, wait=DAY)),
        EmailStep(id="second", next=Edge(to=3, wait=9 * DAY)),
        ExitStep(id="end"),
    ]
    whole_week = frozenset(range(7))
    assert outlook(plan(Edge(to=0), steps), 0, whole_week) == ((0, 6),) * 7
    assert outlook(plan(Edge(to=0), steps), 1, whole_week) == ((5,),) * 7
    # Once it waits, it is due when its arms close.
    assert outlook(plan(Edge(to=0), steps), 1, whole_week, waits=True) == ((1,),) * 7
