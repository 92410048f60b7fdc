"""Whatever steps somebody writes: a plan comes to an end, or the draft is refused."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenuto.domain.compile import compiled
from tenuto.domain.condition import EventHappened
from tenuto.domain.draft import Choice, Draft, DraftStep, Email, End, Link, Pause, Way
from tenuto.domain.plan import BranchStep, ExitStep, Plan
from tenuto.domain.problem import Place
from tenuto.domain.sequence_check import check
from tenuto.domain.waiting import Wait

HERE = Place("s.yaml", 1, 1)
CLICKED = EventHappened(name="clicked")


@st.composite
def drafts(draw: st.DrawFn, *, forward: bool) -> Draft:
    size = draw(st.integers(1, 8))

    def link(index: int) -> Link:
        lowest = min(index + 1, size - 1) if forward else 0
        return Link(f"s{draw(st.integers(lowest, size - 1))}", HERE)

    def step(index: int) -> DraftStep:
        kinds: list[Email | Pause | Choice | End] = [
            Email("a.md", HERE),
            Email("a.md", HERE),
            Pause(),
            End(),
            Choice((Way(CLICKED, draw(st.none() | st.just(5)), link(index)),)),
            Choice((Way(CLICKED, 5, link(index)),), otherwise=link(index)),
        ]
        does = draw(st.sampled_from(kinds))
        wait = draw(st.integers(1, 9)) if isinstance(does, Pause) else draw(st.integers(0, 2))
        made = DraftStep(f"s{index}", HERE, does, Wait(seconds=wait))
        leads = made.falls_through and index < size - 1 and draw(st.booleans())
        return replace(made, goto=link(index)) if leads else made

    steps = [step(index) for index in range(size)]
    if isinstance(steps[-1].does, Pause) or draw(st.booleans()):
        steps.append(DraftStep("last", HERE, End()))
    return Draft(tuple(steps))


def tidied(draft: Draft) -> Draft:
    """Without the steps that no way leads to: few drafts would be in order otherwise."""
    found, todo = set[int](), [0]
    while todo:
        index = todo.pop()
        if index not in found and index < draft.end:
            found.add(index)
            todo += draft.after(index)
    return Draft(tuple(step for index, step in enumerate(draft.steps) if index in found))


def reached(plan: Plan) -> set[int]:
    found, todo = set[int](), [plan.start.to]
    while todo:
        index = todo.pop()
        if index not in found:
            found.add(index)
            todo += [edge.to for edge in plan.edges(index)]
    return found


def longest_way(plan: Plan, index: int, seen: frozenset[int] = frozenset()) -> int:
    """The number of steps to an exit; fails on a circle."""
    assert index not in seen
    ways = [longest_way(plan, edge.to, seen | {index}) for edge in plan.edges(index)]
    assert ways or isinstance(plan.steps[index], ExitStep)
    return 1 + max(ways, default=0)


@settings(max_examples=150, deadline=None)
@given(st.one_of(drafts(forward=True), drafts(forward=False)))
def test_a_plan_has_an_end_on_every_way_and_no_idle_step(draft: Draft) -> None:
    draft = tidied(draft)
    assume(not check(draft))
    plan = compiled(draft)
    assert longest_way(plan, plan.start.to) <= len(plan.steps)
    assert reached(plan) == set(range(len(plan.steps)))
    assert isinstance(plan.steps[-1], ExitStep)
    ids = [step.id for step in plan.steps]
    assert len(ids) == len(set(ids))


def walked(draft: Draft, index: int, turns: list[int]) -> list[tuple[str, int]]:
    """The steps as a reader goes through the file: (id, seconds since the one before)."""
    story, wait = list[tuple[str, int]](), 0
    while index < draft.end:
        step = draft.steps[index]
        wait += step.wait.seconds
        if not isinstance(step.does, Pause):
            story.append((step.id, wait))
            wait = 0
        if isinstance(step.does, End):
            return story
        ways = [draft.indices[link.id] for link in step.links]
        ways += [index + 1] if step.falls_through else []
        index = ways[turns.pop() % len(ways)] if len(ways) > 1 else ways[0]
    return [*story, ("end", wait)]


def carried(plan: Plan, turns: list[int]) -> list[tuple[str, int]]:
    """The same, as the workflow goes through the plan."""
    edge, story = plan.start, list[tuple[str, int]]()
    while True:
        step = plan.steps[edge.to]
        story.append((step.id, edge.wait))
        ways = plan.edges(edge.to)
        if not ways:
            return story
        edge = ways[turns.pop() % len(ways)] if isinstance(step, BranchStep) else ways[0]


@settings(max_examples=150, deadline=None)
@given(drafts(forward=True), st.lists(st.integers(0, 5), min_size=20, max_size=20))
def test_the_plan_tells_the_story_of_the_file(draft: Draft, turns: list[int]) -> None:
    draft = tidied(draft)
    assume(not check(draft))
    assert carried(compiled(draft), [*turns]) == walked(draft, 0, [*turns])


@settings(deadline=None)
@given(drafts(forward=False))
def test_every_problem_says_what_to_write(draft: Draft) -> None:
    assert all(problem.what and problem.instead for problem in check(draft))
