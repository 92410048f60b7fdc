"""Publishing sequences: read them all, then store them all, or none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from db import pools, sequences
from db.connection import Connection
from db.engine import transaction
from db.sequences import SequenceVersion
from starter.sequence_file import load
from tenuto.domain.errors import InputError, NotFoundError
from tenuto.domain.problem import Problem, SequenceError
from tenuto.domain.sequence import Bundle


@dataclass(frozen=True)
class Published:
    """The version that holds a file's content."""

    version: SequenceVersion
    #: False: the same content was the newest version already.
    new: bool
    #: What is still to be typed before anybody can be enrolled.
    hint: str | None


def load_all(paths: Sequence[Path]) -> list[Bundle]:
    """Each file's bundle.

    :raises SequenceError: with the problems of all of the files.
    """
    bundles: list[Bundle] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            bundles.append(load(path))
        except SequenceError as error:
            problems += error.problems
    if problems:
        raise SequenceError(problems)
    return bundles


async def publish(engine: AsyncEngine, bundles: Sequence[Bundle]) -> list[Published]:
    """Store what is new, in one transaction; people in flight stay on their version.

    :raises InputError: when two are the same sequence: nobody could say which is the newer.
    """
    for slug, times in Counter(bundle.slug for bundle in bundles).items():
        if times > 1:
            msg = f"{times} of these files are the sequence {slug}; publish one after the other"
            raise InputError(msg)

    async def work(connection: Connection) -> list[Published]:
        # In one order everywhere, so that two publishers can't wait for each other.
        ordered = sorted(bundles, key=lambda bundle: bundle.slug)
        return [await _one(connection, bundle) for bundle in ordered]

    return await transaction(engine, work)


async def _one(connection: Connection, bundle: Bundle) -> Published:
    version, new = await sequences.publish(connection, bundle)
    try:
        await pools.choose(connection, bundle.rules, None)
    except NotFoundError as error:
        return Published(version, new, str(error))
    return Published(version, new, None)
