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


def choose(
    branch: BranchStep, facts: Facts, entered: datetime, now: datetime
) -> Chosen | Undecided:
    """Take the first arm that holds; wait while one still may; else the other way.

    The facts are looked at as they were on entry and at each event until the last deadline, so
    that a late wake-up decides as a prompt one would have.
    """
    limits = [entered + timedelta(seconds=arm.within or 0) for arm in branch.arms]
    deadline = max(limits, default=entered)
    events = {at for at in facts.events.values() if entered < at <= min(deadline, now)}
    for moment in (entered, *sorted(events)):
        seen = _until(facts, moment)
        for number, (arm, limit) in enumerate(zip(branch.arms, limits, strict=True), start=1):
            in_time = arm.within is None or moment <= limit
            if in_time and met(arm.when, seen):
                return Chosen(arm.next, f"branch {branch.id}: arm {number}")
    if deadline > now:
        return Undecided(deadline)
    return Chosen(branch.otherwise, f"branch {branch.id}: else")


def _until(facts: Facts, moment: datetime) -> Facts:
    seen = {name: at for name, at in facts.events.items() if at <= moment}
    return Facts(facts.attributes, seen)
