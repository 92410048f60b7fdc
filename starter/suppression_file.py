"""Suppressions in a CSV file: ours, a bare list, or what another product exported.

A column names whom (`email` or `domain`, as products head it), and as you have them `reason`,
`source` and `at`; all other columns are left alone. A list of addresses and domains needs no
header. A suppression isn't lost for a reason or a time that makes no sense.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from unicodedata import category

from db.suppressions import Suppression, hashed
from starter import address
from starter.contact_file import BadRow
from starter.csv_file import CsvFile
from tenuto.domain.company import company_domain
from tenuto.domain.errors import InputError
from tenuto.domain.suppression import Kind, Reason, reason_in

#: By how products head them, once case and what stands between words is gone.
_COLUMNS = {
    "subject": "email", "email": "email", "emailaddress": "email",
    "domain": "domain", "emaildomain": "domain", "domainname": "domain",
    "kind": "kind", "hash": "hash",
    "reason": "reason", "suppressionreason": "reason", "suppressiontype": "reason",
    "bouncetype": "reason",
    "source": "source", "origin": "source",
    "at": "at", "created": "at", "createdat": "at", "date": "at", "timestamp": "at",
    "lastupdatetime": "at", "lastupdated": "at", "suppressedat": "at",
    "unsubtime": "at", "unsubscribedat": "at", "optouttime": "at", "cleantime": "at",
    "bouncedat": "at",
}  # fmt: skip
#: Where no column is headed so: beside one, an address is likely a postal one.
_PERHAPS = {"mail", "address", "recipient"}
#: A heading that says why, where no column does: Mailchimp's lists have these.
_MEANS = {
    "unsubtime": Reason.OPT_OUT, "unsubscribedat": Reason.OPT_OUT, "optouttime": Reason.OPT_OUT,
    "cleantime": Reason.HARD_BOUNCE, "bouncedat": Reason.HARD_BOUNCE,
}  # fmt: skip
NAMES = ("email", "domain", "reason", "source", "at")
_HASH = re.compile(r"[0-9a-f]{64}")
_SOURCE_MAX = 200
_EPOCH = re.compile(r"[0-9]{10}")
_EARLIEST = 1990


@dataclass(frozen=True)
class Row:
    """One suppression, and the line that it begins on."""

    line: int
    suppression: Suppression
    #: What it says of its reason or its time isn't understood, and something else is recorded.
    reason_unknown: bool = False
    time_unknown: bool = False


@dataclass(frozen=True)
class Defaults:
    """What is recorded where a row doesn't say."""

    #: For a row without one, or one that isn't known.
    reason: Reason
    source: str
    now: datetime
    #: Whether a whole mail provider may be suppressed.
    free_mail: bool = False


