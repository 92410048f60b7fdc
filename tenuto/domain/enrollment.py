"""One contact in one sequence: its statuses, why it ends, and where it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Status(StrEnum):
    """Where an enrollment is in its life. The last nine are ends."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    REPLIED = "replied"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REMOVED = "removed"
    DELETED = "deleted"
    GOAL_MET = "goal_met"
    FAILED = "failed"

    @property
    def live(self) -> bool:
        """Whether mail may still follow."""
        return self in LIVE


LIVE = frozenset({Status.ACTIVE, Status.PAUSED})


class ExitReason(StrEnum):
    """Why an enrollment ended. Each maps to one status."""

    #: The last step was done.
    COMPLETION = "completion"
    #: A person answered.
    REPLY = "reply"
    #: A person asked to get no more mail.
    OPT_OUT = "opt_out"
    #: The address is dead.
    HARD_BOUNCE = "hard_bounce"
    #: The mailbox refused mail for the second time.
    SOFT_BOUNCES = "soft_bounces"
    #: A person reported our mail as spam.
    COMPLAINT = "complaint"
    #: An operator or a service took the contact out.
    MANUAL = "manual"
    #: An exit step of the sequence took the contact out.
    EXIT_STEP = "exit_step"
    #: The out-of-office notice names a day too far away.
    AWAY_TOO_LONG = "away_too_long"
    #: The person works there no longer.
    LEFT_COMPANY = "left_company"
    #: The contact was deleted.
    CONTACT_DELETED = "contact_deleted"
    #: What the sequence was for has happened.
    GOAL = "goal"
    #: It can't go on: a message could not be made.
    FAILURE = "failure"

    @property
    def status(self) -> Status:
        """The end that this reason leads to."""
        return _ENDS[self]


_ENDS = {
    ExitReason.COMPLETION: Status.COMPLETED,
    ExitReason.REPLY: Status.REPLIED,
    ExitReason.OPT_OUT: Status.OPTED_OUT,
    ExitReason.HARD_BOUNCE: Status.BOUNCED,
    ExitReason.SOFT_BOUNCES: Status.BOUNCED,
    ExitReason.COMPLAINT: Status.COMPLAINED,
    ExitReason.MANUAL: Status.REMOVED,
    ExitReason.EXIT_STEP: Status.REMOVED,
    ExitReason.AWAY_TOO_LONG: Status.REMOVED,
    ExitReason.LEFT_COMPANY: Status.REMOVED,
    ExitReason.CONTACT_DELETED: Status.DELETED,
    ExitReason.GOAL: Status.GOAL_MET,
    ExitReason.FAILURE: Status.FAILED,
}


class Trigger(StrEnum):
    """What put a contact into a sequence; recorded on the row."""

    #: An operator, at the command line or in a console.
    MANUAL = "manual"
    #: A file of contacts.
    IMPORT = "import"
    #: Another service, through `starter.enroll`.
    API = "api"


class SendState(StrEnum):
    """The fate of one email step of one enrollment: its line in the ledger."""

    #: The step is current; nothing was tried, or what was tried sent nothing.
    PENDING = "pending"
    #: Claimed: a mail may be on its way. Never claimed again by itself.
    SENDING = "sending"
    #: The server took it.
    SENT = "sent"
    #: The server refused it.
    REFUSED = "refused"
    #: Not sent, and the enrollment went on.
    SKIPPED = "skipped"
    #: Not sent, since the enrollment ended.
    CANCELLED = "cancelled"
    #: It may have been sent or not. Counts as sent; never sent again by itself.
    UNKNOWN = "unknown"


class Standing(BaseModel):
    """Where an enrollment stands: the row's answer to the workflow, which is a cache of it."""

    model_config = ConfigDict(frozen=True)

    #: Counts the changes of the row; a message with an older one is dropped.
    revision: int
    status: Status
    #: `current_step_index`, into the plan.
    step: int
    #: `next_scheduled_at`, UTC; None exactly while paused or ended.
    due: datetime | None = None
    #: Why then, or why no longer: "deferred: spacing", "reply".
    reason: str | None = None


#: Why an enrollment is held for which no hold stands: its windows never meet.
NO_COMMON_HOURS = "no common hours"
#: The reasons of holds that we word ourselves.
PUBLIC_HOLDS = frozenset({
    "operator", "out of office", "soft bounce", "unknown send", "mail to review",
    "its wait, after a hold", "login refused", "guardrail", "owner wrote", "colleague replied",
    "refused by their server", "asked to pause",
    NO_COMMON_HOURS,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slot:
    """What decides who goes first, where two mails of a person compete for an instant."""

    #: From when it could have left, its wait being over.
    ready_at: datetime
    #: The first mail of its enrollment: it goes behind all follow-ups.
    starts: bool
    #: Smaller goes first.
    rank: int


@dataclass(frozen=True, slots=True)
class Enrollment:
    """The enrollment row: everything that decides what happens next is a column."""

    id: UUID
    contact_id: UUID
    address_id: UUID
    sequence_id: str
    sequence_version_id: UUID
    mailbox_id: UUID
    status: Status
    current_step_index: int
    #: When the current step became current; its wait counts from here.
    step_entered_at: datetime
    #: The current step's whole wait.
    step_wait: timedelta
    revision: int
    enrolled_at: datetime
    next_scheduled_at: datetime | None = None
    #: What is left of the wait, while paused.
    remaining_wait: timedelta | None = None
    reason: str | None = None
    #: While a branch waits: when its last open arm closes.
    branch_deadline: datetime | None = None
    #: Temporary refusals of the current step's mail.
    tries: int = 0
    #: Somebody set the current step's time: the hour that the step asks for is past.
    rescheduled: bool = False
    soft_bounces: int = 0
    exit_reason: ExitReason | None = None
    ended_at: datetime | None = None
    #: Of the current mail, when it was given one just now; it isn't read again with the row.
    slot: Slot | None = None

    @property
    def standing(self) -> Standing:
        """What a workflow needs to know of the row."""
        return Standing(
            revision=self.revision,
            status=self.status,
            step=self.current_step_index,
            due=self.next_scheduled_at,
            reason=self._public_reason(),
        )

    def _public_reason(self) -> str | None:
        """The reason as Temporal may keep it: what a person typed may name a person."""
        if self.exit_reason is not None:
            return self.exit_reason.value
        head, _, detail = (self.reason or "").partition(": ")
        if head == "held" and detail not in PUBLIC_HOLDS:
            return "held"
        return self.reason
