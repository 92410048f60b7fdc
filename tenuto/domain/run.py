"""What goes into an enrollment's workflow, and what comes out at its end.

Here and not beside the workflow: what `workflows` holds is loaded anew for each run, and building
these models costs more than all else that a new run loads.
"""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from tenuto.domain.enrollment import Standing, Status
from tenuto.domain.notice import Signal
from tenuto.domain.plan import Plan


class Unrecorded(BaseModel):
    """A signal from another service that no activity has committed yet."""

    model_config = ConfigDict(frozen=True)

    signal: Signal
    notice: dict[str, object] = {}


class Start(BaseModel):
    """The input: the row as it stood, and the plan of its pinned version."""

    model_config = ConfigDict(frozen=True)

    enrollment_id: UUID
    sequence_version_id: UUID
    mailbox_id: UUID
    plan: Plan
    standing: Standing
    #: Carried over by continue-as-new.
    unrecorded: tuple[Unrecorded, ...] = ()
    #: Where its mail is sent; None: by the worker that runs it.
    mail_queue: str | None = None
    schema_version: int = 1


class Ended(BaseModel):
    """The result."""

    status: Status
    reason: str | None = None
