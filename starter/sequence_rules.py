"""What holds for a whole sequence: entry, sender, cadence, goal, opt-out."""

import re

from starter import sequence_window
from starter.sequence_conditions import condition
from starter.sequence_fields import Fields, alternatives, count, items, plain, quoted, seconds
from starter.sequence_reactions import Reactions
from starter.sequence_yaml import Node, Scalar, Section
from tenuto.domain.cadence import Cap
from tenuto.domain.enrollment import Trigger
from tenuto.domain.sequence import Reentry, SequenceClass, SequenceRules

_DAY = 86_400
_GAP = 2 * _DAY
_CAPS = (Cap(count=3, seconds=7 * _DAY),)
_TRIGGERS = tuple(trigger.value for trigger in Trigger)
_OPT_OUT_LINE = "Not interested? Reply “stop” and I won’t write again."

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ADDRESS_HINT = "write the address of one mailbox, such as from: anna@example.com"
_REENTER_HINT = "write never, after exit, or a time such as after 180d"
_CAP_HINT = "write max: {7d: 3} for at most three mails in seven days"


def rules(file: Fields, class_: SequenceClass, reactions: Reactions) -> SequenceRules:
    """Read every section but the steps."""
    entry = file.section("entry", "{triggers: [manual, import, api]}", ("exclusive",))
    triggers, reenter = _triggers(entry), _reenter(entry)
    entry.finish()
    calendar = sequence_window.calendar(
        file.section("calendar", sequence_window.HINT, ("holidays",))
    )
    cadence = file.section(
        "cadence", "{gap: 2d, max: {7d: 3}}", ("new_per_day", "per_domain", "priority")
    )
    gap = cadence.seconds("gap", "2d", least=0)
    caps, stale_after = _caps(cadence), cadence.seconds("stale_after", "10d")
    cadence.finish()
    goal = file.node("goal")
    list_unsubscribe = _list_unsubscribe(file, class_)
    return SequenceRules(
        class_=class_,
        triggers=triggers,
        reenter=reenter,
        mailbox=_mailbox(file),
        zone=calendar.zone,
        default_zone=calendar.default_zone,
        window=calendar.window,
        jitter=calendar.jitter,
        gap=_GAP if gap is None else gap,
        caps=caps,
        stale_after=stale_after,
        goal=None if goal is None else condition(goal, file.problems),
        stop_on_reply=reactions.stop_on_reply,
        away_limit=reactions.away_limit,
        soft_bounce_hold=reactions.soft_bounce_hold,
        soft_bounce_times=reactions.soft_bounce_times,
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


def _mailbox(file: Fields) -> str:
    node = file.node("from")
    if isinstance(node, Section):
        file.note(node.at, "pools come in a later release", _ADDRESS_HINT)
        return ""
    value = file.text("from", _ADDRESS_HINT, required=True)
    if value is None:
        return ""
    if not _ADDRESS.fullmatch(value.text):
        file.note(value.at, f"{quoted(value.text)} is no mail address", _ADDRESS_HINT)
    return value.text.lower()


def _caps(cadence: Fields) -> tuple[Cap, ...]:
    node = cadence.node("max")
    if node is None:
        return _CAPS
    if not isinstance(node, Section) or not node.entries:
        cadence.note(node.at, '"max" must say how many in which time', _CAP_HINT)
        return _CAPS
    caps: dict[int, Cap] = {}
    for written, value in node.entries.items():
        cap = _cap(Scalar(written, node.keys[written]), value, cadence)
        if cap is not None and cap.seconds in caps:
            cadence.note(node.keys[written], '"max" names this time twice', "remove one of the two")
        if cap is not None:
            caps[cap.seconds] = cap
    return tuple(caps[span] for span in sorted(caps))


def _cap(span: Scalar, value: Node, cadence: Fields) -> Cap | None:
    length = seconds(span, '"max"', cadence.problems)
    number = plain(value, "a number of mails", _CAP_HINT, cadence.problems)
    sends = 1 if number is None else count(number, "a number of mails", cadence.problems)
    return None if length is None else Cap(count=sends, seconds=length)


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
