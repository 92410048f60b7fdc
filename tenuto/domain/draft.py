"""The steps of a sequence as their author wrote them, each with its place in the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Literal

from tenuto.domain.condition import Condition
from tenuto.domain.problem import Place
from tenuto.domain.waiting import Wait


@dataclass(frozen=True)
class Link:
    """A step that another one names."""

    id: str
    at: Place


@dataclass(frozen=True)
class Email:
    """Sends the message in a template file, named at `at`."""

    template: str
    at: Place
    format: Literal["text", "html"] = "text"
    thread: Link | None = None
    #: Minutes since local midnight.
    minute: int | None = None


@dataclass(frozen=True)
class Pause:
    """Does nothing but wait."""


@dataclass(frozen=True)
class Way:
    """One arm of a choice."""

    when: Condition
    within: int | None
    to: Link


@dataclass(frozen=True)
class Choice:
    """Takes the first way that is open. Without `otherwise`, the step's own way on is the else."""

    ways: tuple[Way, ...]
    otherwise: Link | None = None


@dataclass(frozen=True)
class End:
    """Ends the enrollment."""

    status: Literal["completed", "goal_met", "removed"] = "completed"


@dataclass(frozen=True)
class DraftStep:
    """One step. `wait` comes before what it does, whichever way leads here."""

    id: str
    at: Place
    does: Email | Pause | Choice | End
    wait: Wait = Wait()
    goto: Link | None = None

    @property
    def falls_through(self) -> bool:
        """Whether the step below may come next without being named."""
        match self.does:
            case End():
                return False
            case Choice(otherwise=Link()):
                return False
            case _:
                return self.goto is None

    @property
    def links(self) -> Iterator[Link]:
        """Every step that it names as a next one."""
        if isinstance(self.does, Choice):
            yield from (way.to for way in self.does.ways)
            if self.does.otherwise is not None:
                yield self.does.otherwise
        if self.goto is not None:
            yield self.goto


@dataclass(frozen=True)
class Draft:
    """All steps in file order. A step is known by its index; `end` is the one past the last."""

    steps: tuple[DraftStep, ...]

    @property
    def end(self) -> int:
        return len(self.steps)

    @cached_property
    def indices(self) -> dict[str, int]:
        """The first step by each id."""
        return {step.id: i for i, step in reversed([*enumerate(self.steps)])}

    def nearest(self, name: str) -> str | None:
        """The id that the author may have meant."""
        return next(iter(get_close_matches(name, self.indices, n=1)), None)

    def after(self, index: int) -> tuple[int, ...]:
        """What may come next, without repeats.

        A misspelt link counts as its nearest id, else as the step below, so that one slip isn't
        reported as three.
        """
        step = self.steps[index]
        found = [self._meant(link, index + 1) for link in step.links]
        if step.falls_through:
            found.append(index + 1)
        return tuple(dict.fromkeys(found))

    def _meant(self, link: Link, below: int) -> int:
        name = link.id if link.id in self.indices else self.nearest(link.id)
        return below if name is None else self.indices[name]
