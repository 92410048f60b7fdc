"""What a workflow is told: one model a signal, named by what happened.

A notice from our own doors carries the row's new standing: the change is committed, the
workflow only follows. One without it comes from another service, the Temporal CLI or the Web
UI: the workflow has an activity commit it first. No field may hold a personal datum.
"""

import re
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from tenuto.domain.enrollment import Standing

#: The names of engagement events.
EVENT_NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,62}")


class Signal(StrEnum):
    """The signals' names, as other services send them."""

    REPLY_RECEIVED = "reply_received"
    OUT_OF_OFFICE = "out_of_office"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REMOVED = "removed"
    HELD = "held"
    RESUMED = "resumed"
    RESCHEDULED = "rescheduled"
    ENGAGED = "engaged"
    SEND_RESOLVED = "send_resolved"


class Notice(BaseModel):
    """The part that all share; enough for reply, complaint and resume."""

    model_config = ConfigDict(frozen=True)

    #: Where the row stands since this was committed; None: not committed yet.
    standing: Standing | None = None
    #: When the mail came that tells of it; None: now. Old mail says nothing of what began later.
    came_at: AwareDatetime | None = None


class OutOfOffice(Notice):
    """The person is away; `until` is the return, None when the notice names none."""

    until: AwareDatetime | None = None
    #: False: anybody could have written it. Then it makes no known absence shorter.
    sure: bool = True


class Unsubscribed(Notice):
    """The person wants no more mail."""

    #: A reply asks us to stop, and counts as a complaint; the others use what we offer: a click
    #: on the link, or a mail to the address of List-Unsubscribe.
    by: Literal["reply", "click", "mail"] = "click"


class Bounced(Notice):
    """A mail came back."""

    kind: Literal["hard", "soft", "block"] = "hard"
    #: Index of the step whose mail it was, where that is known.
    step: int | None = None
    #: Of a block: it isn't this mail or its recipient's policy, we are refused as senders.
    sender: bool = False


class Removed(Notice):
    """Somebody took the person out, or learned that they work there no longer."""

    reason: Literal["manual", "left_company"] = "manual"


class Held(Notice):
    """Wait, until an instant or a resume."""

    until: AwareDatetime | None = None
    reason: str = "operator"


class Rescheduled(Notice):
    """The current step is due at another instant."""

    due: AwareDatetime | None = None


class Engaged(Notice):
    """Something was recorded that a branch or a goal looks at."""

    #: As conditions name it: `meeting_booked`.
    event: str = ""
    #: The event's natural key: the same one counts once.
    key: str | None = None


class SendResolved(Notice):
    """The fate of a mail has become known."""

    step: int = 0
    outcome: Literal["sent", "not_sent"] = "sent"


MODELS: dict[Signal, type[Notice]] = {
    Signal.REPLY_RECEIVED: Notice,
    Signal.OUT_OF_OFFICE: OutOfOffice,
    Signal.UNSUBSCRIBED: Unsubscribed,
    Signal.BOUNCED: Bounced,
    Signal.COMPLAINED: Notice,
    Signal.REMOVED: Removed,
    Signal.HELD: Held,
    Signal.RESUMED: Notice,
    Signal.RESCHEDULED: Rescheduled,
    Signal.ENGAGED: Engaged,
    Signal.SEND_RESOLVED: SendResolved,
}
