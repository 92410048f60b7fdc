"""A whole file of contacts enrolled: in batches, each row by itself, in the file's order.

New starts queue in the order in which they are enrolled: rows are committed one after the other,
and their workflows started some at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from db.enrollments import Begun, Outcome
from db.sequences import SequenceVersion
from starter.contact_file import BadRow, Row
from starter.enroll import Enrolled, Starter
from tenuto.domain.enrollment import Trigger
from tenuto.domain.errors import InputError

#: Rows whose answers are kept in memory, and how many workflows are started at once.
_BATCH, _AT_ONCE = 200, 8


@dataclass(frozen=True)
class Answer:
    """What became of one row."""

    line: int
    enrolled: Enrolled | None = None
    #: Why it was left out, and what to do.
    refused: str | None = None

    @property
    def begun(self) -> Begun | None:
        """How it began, where it was enrolled by this."""
        return self.enrolled.begun if self.enrolled and not self.refused else None


@dataclass
class Tally:
    """What became of the rows so far."""

    rows: int = 0
    enrolled: int = 0
    #: Enrolled, and left to the reconciler to start.
    waiting: int = 0
    #: Lines of those who were in it before.
    already: list[int] = field(default_factory=list)
    refused: list[Answer] = field(default_factory=list)

    def count(self, answer: Answer) -> None:
        """Add one row."""
        self.rows += 1
        if answer.refused or answer.enrolled is None:
            self.refused.append(answer)
        elif answer.enrolled.outcome is Outcome.ALREADY:
            self.already.append(answer.line)
        else:
            self.enrolled += 1
            self.waiting += not answer.enrolled.started


class Bulk:
    """Enrolls rows in one version. Run again over the same rows, nothing doubles."""

    def __init__(
        self,
        starter: Starter,
        version: SequenceVersion,
        trigger: Trigger,
        by: str,
        *,
        dry_run: bool = False,
    ) -> None:
        self._starter = starter
        self._version = version
        self._trigger = trigger
        self._by = by
        self._dry_run = dry_run
        self._turn = asyncio.Lock()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._seen: dict[str, int] = {}

    async def answers(self, rows: Iterable[Row | BadRow]) -> AsyncIterator[Answer]:
        """An answer for each row, in their order.

        What concerns all rows (no mailbox, no Postgres) is raised, once those at work are done.
        """
        for batch in _batches(rows):
            done = await asyncio.gather(*map(self._answer, batch), return_exceptions=True)
            for answer in done:
                if isinstance(answer, BaseException):
                    raise answer
                yield answer

    async def _answer(self, row: Row | BadRow) -> Answer:
        if isinstance(row, BadRow):
            return Answer(row.line, refused=row.what)
        email = row.contact.email.strip().lower()
        first = self._seen.setdefault(email, row.line)
        if email and first != row.line:
            return Answer(row.line, refused=f"is the same address as line {first}; remove one")
        try:
            async with self._slots:
                enrolled = await self._enroll(row)
        except InputError as error:
            return Answer(row.line, refused=str(error))
        return Answer(row.line, enrolled, _refusal(enrolled))

    async def _enroll(self, row: Row) -> Enrolled:
        async with self._turn:
            answer = await self._starter.commit_in(
                self._version,
                row.contact,
                trigger=self._trigger,
                by=self._by,
                dry_run=self._dry_run,
            )
        if self._dry_run:
            return Enrolled(**vars(answer))
        enrolled = await self._starter.launch(answer)
        if enrolled.outcome is Outcome.ENROLLED and not enrolled.started:
            # Temporal is down: each further try would cost seconds.
            self._starter = self._starter.without_temporal()
        return enrolled


def _refusal(enrolled: Enrolled) -> str | None:
    match enrolled.outcome:
        case Outcome.SUPPRESSED:
            return f"is suppressed ({enrolled.why}); leave it out"
        case Outcome.REENTRY:
            return f"was in it before: {enrolled.why}; leave it out"
        case Outcome.ENROLLED | Outcome.ALREADY:
            return None


def _batches(rows: Iterable[Row | BadRow]) -> Iterator[list[Row | BadRow]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
