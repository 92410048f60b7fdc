"""Guardrails: when a sequence or a mailbox stops by itself, and a person must look.

Two rates are watched: mails that came back for good, and complaints. Gmail reports no complaint
to anybody, so that "remove me" in a reply and a server's block count as one too.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from tenuto.domain.notice import Bounced, Notice, Signal, Unsubscribed

#: The hold that a guardrail places; what it saw is in the hold's detail.
REASON = "guardrail"
#: Fewer bounces than this are chance, whatever the rate.
FEWEST_BOUNCES = 3
#: While too few mails have left for a rate: so many complaints pause.
FEW_COMPLAINTS = 2
#: A warning comes at so many percent of what pauses.
WARN_AT = 40

_MILLION = 1_000_000
_ALL = 100


class Feedback(StrEnum):
    """What a mail brought in against it; all but the first are complaints."""

    #: A hard bounce, or a recipient that was refused at once.
    BOUNCE = "bounce"
    #: A report by way of a feedback loop.
    COMPLAINT = "complaint"
    #: A reply that asks for no more mail. A click on the link that we offer is no complaint.
    REMOVAL = "removal"
    #: A server refused our mail, not the address.
    BLOCK = "block"


class Level(StrEnum):
    """How bad it is, the worst last."""

    OK = "ok"
    WARN = "warn"
    PAUSE = "pause"


class Threshold(BaseModel):
    """A rate, and how many mails it takes to speak of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: In a million mails.
    ppm: int = Field(ge=1, le=_MILLION)
    #: From so many mails on.
    sends: int = Field(ge=1)

    def level(self, events: int, sends: int) -> Level:
        """By the rate alone; it is reached by the mail that makes it exact."""
        if events * _MILLION >= self.ppm * sends:
            return Level.PAUSE
        return Level.WARN if events * _MILLION * _ALL >= self.ppm * WARN_AT * sends else Level.OK


class Guard(BaseModel):
    """What pauses a scope."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bounces: Threshold = Threshold(ppm=50_000, sends=100)
    complaints: Threshold = Threshold(ppm=1_000, sends=1_000)


@dataclass(frozen=True)
class Counts:
    """What happened in a scope since some instant; a mail counts once in each."""

    #: Mails that left, or whose recipient was refused.
    sends: int = 0
    bounces: int = 0
    complaints: int = 0


@dataclass(frozen=True)
class Verdict:
    """What the counts mean."""

    level: Level
    #: "bounces 5.2 % (6 of 115)"; empty when all is well.
    why: str = ""


def judge(counts: Counts, guard: Guard) -> Verdict:
    """The worse of the two rates decides; both are named where both are that bad."""
    found = {
        _rate("bounces", counts.bounces, counts.sends): _bounces(counts, guard.bounces),
        _rate("complaints", counts.complaints, counts.sends): _complaints(counts, guard.complaints),
    }
    worst = max(found.values(), key=list(Level).index)
    if worst is Level.OK:
        return Verdict(worst)
    return Verdict(worst, ", ".join(why for why, level in found.items() if level is worst))


def feedback(signal: Signal, notice: Notice) -> Feedback | None:
    """What a signal says against the mail that it is about; None: nothing."""
    match signal, notice:
        case Signal.BOUNCED, Bounced(kind="hard"):
            return Feedback.BOUNCE
        case Signal.BOUNCED, Bounced(kind="block"):
            return Feedback.BLOCK
        case Signal.COMPLAINED, _:
            return Feedback.COMPLAINT
        case Signal.UNSUBSCRIBED, Unsubscribed(by="reply"):
            return Feedback.REMOVAL
        case _:
            return None


def _bounces(counts: Counts, threshold: Threshold) -> Level:
    if counts.sends < threshold.sends or counts.bounces < FEWEST_BOUNCES:
        return Level.OK
    return threshold.level(counts.bounces, counts.sends)


def _complaints(counts: Counts, threshold: Threshold) -> Level:
    if counts.sends >= threshold.sends:
        return threshold.level(counts.complaints, counts.sends)
    if counts.complaints >= FEW_COMPLAINTS:
        return Level.PAUSE
    return Level.WARN if counts.complaints else Level.OK


def _rate(what: str, events: int, sends: int) -> str:
    rate = f" {percent(events, sends)}" if sends else ""
    return f"{what}{rate} ({events} of {sends})"


def percent(events: int, sends: int) -> str:
    """`5.2 %`; below one percent with a digit more. A rate of nothing is empty."""
    if not sends:
        return ""
    rate = 100 * events / sends
    return f"{rate:.{1 if rate >= 1 else 2}f} %"
