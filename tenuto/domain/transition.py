"""The one table that says how an enrollment's status may change.

`db.transitions` applies it under the contact's lock; nothing else writes a status.
"""

from enum import StrEnum

from tenuto.domain.enrollment import LIVE, ExitReason, Status


class Event(StrEnum):
    """What happened to an enrollment; each is a row of the transition log."""

    ENROLLED = "enrolled"
    #: A step was done, and the next one became current.
    MOVED = "moved"
    #: The current step must wait for a known instant.
    DEFERRED = "deferred"
    #: Somebody set another instant.
    RESCHEDULED = "rescheduled"
    #: It waits, and nobody knows how long.
    HELD = "held"
    RESUMED = "resumed"
    #: The fate of a mail changed, the position did not.
    SEND_RESOLVED = "send_resolved"
    COMPLETED = "completed"
    REPLIED = "replied"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REMOVED = "removed"
    CONTACT_DELETED = "contact_deleted"
    GOAL_REACHED = "goal_reached"
    FAILED = "failed"


#: The event by which each exit reason ends an enrollment.
ENDED_BY = {
    ExitReason.COMPLETION: Event.COMPLETED,
    ExitReason.REPLY: Event.REPLIED,
    ExitReason.OPT_OUT: Event.OPTED_OUT,
    ExitReason.HARD_BOUNCE: Event.BOUNCED,
    ExitReason.SOFT_BOUNCES: Event.BOUNCED,
    ExitReason.COMPLAINT: Event.COMPLAINED,
    ExitReason.MANUAL: Event.REMOVED,
    ExitReason.EXIT_STEP: Event.REMOVED,
    ExitReason.AWAY_TOO_LONG: Event.REMOVED,
    ExitReason.LEFT_COMPANY: Event.REMOVED,
    ExitReason.CONTACT_DELETED: Event.CONTACT_DELETED,
    ExitReason.GOAL: Event.GOAL_REACHED,
    ExitReason.FAILURE: Event.FAILED,
}

TABLE: dict[tuple[Status, Event], Status] = {
    (Status.ACTIVE, Event.MOVED): Status.ACTIVE,
    (Status.ACTIVE, Event.DEFERRED): Status.ACTIVE,
    (Status.ACTIVE, Event.RESCHEDULED): Status.ACTIVE,
    (Status.ACTIVE, Event.HELD): Status.PAUSED,
    (Status.ACTIVE, Event.SEND_RESOLVED): Status.ACTIVE,
    # A mail that was on its way when the hold came still moves the position.
    (Status.PAUSED, Event.MOVED): Status.PAUSED,
    (Status.PAUSED, Event.HELD): Status.PAUSED,
    (Status.PAUSED, Event.RESUMED): Status.ACTIVE,
    (Status.PAUSED, Event.SEND_RESOLVED): Status.PAUSED,
    # Both live statuses end alike; no end is ever left, whatever arrives late.
    **{(live, event): reason.status for live in LIVE for reason, event in ENDED_BY.items()},
}


def after(status: Status, event: Event) -> Status | None:
    """Look the transition up; None when `event` changes nothing from `status`."""
    return TABLE.get((status, event))
