"""What is wrong in a file that a person wrote, and where."""

from collections.abc import Iterable
from typing import NamedTuple

from tenuto.domain.errors import InputError


class Place(NamedTuple):
    """A position in a file; line and column count from 1."""

    file: str
    line: int
    column: int


class Problem(NamedTuple):
    """One thing that is wrong: its place, what it is, and what to write instead."""

    file: str
    line: int
    column: int
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}; {self.instead}"


class SequenceError(InputError):
    """A sequence file doesn't hold together. Carries every problem at once, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
