"""On which days a plan's later mails are to be expected: roughly, to keep room for them."""

from collections.abc import Iterator
from datetime import date, timedelta

from tenuto.domain.plan import BranchStep, Edge, EmailStep, Plan

_DAY = 86_400
_WEEK, _WORKING_DAYS = 7, 5
#: A "next tuesday" is between one day and seven away.
_TO_A_WEEKDAY = 4
_BUSINESS = frozenset(range(5))


def follow_up_days(plan: Plan, step: int) -> tuple[int, ...]:
    """Days from the mail at index `step` to each later one, if nothing happens meanwhile."""
    return tuple(round(days) for days in _walk(plan, step))


def expected_dates(
    plan: Plan, step: int, first: date, open_days: frozenset[int] | None
) -> Iterator[date]:
    """The date of the mail at (or after) index `step`, due on `first`, and of each later one.

    `open_days`: weekdays on which mail leaves, Monday 0; None: business days.
    """
    days = _BUSINESS if open_days is None else open_days
    if isinstance(plan.steps[step], EmailStep):
        yield _open_from(first, days)
    for after in follow_up_days(plan, step):
        yield _open_from(first + timedelta(days=after), days)


def _walk(plan: Plan, step: int) -> Iterator[float]:
    days = 0.0
    while edge := _way_on(plan, step):
        days += _length(edge)
        step = edge.to
        match plan.steps[step]:
            case EmailStep():
                yield days
            case BranchStep(arms=arms):
                # Its arms may stay open so long.
                days += max((arm.within or 0 for arm in arms), default=0) / _DAY
            case _:
                return


def _way_on(plan: Plan, step: int) -> Edge | None:
    match plan.steps[step]:
        case EmailStep(next=edge) | BranchStep(otherwise=edge):
            return edge
        case _:
            return None


def _length(edge: Edge) -> float:
    weekday = _TO_A_WEEKDAY if edge.on is not None else 0
    return edge.wait / _DAY + edge.business_days * _WEEK / _WORKING_DAYS + weekday


def _open_from(day: date, days: frozenset[int]) -> date:
    ahead = (n for n in range(_WEEK) if (day.weekday() + n) % _WEEK in days)
    return day + timedelta(days=next(ahead))
