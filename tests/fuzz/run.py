"""Mutated mails through the parser and the rules.

    python -m tests.fuzz.run [--messages N] [--seed S] [--jobs J] [--corpus DIR] [--keep DIR]

No mail may raise, take more than two seconds of processor time, or make a process grow by more than
200 MB. The same seed makes the same mails. `--corpus` mutates the files of a folder besides. Mails
that fail are kept, beside what went wrong, in `--keep`. The last line is one JSON object: messages,
exceptions, over_time, over_memory, slowest_ms, seconds; the exit code is 1 when a mail failed.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutation import Mutator
from tests.fuzz.reading import BYTES_MAX, SECONDS_MAX, peak_memory, read

_PER_JOB = 500
_CORPUS_FILE_MAX = 100_000


@dataclass(frozen=True)
class Result:
    """What some mails came to."""

    messages: int = 0
    exceptions: int = 0
    over_time: int = 0
    over_memory: int = 0
    slowest: float = 0

    def __add__(self, other: "Result") -> "Result":
        return Result(
            self.messages + other.messages,
            self.exceptions + other.exceptions,
            self.over_time + other.over_time,
            self.over_memory + other.over_memory,
            max(self.slowest, other.slowest),
        )

    @property
    def failed(self) -> int:
        return self.exceptions + self.over_time + self.over_memory


def fuzz(numbers: range, seed: int, keep: Path, corpus: Path | None = None) -> Result:
    """Reads the mails with these numbers."""
    mutator = Mutator(seed, list(_corpus(corpus)))
    for number in range(1, 20):
        read(mutator.mail(number), number)
    held, total = peak_memory(), Result()
    for number in numbers:
        mail = mutator.mail(number)
        before = peak_memory()
        reading = read(mail, number)
        over_memory = reading.peak > before and reading.peak - held > BYTES_MAX
        over_time = reading.seconds > SECONDS_MAX
        if reading.error or over_time or over_memory:
            _keep(keep, mail, f"{seed}:{number} {reading}")
        total += Result(1, bool(reading.error), over_time, over_memory, slowest=reading.seconds)
    return total


def _corpus(folder: Path | None) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")) if folder else ():
        if path.is_file():
            yield path.read_bytes()[:_CORPUS_FILE_MAX]


def _keep(folder: Path, mail: bytes, why: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = why.partition(" ")[0].replace(":", "-")
    (folder / f"{name}.eml").write_bytes(mail)
    (folder / f"{name}.txt").write_text(f"{why}\n")


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--corpus", type=Path, help="a folder of mails to mutate besides")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "tenuto-fuzz")
    given = parser.parse_args()
    if given.corpus is not None and not given.corpus.is_dir():
        parser.error(f"{given.corpus} is no folder: name one that holds mails")
    began, total = time.monotonic(), Result()
    with ProcessPoolExecutor(given.jobs) as pool:
        waiting = [
            pool.submit(fuzz, range(first, min(first + _PER_JOB, given.messages)), given.seed,
                        given.keep, given.corpus)
            for first in range(0, given.messages, _PER_JOB)
        ]  # fmt: skip
        for done in as_completed(waiting):
            total += done.result()
            if sys.stderr.isatty():
                print(f"\r{total.messages} mails, {total.failed} failed", end="", file=sys.stderr)  # noqa: T201
    if total.failed:
        print(f"What failed is in {given.keep}")  # noqa: T201
    counts = {
        "messages": total.messages,
        "exceptions": total.exceptions,
        "over_time": total.over_time,
        "over_memory": total.over_memory,
        "slowest_ms": round(total.slowest * 1000),
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(counts))  # noqa: T201 - its result
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
