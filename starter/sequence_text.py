"""A sequence version in words: one line for each thing that can differ between two."""

from collections.abc import Iterator

from tenuto.domain.calendar import Hours, Window
from tenuto.domain.condition import (
    AllOf,
    AnyOf,
    AttributeExists,
    AttributeIs,
    Condition,
    EventHappened,
    Not,
)
from tenuto.domain.delay import Gap
from tenuto.domain.duration import describe
from tenuto.domain.guard import Guard, Threshold
from tenuto.domain.limits import Cap
from tenuto.domain.plan import BranchStep, Edge, EmailStep, ExitStep, Plan, Step
from tenuto.domain.sequence import Bundle, Message, Reentry, SequenceRules
from tenuto.domain.waiting import Wait, describe_gap, describe_wait

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def rule_lines(rules: SequenceRules) -> list[str]:
    """The rules, in the words of a sequence file."""
    days = rules.window.days
    return [
        f"class: {rules.class_}",
        f"triggers: {', '.join(rules.triggers)}",
        f"reenter: {_reentry(rules.reenter)}",
        f"from: {rules.mailbox or f'pool {rules.pool}'}{', owner first' if rules.by_owner else ''}",
        f"zone: {rules.zone}",
        f"default_zone: {rules.default_zone}",
        f"days: {'business' if days is None else ' '.join(_DAYS[day] for day in sorted(days))}",
        f"hours: {_hours(rules.window)}",
        f"jitter: {describe(rules.jitter)}",
        f"holidays: {rules.holidays}",
        f"closed: {', '.join(map(str, rules.closed)) or 'never'}",
        f"gap: {describe_gap(rules.gap)}",
        f"max: {_caps(rules.caps)}",
        f"per_domain: {_caps(rules.domain_caps)}",
        f"per_company: {describe_gap(rules.company_gap or Gap())}",
        f"priority: {rules.priority}",
        f"new_per_day: {rules.new_per_day or 'as the mailbox'}",
        f"stale_after: {'never' if rules.stale_after is None else describe(rules.stale_after)}",
        f"goal: {'none' if rules.goal is None else in_words(rules.goal)}",
        f"reply stops: {rules.stop_on_reply}",
        *(["reply holds: company"] if rules.reply_holds_company else []),
        f"out_of_office longer_than: {describe(rules.away_limit)}",
        (
            f"soft_bounce: hold {describe_gap(rules.soft_bounce_hold)}, "
            f"times {rules.soft_bounce_times}"
        ),
        f"guard: {'as usual' if rules.guard is None else _guard(rules.guard)}",
        f"list_unsubscribe: {str(rules.list_unsubscribe).lower()}",
        f"opt_out_line: {rules.opt_out_line or 'none'}",
    ]


def step_lines(bundle: Bundle) -> list[str]:
    """The steps and the ways between them."""
    plan = bundle.plan
    lines = [f"start {_way(plan, plan.start)}", f"unknown sends: {plan.on_unknown}"]
    for step in plan.steps:
        lines += _step(bundle, step)
    return lines


def _step(bundle: Bundle, step: Step) -> Iterator[str]:
    plan = bundle.plan
    match step:
        case EmailStep(id=id_, next=edge, at=minute):
            at = "" if minute is None else f", at {_clock(minute)}"
            yield f"{id_}: {_message(bundle.messages[id_])}{at}"
            yield f"  {_way(plan, edge)}"
        case BranchStep(id=id_, arms=arms, otherwise=edge):
            yield f"{id_}: branch"
            for arm in arms:
                within = "" if arm.within is None else f" within {describe(arm.within)}"
                yield f"  if {in_words(arm.when)}{within} {_way(plan, arm.next)}"
            yield f"  else {_way(plan, edge)}"
        case ExitStep(id=id_, status=status):
            yield f"{id_}: exit {status}"


def _message(message: Message) -> str:
    thread = f", thread {message.thread}" if message.thread else ""
    return f"email {message.template} ({message.format}{thread})"


def _way(plan: Plan, edge: Edge) -> str:
    wait = Wait(edge.business_days, edge.wait, edge.on)
    after = f"after {describe_wait(wait)} " if wait else ""
    return f"{after}→ {plan.steps[edge.to].id}"


def _caps(caps: tuple[Cap, ...]) -> str:
    return ", ".join(f"{describe(cap.seconds)}: {cap.count}" for cap in caps)


def _guard(guard: Guard) -> str:
    return f"bounces {_rate(guard.bounces)}, complaints {_rate(guard.complaints)}"


def _rate(threshold: Threshold) -> str:
    return f"{threshold.ppm / 10_000:.10g}% of {threshold.sends}"


def _reentry(reenter: Reentry) -> str:
    return f"after {describe(reenter.seconds)}" if reenter.mode == "after" else reenter.mode


def _hours(window: Window) -> str:
    if window.hours == (Hours(start=0, end=24 * 60),):
        return "always"
    return ", ".join(f"{_clock(hours.start)}-{_clock(hours.end)}" for hours in window.hours)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def in_words(condition: Condition) -> str:
    """A condition as one phrase: `any of (event meeting_booked; plan is pro)`."""
    match condition:
        case AttributeIs(name=name, values=values):
            return f"{name} is {' or '.join(values)}"
        case AttributeExists(name=name):
            return f"{name} exists"
        case EventHappened(name=name):
            return f"event {name}"
        case AnyOf(parts=parts):
            return f"any of ({'; '.join(map(in_words, parts))})"
        case AllOf(parts=parts):
            return f"all of ({'; '.join(map(in_words, parts))})"
        case Not(part=part):
            return f"not ({in_words(part)})"
