"""A CSV file, checked as a whole and then read row by row, however long it is."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from tenuto.domain.errors import InputError

_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class CsvFile:
    """A file that is there, and UTF-8. Made by `open_csv`."""

    path: Path
    #: As messages call it.
    name: str
    delimiter: str
    #: The cells of its first row; empty when that can't be read.
    first: Sequence[str]
    #: More than rows, where a cell holds several.
    lines: int

    def rows(self) -> Iterator[tuple[int, list[str] | str]]:
        """Each row's first line, with its cells or with what is wrong there."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            yield from _parsed(file, self.delimiter)

    def column(self, asked: str) -> str:
        """The heading that a person named.

        :raises InputError: with the one that is likely meant.
        """
        headings = [heading.strip() for heading in self.first]
        if asked in headings:
            return asked
        near = get_close_matches(asked, headings, n=1, cutoff=0.0)
        msg = f'{self.name} has no column "{asked}"; did you mean "{near[0] if near else ""}"?'
        raise InputError(msg)


def open_csv(path: Path, name: str | None = None) -> CsvFile:
    """Look at a file as a whole before anything is done with it.

    :raises InputError: it isn't there, or isn't UTF-8.
    """
    name = name or str(path)
    try:
        lines = _count_lines(path, name)
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
            _, cells = next(_parsed(file, delimiter), (1, ""))
    except OSError as error:
        msg = f"{name} can't be read: {error.strerror}"
        raise InputError(msg) from None
    return CsvFile(path, name, delimiter, cells if isinstance(cells, list) else (), lines)


def _count_lines(path: Path, name: str) -> int:
    """Lines, while seeing that all is UTF-8: better now than in the middle of the work."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    with path.open("rb") as file:
        chunk = b"\n"
        while chunk:
            chunk = file.read(1 << 16)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                msg = f"{name} is not UTF-8, near line {lines + 1}; save it as “CSV UTF-8”"
                raise InputError(msg) from None
            lines += chunk.count(b"\n")
    return lines


def _parsed(file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    line = 1
    while True:
        found: list[str] | str
        try:
            found = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            found = f"can't be read ({error}); see to the quotation marks up to line "
            found += str(reader.line_num)
        yield line, found
        line = reader.line_num + 1
