"""A file of contacts enrolled and taken back: what `preview`, `check` and `capacity` look at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from db import sequences
from db.connection import Connection
from db.engine import rehearsal
from db.sequences import SequenceVersion
from starter import publish as publishing
from starter.bulk import Answer, Bulk
from starter.contact_file import BadRow, ContactFile, Row
from starter.enroll import check_trigger
from starter.rehearsal import Rehearsal
from tenuto.cli.app import PARTIAL
from tenuto.cli.session import session
from tenuto.cli.watching import Watch, watch
from tenuto.domain.enrollment import Trigger
from tenuto.domain.sequence import Bundle

Columns = Annotated[
    list[str] | None, typer.Option("--map", help="Columns headed otherwise: email=Adresse,…")
]
Sequence = Annotated[str, typer.Argument(help="A published sequence, or a sequence file.")]


@dataclass(frozen=True)
class Rehearsed:
    """What enrolling the file would do, row by row."""

    version: SequenceVersion
    answers: list[Answer] = field(default_factory=list)
    #: Address by line, as it is written.
    emails: dict[int, str] = field(default_factory=dict)

    @property
    def refused(self) -> list[Answer]:
        return [one for one in self.answers if one.refused]

    @property
    def already(self) -> list[Answer]:
        """Those who are in it; nothing changes for them."""
        return [one for one in self.answers if not one.refused and one.begun is None]

    @property
    def begun(self) -> list[Answer]:
        return [one for one in self.answers if one.begun is not None]

    def finish(self) -> None:
        """Leave with the code that says whether some, or all, were left out."""
        if self.refused:
            raise typer.Exit(PARTIAL if self.begun or self.already else 1)


async def rehearsed(sequence: str, file: ContactFile, start: datetime | None = None) -> Rehearsed:
    """Enroll every row, each after those before it, and take it all back.

    :raises NotFoundError: no such sequence, or no mailbox to send from.
    """
    bundle = unpublished(sequence)
    with watch("enrolling, to be taken back") as bar:
        async with session() as its:

            async def work(connection: Connection) -> Rehearsed:
                version = await version_of(connection, sequence, bundle)
                starter = Rehearsal(its.engine, connection, start)
                return await _answered(version, starter, file, bar)

            return await rehearsal(its.engine, work)


def unpublished(sequence: str) -> Bundle | None:
    """What a sequence file holds; None where a published one is named.

    :raises SequenceError: with all that is wrong in the file.
    """
    path = Path(sequence)
    is_file = path.suffix in {".yaml", ".yml", ".json"} or len(path.parts) > 1
    return publishing.load_all([path])[0] if is_file else None


async def version_of(
    connection: Connection, sequence: str, bundle: Bundle | None
) -> SequenceVersion:
    """The published version, or one of the file's, published in a transaction to be undone."""
    if bundle is None:
        return await sequences.get(connection, sequence)
    return (await sequences.publish(connection, bundle, lock=False))[0]


async def _answered(
    version: SequenceVersion, starter: Rehearsal, file: ContactFile, bar: Watch
) -> Rehearsed:
    check_trigger(version, Trigger.IMPORT)
    done = Rehearsed(version)

    def noted() -> Iterator[Row | BadRow]:
        for row in file.rows():
            if isinstance(row, Row):
                done.emails[row.line] = row.contact.email.strip().lower()
            yield row

    async for answer in Bulk(starter, version, Trigger.IMPORT, "rehearsal").answers(noted()):
        done.answers.append(answer)
        bar.at(answer.line, file.lines)
    return done
