"""The plan of a sequence version: what the workflow carries and interprets.

Publishing compiles a sequence file into it. It holds kinds, delays and conditions, never
content. A wait has no node of its own: it is the delay of the edge to the step after it, so
that each email costs one timer and one activity.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tenuto.domain.condition import Condition
from tenuto.domain.delay import Weekday


class Compact(BaseModel):
    """Frozen, and strict about unknown keys: a plan is written by us alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Edge(Compact):
    """The way to a step."""

    #: Index of the step in `Plan.steps`.
    to: int
    #: Before the step is due, from the moment the edge is taken: so many business days, then
    #: so many seconds, then the next day of that name.
    wait: int = 0
    business_days: int = 0
    on: Weekday | None = None


class EmailStep(Compact):
    """Sends one message."""

    kind: Literal["email"] = "email"
    id: str
    next: Edge
    #: Minutes since local midnight: when its wait is over, it waits for that time of day.
    at: int | None = None


class Arm(Compact):
    """One way out of a branch."""

    when: Condition
    #: Seconds from entering the branch in which `when` may still come true.
    within: int | None = None
    next: Edge


class BranchStep(Compact):
    """Chooses the next step by what is known of the contact."""

    kind: Literal["branch"] = "branch"
    id: str
    arms: tuple[Arm, ...]
    otherwise: Edge


class ExitStep(Compact):
    """Ends the enrollment."""

    kind: Literal["exit"] = "exit"
    id: str
    status: Literal["completed", "goal_met", "removed"] = "completed"


Step = Annotated[EmailStep | BranchStep | ExitStep, Field(discriminator="kind")]


class Plan(Compact):
    """Steps in file order, exits last; `start` leads to the first."""

    start: Edge
    steps: tuple[Step, ...]
    #: Whether the enrollment goes on while the fate of a mail is unknown.
    on_unknown: Literal["continue", "hold"] = "continue"

    def edges(self, index: int) -> tuple[Edge, ...]:
        """Every way out of the step at `index`; none for an exit."""
        match self.steps[index]:
            case EmailStep(next=edge):
                return (edge,)
            case BranchStep(arms=arms, otherwise=edge):
                return (*(arm.next for arm in arms), edge)
            case ExitStep():
                return ()
