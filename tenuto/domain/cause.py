"""Why a row is due when it is, in the words that operators read."""

from dataclasses import replace
from datetime import datetime

from tenuto.domain.cadence import Moment
from tenuto.domain.duration import describe
from tenuto.domain.enrollment import Enrollment, Slot
from tenuto.domain.plan import EmailStep, Step
from tenuto.domain.scene import Scene

_WAITS = "waits "


def ready(row: Enrollment, step: EmailStep, due: datetime, scene: Scene) -> datetime:
    """When the row's mail may leave as far as its waits go; `due`: when the elapsed one is over."""
    # A mail that a server put off has had its hour; what an operator says comes before it.
    return due if row.tries or row.rescheduled else scene.on_the_minute(due, step)


def told(
    row: Enrollment,
    step: Step,
    moment: Moment,
    slot: Slot | None,
    due: datetime,
    scene: Scene,
    words: str = "",
) -> str:
    """What moved it, else its own wait; `words`: the elapsed part of that as the step says it."""
    if moment.reason:
        return f"deferred: {moment.reason}"
    if due not in _unheld(row, step, scene):
        hold = max(scene.holds, key=lambda h: h.until or scene.now, default=None)
        return f"held: {hold.reason}" if hold else "due"
    seconds = int(row.step_wait.total_seconds())
    parts = [words or describe(seconds)] if seconds else []
    over = row.step_entered_at + row.step_wait
    if isinstance(step, EmailStep) and step.at is not None and slot and slot.ready_at > over:
        parts.append(f"until {step.at // 60:02}:{step.at % 60:02}")
    return f"{_WAITS}{', then '.join(parts)}" if parts else "due"


def _unheld(row: Enrollment, step: Step, scene: Scene) -> tuple[datetime, ...]:
    """When its own wait is over: the elapsed one, and the hour that it then waits for."""
    over = row.step_entered_at + row.step_wait
    if not isinstance(step, EmailStep):
        return (over,)
    return (over, ready(row, step, over, replace(scene, holds=())))


def kept(old: str | None, new: str | None) -> str | None:
    """Of two waits the one as the step says it: of the row only the length is known."""
    both = (old or "").startswith(_WAITS) and (new or "").startswith(_WAITS)
    return old if both else new
