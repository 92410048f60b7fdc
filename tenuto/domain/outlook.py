"""On which days a plan's later mails are to be expected: roughly, to keep room for them."""

from collections.abc import Iterator

from tenuto.domain.plan import BranchStep, Edge, EmailStep, Plan

#: For each day of the week, Monday first: how many days after it each mail is to be expected.
Outlook = tuple[tuple[int, ...], ...]
_DAY, _WEEK = 86_400, 7
#: Where in a day a wait begins, so that hours add up to days on either side.
_NOON = _DAY // 2
_BUSINESS = frozenset(range(5))


def outlook(
    plan: Plan, step: int, open_days: frozenset[int] | None, *, waits: bool = False
) -> Outlook:
    """From the day on which index `step` is due to its mail, if it is one, and each later one.

    If nothing happens meanwhile. `open_days`: weekdays on which mail leaves, Monday 0; None:
    business days. `waits`: it is a branch whose arms are open, due when they close.
    """
    days = _BUSINESS if open_days is None else open_days
    return tuple(tuple(_mails(plan, step, weekday, days, waits)) for weekday in range(_WEEK))


def _mails(
    plan: Plan,
    step: int,
    weekday: int,
    open_days: frozenset[int],
    waits: bool,  # noqa: FBT001 - as in `outlook`
) -> Iterator[int]:
    # In seconds since the midnight before.
    at = _NOON
    while True:
        match plan.steps[step]:
            case EmailStep(next=edge):
                while (weekday + at // _DAY) % _WEEK not in open_days:
                    at += _DAY
                yield at // _DAY
            case BranchStep(arms=arms, otherwise=edge):
                # Its arms may stay open so long.
                at += 0 if waits else max((arm.within or 0 for arm in arms), default=0)
            case _:
                return
        at, waits = _after(edge, at, weekday), False
        step = edge.to


def _after(edge: Edge, at: int, weekday: int) -> int:
    for _ in range(edge.business_days):
        at += _DAY
        while (weekday + at // _DAY) % _WEEK not in _BUSINESS:
            at += _DAY
    at += edge.wait
    if edge.on is None:
        return at
    day = at // _DAY
    return (day + (edge.on.day - weekday - day - 1) % _WEEK + 1) * _DAY + _NOON
