"""Contacts in a CSV file, read row by row, however long it is.

The first line names the columns: `email`, and as you have them `owner`, `country`, `region` (or
`state`, `province`) and `zone`; every other column is an attribute. `First Name` is found as
`first_name`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starter.contact import Contact, from_cells
from starter.csv_file import CsvFile, open_csv
from tenuto.domain.errors import InputError

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

    csv: CsvFile
    #: An attribute for each column; None for one that has no name.
    names: tuple[str | None, ...]

    @property
    def lines(self) -> int:
        """Lines with the header: more than rows, where a cell holds several."""
        return self.csv.lines

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row but empty ones, in order."""
        rows = self.csv.rows()
        next(rows)
        for line, cells in rows:
            if isinstance(cells, str):
                yield BadRow(line, cells)
            elif any(cell.strip() for cell in cells):
                yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> Row | BadRow:
        if len(cells) != len(self.names):
            what = f"has {len(cells)} cells where the header has {len(self.names)}"
            instead = f'put a cell that holds "{self.csv.delimiter}" into quotation marks'
            return BadRow(line, f"{what}; {instead}")
        named = zip(self.names, cells, strict=True)
        return Row(line, from_cells({name: cell for name, cell in named if name}))


def open_file(path: Path, columns: Mapping[str, str]) -> ContactFile:
    """Look at a file as a whole before anything is done with it.

    `columns` names columns that are headed otherwise: `{"email": "Adresse"}`.

    :raises InputError: it isn't there, isn't UTF-8, or has no column of addresses.
    """
    csv = open_csv(path)
    if not any(csv.first):
        msg = f"{path}: its first line must name the columns, such as: email,first_name"
        raise InputError(msg)
    return ContactFile(csv, _names(csv, columns))


def _names(csv: CsvFile, columns: Mapping[str, str]) -> tuple[str | None, ...]:
    headings = [heading.strip() for heading in csv.first]
    by_heading = {csv.column(asked): name for name, asked in columns.items()}
    names = tuple(
        by_heading.get(heading) or _name(heading, columns) if heading else None
        for heading in headings
    )
    given = [name for name in names if name]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        msg = f"{csv.name}: two columns are {twice[0]}; rename one"
        raise InputError(msg)
    if "email" not in given:
        listed = ", ".join(filter(None, headings))
        msg = f"{csv.name} has no column email, only: {listed}; name it: --map email=COLUMN"
        raise InputError(msg)
    return names


def _name(heading: str, columns: Mapping[str, str]) -> str:
    plain = re.sub(r"[\W_]+", "", heading).lower()
    own = _OWN.get(plain)
    if own and own not in columns:
        return own
    if _AS_IT_IS.fullmatch(heading):
        return heading
    return re.sub(r"\W+", "_", heading, flags=re.ASCII).strip("_").lower()
