from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from tenuto.domain.branch import Chosen, Undecided, choose
from tenuto.domain.condition import (
    AllOf,
    AnyOf,
    AttributeExists,
    AttributeIs,
    Condition,
    EventHappened,
    Facts,
    Not,
    met,
)
from tenuto.domain.plan import Arm, BranchStep, Edge

ENTERED = datetime(2026, 10, 19, 9, tzinfo=UTC)
CLICKED, BOOKED = EventHappened(name="clicked"), EventHappened(name="booked")
ELSE = Edge(to=9)


def after(seconds: int) -> datetime:
    return ENTERED + timedelta(seconds=seconds)


def branch(*arms: tuple[Condition, int | None]) -> BranchStep:
    ways = [Arm(when=when, within=within, next=Edge(to=n)) for n, (when, within) in enumerate(arms)]
    return BranchStep(id="interest", arms=tuple(ways), otherwise=ELSE)


def events(**seconds: int) -> Facts:
    return Facts(events={name: after(at) for name, at in seconds.items()})


def test_the_first_arm_that_holds_is_taken() -> None:
    both = branch((CLICKED, None), (BOOKED, None))
    chosen = choose(both, events(clicked=-5, booked=-9), ENTERED, ENTERED)
    assert chosen == Chosen(Edge(to=0), "branch interest: arm 1")


def test_without_within_it_decides_at_once() -> None:
    chosen = choose(branch((CLICKED, None)), Facts(), ENTERED, ENTERED)
    assert chosen == Chosen(ELSE, "branch interest: else")


def test_it_waits_while_an_arm_may_still_come_true() -> None:
    undecided = choose(branch((CLICKED, 10), (BOOKED, 40)), Facts(), ENTERED, after(20))
    assert undecided == Undecided(after(40))


def test_an_event_at_the_deadline_still_counts() -> None:
    chosen = choose(branch((CLICKED, 10)), events(clicked=10), ENTERED, after(10))
    assert isinstance(chosen, Chosen)
    assert chosen.edge == Edge(to=0)


def test_an_event_after_the_deadline_comes_too_late() -> None:
    chosen = choose(branch((CLICKED, 10)), events(clicked=11), ENTERED, after(60))
    assert isinstance(chosen, Chosen)
    assert chosen.edge == ELSE


def test_a_late_event_can_hold_no_arm_without_within() -> None:
    """Such an arm may come true while others are waited for, but not when all is over."""
    chosen = choose(branch((CLICKED, 10), (BOOKED, None)), events(booked=11), ENTERED, after(60))
    assert isinstance(chosen, Chosen)
    assert chosen.edge == ELSE


conditions = st.recursive(
    st.sampled_from([CLICKED, BOOKED, AttributeIs(name="plan", values=("pro",))]),
    lambda parts: st.one_of(
        st.builds(Not, part=parts),
        st.builds(AnyOf, parts=st.lists(parts, min_size=1, max_size=3).map(tuple)),
        st.builds(AllOf, parts=st.lists(parts, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
arms = st.lists(st.tuples(conditions, st.none() | st.integers(1, 60)), min_size=1, max_size=3)
facts = st.builds(
    Facts,
    attributes=st.sampled_from([{}, {"plan": "pro"}]),
    events=st.dictionaries(st.sampled_from(["clicked", "booked"]), st.integers(-30, 90).map(after)),
)


@given(arms, facts)
@example([(CLICKED, 60), (BOOKED, None)], events(booked=20, clicked=30))
def test_a_late_wake_up_decides_as_a_prompt_one(
    ways: list[tuple[Condition, int | None]], known: Facts
) -> None:
    """Asked at the entry, at each event and at the end, or once much later: the same way."""
    step = branch(*ways)
    prompt: Chosen | Undecided = Undecided(ENTERED)
    moments = {ENTERED, after(60), *(at for at in known.events.values() if at > ENTERED)}
    for now in sorted(moments):
        seen = {name: at for name, at in known.events.items() if at <= now}
        prompt = choose(step, Facts(known.attributes, seen), ENTERED, now)
        if isinstance(prompt, Chosen):
            break
    assert prompt == choose(step, known, ENTERED, after(1000))


@given(arms, facts, st.integers(0, 100))
def test_it_never_waits_beyond_its_last_deadline(
    ways: list[tuple[Condition, int | None]], known: Facts, seconds: int
) -> None:
    found = choose(branch(*ways), known, ENTERED, after(seconds))
    if isinstance(found, Undecided):
        limits = [within for _, within in ways if within is not None]
        assert after(seconds) < found.deadline == after(max(limits))


def test_attributes_are_compared_as_text_without_case() -> None:
    plan = AttributeIs(name="plan", values=("Pro", "team"))
    assert met(plan, Facts({"plan": "PRO"}))
    assert not met(plan, Facts({"plan": "free"}))
    assert not met(plan, Facts())


def test_an_empty_attribute_does_not_exist() -> None:
    phone = AttributeExists(name="phone")
    assert met(phone, Facts({"phone": "123"}))
    assert not met(phone, Facts({"phone": ""}))
    assert not met(phone, Facts())


@given(st.lists(conditions, min_size=1, max_size=4).map(tuple), facts)
def test_any_all_and_not_mean_what_they_say(parts: tuple[Condition, ...], known: Facts) -> None:
    held = [met(part, known) for part in parts]
    assert met(AnyOf(parts=parts), known) is any(held)
    assert met(AllOf(parts=parts), known) is all(held)
    assert met(Not(part=parts[0]), known) is not held[0]
