"""On which days a plan's later mails are to be expected: roughly, to keep room for them."""

from collections.abc import Iterator

from tenuto.domain.plan import BranchStep, Edge, EmailStep, Plan

#: For each day of the week, Monday first: how many days after it each mail is to be expected.
Outlook = tuple[tuple[int, ...], ...]
_DAY, _WEEK = 86_400, 7
#: Where in a day a wait begins, so that hours add up to days on either side.
_NOON = 0.5
_BUSINESS = frozenset(range(5))


def outlook(plan: Plan, step: int, open_days: frozenset[int] | None) -> Outlook:
    """From the day on which index `step` is due to its mail, if it is one, and each later one.

    If nothing happens meanwhile. `open_days`: weekdays on which mail leaves, Monday 0; None:
    business days.
    """
    days = _BUSINESS if open_days is None else open_days
    return tuple(tuple(_mails(plan, step, weekday, days)) for weekday in range(_WEEK))


def _mails(plan: Plan, step: int, weekday: int, open_days: frozenset[int]) -> Iterator[int]:
    at = _NOON
    while True:
        match plan.steps[step]:
            case EmailStep(next=edge):
                while (weekday + int(at)) % _WEEK not in open_days:
                    at += 1
                yield int(at)
            case BranchStep(arms=arms, otherwise=edge):
                # Its arms may stay open so long.
                at += max((arm.within or 0 for arm in arms), default=0) / _DAY
            case _:
                return
        at = _after(edge, at, weekday)
        step = edge.to


def _after(edge: Edge, at: float, weekday: int) -> float:
    for _ in range(edge.business_days):
        at += 1
        while (weekday + int(at)) % _WEEK not in _BUSINESS:
            at += 1
    at += edge.wait / _DAY
    if edge.on is None:
        return at
    day = int(at)
    return day + (edge.on.day - weekday - day - 1) % _WEEK + 1 + _NOON
