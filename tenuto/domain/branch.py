"""Choosing the way out of a branch."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenuto.domain.condition import Facts, met
from tenuto.domain.plan import BranchStep, Edge


@dataclass(frozen=True)
class Chosen:
    """The branch is decided."""

    edge: Edge
    why: str


@dataclass(frozen=True)
class Undecided:
    """An arm may still come true, until `deadline`."""

    deadline: datetime


def choose(branch: BranchStep, facts: Facts, entered: datetime, now: datetime) -> Chosen | Undecided:
    """Take the first arm that holds; wait while one still may; else the other way.

    An arm with `within` looks only at events up to its own deadline, so that a late wake-up
    decides as a prompt one would have.
    """
    pending = [entered]
    for number, arm in enumerate(branch.arms, start=1):
        limit = None if arm.within is None else entered + timedelta(seconds=arm.within)
        if met(arm.when, _until(facts, limit)):
            return Chosen(arm.next, f"branch {branch.id}: arm {number}")
        if limit is not None:
            pending.append(limit)
    if (deadline := max(pending)) > now:
        return Undecided(deadline)
    return Chosen(branch.otherwise, f"branch {branch.id}: else")


def _until(facts: Facts, limit: datetime | None) -> Facts:
    if limit is None:
        return facts
    seen = {name: at for name, at in facts.events.items() if at <= limit}
    return Facts(facts.attributes, seen)
