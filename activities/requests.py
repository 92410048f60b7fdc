"""What the workflow asks of its activities: ids and the plan's own words, never content."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from tenuto.domain.notice import MODELS, Notice, Signal
from tenuto.domain.plan import Edge

#: Task queues: workflows and all that they do; and mail alone, where it has its own workers.
ENROLLMENT_QUEUE = "enrollment"
MAIL_QUEUE = "mail-send"


class Request(BaseModel):
    """Frozen; fields are only ever added, with defaults, so that old histories replay."""

    model_config = ConfigDict(frozen=True)

    enrollment_id: UUID


class DispatchRequest(Request):
    """Send the mail of the email step at index `step`."""

    step: int
    #: Where the enrollment goes on after it; the settle writes it.
    successor: Edge
    #: Whose conversations it counts among; the claim reads the mailbox itself.
    mailbox_id: UUID


class AdvanceRequest(Request):
    """Do the branch or exit step at index `step`, or finish the wait before it."""

    step: int


class RecordRequest(Request):
    """Commit what another service told the workflow directly."""

    signal: Signal
    #: The fields of the signal's model, as JSON.
    notice: dict[str, Any] = {}

    def parsed(self) -> Notice:
        """The notice as the signal's own model."""
        return MODELS[self.signal].model_validate(self.notice)
