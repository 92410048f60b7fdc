"""The `when` of a sequence file: what happens on a reply, an absence, a soft bounce."""

from dataclasses import dataclass
from typing import Literal

from starter.sequence_cadence import gap
from starter.sequence_fields import Fields
from tenuto.domain.delay import Gap
from tenuto.domain.sequence import SequenceClass

_DAY = 86_400
_AWAY_LIMIT = 45 * _DAY
#: A mailbox is tidied up, or a server mended, on working days.
_SOFT_BOUNCE_HOLD = Gap(business_days=3)
_SOFT_BOUNCE_TIMES = 2


@dataclass(frozen=True)
class Reactions:
    """Lengths of time are seconds, where they aren't gaps."""

    stop_on_reply: Literal["person", "enrollment"]
    reply_holds_company: bool
    away_limit: int
    soft_bounce_hold: Gap
    soft_bounce_times: int
    on_unknown: Literal["continue", "hold"]


def reactions(file: Fields, class_: SequenceClass) -> Reactions:
    """Read the section. A reply to outreach ends all of it; one to a newsletter ends that one."""
    when = file.section("when", "{reply: {stop: person}}")
    reply = when.section("reply", "{stop: person, hold: company}", ("task",))
    away = when.section("out_of_office", "{longer_than: 45d}", ("hold", "then"))
    bounce = when.section("soft_bounce", "{hold: 3 business days, times: 2}", ("then",))
    found = Reactions(
        stop_on_reply=reply.choice(
            "stop", ("person", "enrollment"), "person" if class_ == "outreach" else "enrollment"
        ),
        reply_holds_company=reply.choice("hold", ("company", "nobody"), "nobody") == "company",
        away_limit=away.seconds("longer_than", "45d") or _AWAY_LIMIT,
        soft_bounce_hold=gap(bounce, "hold") or _SOFT_BOUNCE_HOLD,
        soft_bounce_times=bounce.count("times", _SOFT_BOUNCE_TIMES),
        on_unknown=when.choice("unknown", ("continue", "hold"), "continue"),
    )
    for section in (when, reply, away, bounce):
        section.finish()
    return found