@dataclass(frozen=True)
class SuppressionFile:
    """A file with a column of addresses or domains. Made by `open_suppressions`."""

    csv: CsvFile
    #: What each column is; None for one that is left alone.
    names: tuple[str | None, ...]
    header: bool
    defaults: Defaults

    @property
    def lines(self) -> int:
        """Lines with the header."""
        return self.csv.lines

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row but empty ones, in order."""
        rows = self.csv.rows()
        if self.header:
            next(rows)
        for line, cells in rows:
            if isinstance(cells, str):
                yield BadRow(line, cells)
            elif any(cell.strip() for cell in cells):
                yield self._row(line, cells)

    def _row(self, line: int, cells: Sequence[str]) -> Row | BadRow:
        # Shorter and longer rows are common in exports; what counts comes first in them.
        named = {name: cell.strip() for name, cell in zip(self.names, cells, strict=False) if name}
        try:
            return _read(line, named, self.defaults)
        except InputError as error:
            return BadRow(line, str(error))


def open_suppressions(
    csv: CsvFile, columns: Mapping[str, str], defaults: Defaults
) -> SuppressionFile:
    """Find the columns, before anything is done with the file.

    `columns` names those that are headed otherwise: `{"email": "Adresse"}`.

    :raises InputError: no column names whom.
    """
    unknown = sorted(columns.keys() - set(NAMES))
    if unknown:
        msg = f"there is no column {unknown[0]} to map; these are: {', '.join(NAMES)}"
        raise InputError(msg)
    plain = [re.sub(r"[\W_]+", "", heading).lower() for heading in csv.first]
    asked = {csv.column(heading): name for name, heading in columns.items()}
    names = [
        asked.get(heading.strip()) or _usual(word, columns)
        for heading, word in zip(csv.first, plain, strict=True)
    ]
    if "email" not in names:
        names = [
            "email" if word in _PERHAPS else name for word, name in zip(plain, names, strict=True)
        ]
    if {"email", "domain", "hash"} & set(names):
        means = next((_MEANS[word] for word in plain if word in _MEANS), defaults.reason)
        known = replace(defaults, reason=means)
        return SuppressionFile(csv, _once(names), header=True, defaults=known)
    if csv.first and _names_somebody(csv.first[0]):
        return SuppressionFile(csv, ("email",), header=False, defaults=defaults)
    listed = ", ".join(filter(None, map(str.strip, csv.first))) or "nothing"
    msg = f"{csv.name} has no column email or domain, only: {listed}; name it: --map email=COLUMN"
    raise InputError(msg)


def _usual(word: str, columns: Mapping[str, str]) -> str | None:
    name = _COLUMNS.get(word)
    return None if name in columns else name


def _once(names: Sequence[str | None]) -> tuple[str | None, ...]:
    """Of two columns for the same thing, the first."""
    return tuple(name if name not in names[:place] else None for place, name in enumerate(names))


def _names_somebody(cell: str) -> bool:
    try:
        subject(cell)
    except InputError:
        return False
    return True


def subject(written: str) -> tuple[Kind, str]:
    """An address or a domain in its one spelling; `@example.com` is the domain.

    :raises InputError: when it is neither.
    """
    given = written.strip()
    for sign in ("*@", "@"):
        if given.startswith(sign):
            return Kind.DOMAIN, address.domain(given.removeprefix(sign))
    if "@" in given:
        return Kind.ADDRESS, address.normalised(given)
    return Kind.DOMAIN, address.domain(given)


def serves_everyone(kind: Kind, name: str) -> bool:
    """Whether it is the domain of a mail provider, where people of many companies are."""
    return kind is Kind.DOMAIN and company_domain(f"@{name}") is None


def _read(line: int, cells: Mapping[str, str], defaults: Defaults) -> Row:
    kind, name, hash_ = _whom(cells)
    if name and serves_everyone(kind, name) and not defaults.free_mail:
        msg = f"{name} is a mail provider for everyone; add --yes to suppress all of it"
        raise InputError(msg)
    written = cells.get("reason", "")
    reason = reason_in(written) if written else defaults.reason
    source = _source(cells.get("source", ""))
    if reason is Reason.MANUAL and source.lower() == "recipient":
        # Postmark's: the person pressed its unsubscribe link.
        reason = Reason.OPT_OUT
    at = _instant(cells.get("at", ""), defaults.now)
    return Row(
        line,
        Suppression(kind, hash_, name, reason or defaults.reason, source or defaults.source, at),
        reason_unknown=reason is None,
        time_unknown=bool(cells.get("at")) and at is None,
    )


def _whom(cells: Mapping[str, str]) -> tuple[Kind, str | None, str]:
    """Kind, subject and hash; the subject is None in a row that has the hash alone."""
    written, hash_ = cells.get("email") or cells.get("domain", ""), cells.get("hash", "").lower()
    if not written and not hash_:
        msg = "names nobody; write an address or a domain, or leave this row out"
        raise InputError(msg)
    if written:
        kind, name = subject(written)
        if hash_ and hash_ != hashed(name):
            msg = f"its hash is not that of {name}; leave one of the two out"
            raise InputError(msg)
        return kind, name, hashed(name)
    if not _HASH.fullmatch(hash_) or cells.get("kind") not in set(Kind):
        msg = "has a hash only; with it goes its kind, address or domain, and 64 digits 0-9a-f"
        raise InputError(msg)
    return Kind(cells["kind"]), None, hash_


def _source(written: str) -> str:
    return "".join(c for c in written if category(c)[0] != "C")[:_SOURCE_MAX]


def _instant(written: str, now: datetime) -> datetime | None:
    """ISO 8601 (without an offset: UTC), or seconds since 1970; None when it is neither."""
    try:
        if _EPOCH.fullmatch(written):
            return datetime.fromtimestamp(int(written), UTC)
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    # Before any arithmetic, which overflows at the ends of the calendar.
    if not _EARLIEST <= at.year <= now.year + 1:
        return None
    at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    return at if at <= now else None
