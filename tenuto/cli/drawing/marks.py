"""What is drawn of a schedule: where each mail was ready, each shift, and where it ended up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.preview import Previewed
from tenuto.domain.cadence import Shift
from tenuto.domain.preview import Planned


@dataclass(frozen=True)
class Move:
    """One shift, on the recipient's wall clock."""

    shift: Shift
    start: datetime
    end: datetime

    @property
    def hint(self) -> str:
        return f"{self.shift}: {self.start:%a %d %b %H:%M} → {self.end:%a %d %b %H:%M}"


@dataclass(frozen=True)
class Mark:
    """One planned step."""

    step: Planned
    at: datetime
    moves: tuple[Move, ...]

    @property
    def hint(self) -> str:
        return f"{self.step.step_id}: {self.at:%a %d %b %H:%M}, {self.step.reason}"


def marks(found: Previewed) -> list[Mark]:
    """Each step whose time is known."""
    return [
        Mark(step, step.local, tuple(_moves(step, step.local)))
        for step in found.schedule.steps
        if step.local is not None
    ]


def shifts(found: Sequence[Previewed]) -> list[Shift]:
    """All that moved anything."""
    return [move.shift for one in found for mark in marks(one) for move in mark.moves]


def _moves(step: Planned, local: datetime) -> list[Move]:
    if step.ready is None:
        return []
    at, moves = step.ready.astimezone(local.tzinfo), []
    for shift, to in step.path:
        end = to.astimezone(local.tzinfo)
        moves.append(Move(shift, at, end))
        at = end
    return moves
