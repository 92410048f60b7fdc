"""What holds for a whole sequence: entry, sender, cadence, goal, guard, opt-out."""

import re
from dataclasses import dataclass
from pathlib import Path

from starter import sequence_window
from starter.sequence_cadence import cadence
from starter.sequence_conditions import condition
from starter.sequence_fields import Fields, alternatives, items, plain, quoted, seconds
from starter.sequence_guard import guard
from starter.sequence_reactions import Reactions
from starter.sequence_yaml import Scalar, Section
from tenuto.domain.enrollment import Trigger
from tenuto.domain.sequence import Reentry, SequenceClass, SequenceRules

_TRIGGERS = tuple(trigger.value for trigger in Trigger)
_OPT_OUT_LINE = "Not interested? Reply “stop” and I won’t write again."

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ADDRESS_HINT = "write the address of one mailbox, such as from: anna@example.com"
_REENTER_HINT = "write never, after exit, or a time such as after 180d"
#: What a pool may be called.
POOL = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Sender:
    """One mailbox, or a pool of them."""

    mailbox: str = ""
    pool: str | None = None
    by_owner: bool = False


def rules(file: Fields, class_: SequenceClass, reactions: Reactions, folder: Path) -> SequenceRules:
    """Read every section but the steps; files that it names are looked for in `folder`."""
    entry = file.section("entry", "{triggers: [manual, import, api]}", ("exclusive",))
    triggers, reenter = _triggers(entry), _reenter(entry)
    entry.finish()
    calendar = sequence_window.calendar(file.section("calendar", sequence_window.HINT), folder)
    pace = cadence(file)
    sender = _sender(file)
    goal = file.node("goal")
    list_unsubscribe = _list_unsubscribe(file, class_)
    return SequenceRules(
        class_=class_,
        triggers=triggers,
        reenter=reenter,
        mailbox=sender.mailbox,
        pool=sender.pool,
        by_owner=sender.by_owner,
        zone=calendar.zone,
        default_zone=calendar.default_zone,
        window=calendar.window,
        jitter=calendar.jitter,
        holidays=calendar.holidays,
        closed=calendar.closed,
        gap=pace.limits.gap,
        caps=pace.limits.caps,
        domain_caps=pace.limits.domain_caps,
        company_gap=pace.limits.company_gap,
        priority=pace.priority,
        new_per_day=pace.new_per_day,
        stale_after=pace.stale_after,
        goal=None if goal is None else condition(goal, file.problems),
        stop_on_reply=reactions.stop_on_reply,
        reply_holds_company=reactions.reply_holds_company,
        away_limit=reactions.away_limit,
        soft_bounce_hold=reactions.soft_bounce_hold,
        soft_bounce_times=reactions.soft_bounce_times,
        guard=guard(file),
        list_unsubscribe=list_unsubscribe,
        opt_out_line=_opt_out_line(file, list_unsubscribe=list_unsubscribe),
    )


def _triggers(entry: Fields) -> tuple[Trigger, ...]:
    node = entry.node("triggers")
    if node is None:
        return tuple(Trigger)
    instead = f"write triggers: [{', '.join(_TRIGGERS)}]"
    found = {
        value.text
        for item in items(node, '"triggers"', instead, entry.problems)
        if (value := plain(item, "a trigger", instead, entry.problems)) and _known(value, entry)
    }
    return tuple(trigger for trigger in Trigger if trigger.value in found)


def _known(value: Scalar, entry: Fields) -> bool:
    if value.text in _TRIGGERS:
        return True
    what = f"there is no trigger {quoted(value.text)}"
    entry.note(value.at, what, alternatives(_TRIGGERS, value.text))
    return False


def _reenter(entry: Fields) -> Reentry:
    value = entry.text("reenter", _REENTER_HINT)
    if value is None or value.text == "never":
        return Reentry()
    if value.text == "after exit":
        return Reentry(mode="after exit")
    if value.text.startswith("after "):
        later = Scalar(value.text.removeprefix("after "), value.at)
        return Reentry(mode="after", seconds=seconds(later, '"reenter"', entry.problems) or 0)
    entry.note(value.at, f'"reenter" can\'t be {quoted(value.text)}', _REENTER_HINT)
    return Reentry()


def _sender(file: Fields) -> Sender:
    if isinstance(file.node("from"), Section):
        return _pool(file.section("from", "{pool: sales, by: owner}"))
    value = file.text("from", _ADDRESS_HINT, required=True)
    if value is None:
        return Sender()
    if not _ADDRESS.fullmatch(value.text):
        file.note(value.at, f"{quoted(value.text)} is no mail address", _ADDRESS_HINT)
    return Sender(value.text.lower())


def _pool(fields: Fields) -> Sender:
    name = fields.text("pool", "write the name of a pool, such as pool: sales", required=True)
    by = fields.choice("by", ("owner", "room"), "room")
    # Whoever wrote to somebody goes on doing so: nothing else is offered.
    fields.choice("sticky", ("contact",), "contact")
    fields.finish()
    if name is not None and not POOL.fullmatch(name.text):
        instead = "write at most 40 lower-case letters, digits, - and _"
        fields.note(name.at, f"{quoted(name.text)} can't name a pool", instead)
    return Sender(pool=name.text if name else None, by_owner=by == "owner")


def _list_unsubscribe(file: Fields, class_: SequenceClass) -> bool:
    nurture = class_ == "nurture"
    wanted = file.truth("list_unsubscribe", default=nurture)
    if nurture and not wanted:
        # Gmail and Yahoo refuse bulk mail without it (RFC 8058).
        what = "nurture mail always carries List-Unsubscribe"
        file.note(file.place("list_unsubscribe"), what, "remove this line")
    return wanted


def _opt_out_line(file: Fields, *, list_unsubscribe: bool) -> str | None:
    line = file.text("opt_out_line", "write a sentence that says how to get no more mail")
    if line is not None:
        return " ".join(line.text.split())
    return None if list_unsubscribe else _OPT_OUT_LINE
