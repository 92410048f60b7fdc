"""Folders of labelled mail, with a table `labels.tsv` of file, label, subtype and note."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from pathlib import Path

from tenuto.domain.arrival import Envelope
from tenuto.mail import mime

LABELS = (
    "bounce", "bounce_hard", "bounce_soft", "delayed", "complaint", "unsubscribe", "ooo", "auto",
    "reply", "other",
)  # fmt: skip
#: Such files aren't mails: there is nothing to classify.
_BODY = "body-text-only"
#: Of a mail without a date that can be read.
_SOME_DAY = datetime(2020, 1, 1, tzinfo=UTC)


class FolderError(Exception):
    """What is wrong with a folder, where, and what to do."""


@dataclass(frozen=True)
class Labelled:
    """One message and what it is."""

    path: Path
    label: str
    raw: bytes


@dataclass(frozen=True)
class Labels:
    """What a folder holds, in the order of its table."""

    mails: tuple[Labelled, ...]
    #: Lines that can't be used: where, why, and what to do.
    problems: tuple[str, ...]


def folders(paths: Iterable[Path]) -> Iterator[Path]:
    """Those with a table: a path itself, or the folders in it; files between them are no sets.

    :raises FolderError: where there is none.
    """
    for path in paths:
        inner = sorted(found.parent for found in path.glob("*/labels.tsv"))
        if (path / "labels.tsv").is_file() or not (inner or path.is_file()):
            yield path
        else:
            yield from inner


def read(folder: Path) -> Labels:
    """The folder's messages; none of a set of bare bodies.

    :raises FolderError: when its table can't be read.
    """
    table = folder / "labels.tsv"
    try:
        with table.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{table} can't be read ({error}); name a folder that has one") from None
    mails, problems = [], []
    for number, row in enumerate(rows, start=2):
        if row.get("subtype") == _BODY:
            continue
        try:
            mails.append(_mail(folder, row))
        except FolderError as error:
            problems.append(f"{table}, line {number}: {error}")
    return Labels(tuple(mails), tuple(problems))


def _mail(folder: Path, row: dict[str, str]) -> Labelled:
    name, label = row.get("file"), row.get("label")
    if not name or label not in LABELS:
        wanted = ", ".join(LABELS)
        raise FolderError(f"the columns file and label want a file and one of {wanted}; correct it")
    try:
        return Labelled(folder / name, label, (folder / name).read_bytes())
    except OSError as error:
        raise FolderError(
            f"{name} can't be read ({error.strerror}); take the line out or add the file"
        ) from None


def envelope(raw: bytes) -> Envelope:
    """The envelope that the last server wrote down.

    Return-Path is MAIL FROM; without it the line of a Unix mailbox is, where it names a
    mailer-daemon; else From stands in. To that which is delivered, Delivered-To is nearer than To.
    """
    mail = mime.header(raw)
    to = mime.field(mail, "Delivered-To") or mime.field(mail, "To")
    recipients = tuple(address.lower() for _, address in getaddresses([to]) if address)
    return Envelope(_sender(mail), recipients, _received_at(mail))


def referenced(raw: bytes) -> bool:
    """Whether it has In-Reply-To or References, in whatever form."""
    mail = mime.header(raw)
    return bool(mime.field(mail, "In-Reply-To") or mime.field(mail, "References"))


def _sender(mail: Message) -> str:
    if "Return-Path" in mail:
        return parseaddr(mime.field(mail, "Return-Path"))[1].lower()
    first = (mail.get_unixfrom() or "").split()
    if len(first) > 1 and (first[1] == "<>" or first[1].lower().startswith("mailer-daemon")):
        return ""
    return parseaddr(mime.field(mail, "From"))[1].lower() or "nobody@localhost"


def _received_at(mail: Message) -> datetime:
    try:
        told = parsedate_to_datetime(mime.field(mail, "Date"))
        return told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return _SOME_DAY
