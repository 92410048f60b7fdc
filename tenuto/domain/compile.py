"""From the steps as written to the plan that the workflow carries."""

from functools import cached_property
from itertools import count
from typing import Literal

from tenuto.domain import plan
from tenuto.domain.draft import Choice, Draft, DraftStep, Email, End, Link, Pause
from tenuto.domain.waiting import Wait


def compiled(draft: Draft, on_unknown: Literal["continue", "hold"] = "continue") -> plan.Plan:
    """Fold the waits into the edges and put the exits last.

    Takes a draft in which `sequence_check.check` finds nothing wrong. Whoever comes to the end
    of the file without an exit completes; an exit is added for it.
    """
    layout = _Layout(draft)
    return plan.Plan(
        start=layout.edge(0),
        steps=tuple(layout.step(index) for index in layout.order),
        on_unknown=on_unknown,
    )


class _Layout:
    """Which step of the draft becomes which step of the plan."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    @cached_property
    def order(self) -> list[int]:
        steps, end = self.draft.steps, self.draft.end
        kept = [i for i, step in enumerate(steps) if not isinstance(step.does, Pause)]
        if any(end in self.draft.after(index) for index in range(end)):
            kept.append(end)
        # An exit leads nowhere, so it may move: the numbers of the others count what is done.
        return sorted(kept, key=lambda i: i == end or isinstance(steps[i].does, End))

    @cached_property
    def position(self) -> dict[int, int]:
        return {index: place for place, index in enumerate(self.order)}

    def edge(self, index: int) -> plan.Edge:
        """The way to the step at `index`, through the pauses that stand before it."""
        wait = Wait()
        while index < self.draft.end:
            wait = wait.then(self.draft.steps[index].wait)
            if not isinstance(self.draft.steps[index].does, Pause):
                break
            (index,) = self.draft.after(index)
        to = self.position[index]
        return plan.Edge(to=to, wait=wait.seconds, business_days=wait.business_days, on=wait.on)

    def step(self, index: int) -> plan.Step:
        if index == self.draft.end:
            return plan.ExitStep(id=self._free_id())
        step = self.draft.steps[index]
        match step.does:
            case Email(minute=minute):
                return plan.EmailStep(id=step.id, next=self._way_on(index), at=minute)
            case Choice() as choice:
                return self._branch(index, step, choice)
            case End(status=status):
                return plan.ExitStep(id=step.id, status=status)
            case Pause():
                raise AssertionError("a pause has no step of its own")

    def _branch(self, index: int, step: DraftStep, choice: Choice) -> plan.BranchStep:
        arms = tuple(
            plan.Arm(when=way.when, within=way.within, next=self._to(way.to)) for way in choice.ways
        )
        other = choice.otherwise
        otherwise = self._way_on(index) if other is None else self._to(other)
        return plan.BranchStep(id=step.id, arms=arms, otherwise=otherwise)

    def _way_on(self, index: int) -> plan.Edge:
        goto = self.draft.steps[index].goto
        return self.edge(index + 1) if goto is None else self._to(goto)

    def _to(self, link: Link) -> plan.Edge:
        return self.edge(self.draft.indices[link.id])

    def _free_id(self) -> str:
        names = ("end" if n == 1 else f"end-{n}" for n in count(1))
        return next(name for name in names if name not in self.draft.indices)
