"""Contacts in a CSV file, read row by row, however long it is.

The first line names the columns: `email`, and as you have them `owner`, `country`, `region` (or
`state`, `province`) and `zone`; every other column is an attribute. `First Name` is found as
`first_name`.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from starter.contact import Contact, from_cells
from tenuto.domain.errors import InputError

_DELIMITERS = ",;\t"
#: Columns of our own, by how people head them once case, spaces and dashes are gone.
_OWN = {
    "email": "email",
    "emailaddress": "email",
    "mail": "email",
    "owner": "owner",
    "country": "country",
    "region": "region",
    "state": "region",
    "province": "region",
    "zone": "zone",
    "timezone": "zone",
}
_AS_IT_IS = re.compile(r"[a-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Row:
    """One contact, and the line that it begins on (the header is line 1)."""

    line: int
    contact: Contact


@dataclass(frozen=True)
class BadRow:
    """A row that holds no contact, and what to do about it."""

    line: int
    what: str


@dataclass(frozen=True)
class ContactFile:
    """A file whose encoding and header are in order. Made by `open_file`."""

    path: Path
    delimiter: str
    #: An attribute for each column; None for one that has no name.
    names: tuple[str | None, ...]
    #: Lines with the header: more than rows, where a cell holds several.
    lines: int

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row but empty ones, in order."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            parsed = _parsed(file, self.delimiter)
            next(parsed)
            for line, cells in parsed:
                if isinstance(cells, str):
                    yield BadRow(line, cells)
                elif any(cell.strip() for cell in cells):
                    yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> Row | BadRow:
        if len(cells) != len(self.names):
            what = f"has {len(cells)} cells where the header has {len(self.names)}"
            instead = f'put a cell that holds "{self.delimiter}" into quotation marks'
            return BadRow(line, f"{what}; {instead}")
        named = zip(self.names, cells, strict=True)
        return Row(line, from_cells({name: cell for name, cell in named if name}))


def open_file(path: Path, columns: Mapping[str, str]) -> ContactFile:
    """Look at a file as a whole before anything is done with it.

    `columns` names columns that are headed otherwise: `{"email": "Adresse"}`.

    :raises InputError: it isn't there, isn't UTF-8, or has no column of addresses.
    """
    try:
        lines = _count_lines(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
            _, header = next(_parsed(file, delimiter), (1, ""))
    except OSError as error:
        msg = f"{path} can't be read: {error.strerror}"
        raise InputError(msg) from None
    if not isinstance(header, list) or not any(header):
        msg = f"{path}: its first line must name the columns, such as: email,first_name"
        raise InputError(msg)
    return ContactFile(path, delimiter, _names(path, header, columns), lines)


def _count_lines(path: Path) -> int:
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
                msg = f"{path} is not UTF-8, near line {lines + 1}; save it as “CSV UTF-8”"
                raise InputError(msg) from None
            lines += chunk.count(b"\n")
    return lines


def _parsed(file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each row's first line, with its cells or with what is wrong there."""
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


def _names(path: Path, header: list[str], columns: Mapping[str, str]) -> tuple[str | None, ...]:
    headings = [heading.strip() for heading in header]
    by_heading = {_found(path, headings, asked): name for name, asked in columns.items()}
    names = tuple(
        by_heading.get(heading) or _name(heading, columns) if heading else None
        for heading in headings
    )
    given = [name for name in names if name]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        msg = f"{path}: two columns are {twice[0]}; rename one"
        raise InputError(msg)
    if "email" not in given:
        listed = ", ".join(filter(None, headings))
        msg = f"{path} has no column email, only: {listed}; name it: --map email=COLUMN"
        raise InputError(msg)
    return names


def _found(path: Path, headings: list[str], asked: str) -> str:
    if asked in headings:
        return asked
    near = get_close_matches(asked, headings, n=1, cutoff=0.0)
    msg = f'{path} has no column "{asked}"; did you mean "{near[0] if near else ""}"?'
    raise InputError(msg)


def _name(heading: str, columns: Mapping[str, str]) -> str:
    plain = re.sub(r"[\W_]+", "", heading).lower()
    own = _OWN.get(plain)
    if own and own not in columns:
        return own
    if _AS_IT_IS.fullmatch(heading):
        return heading
    return re.sub(r"\W+", "_", heading, flags=re.ASCII).strip("_").lower()
