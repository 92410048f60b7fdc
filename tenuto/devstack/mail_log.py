"""Every mail that the catcher took: one JSON line each, the mail itself in a file beside it.

The log is the SMTP side's own account of what was sent: duplicates are counted from it.
"""

import email.policy
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from pydantic import BaseModel, ConfigDict

TOKEN_HEADER = "X-Tenuto-Token"  # noqa: S105 - a header's name


class CaughtMail(BaseModel):
    """One line of the log."""

    model_config = ConfigDict(frozen=True)

    #: Counts from 1; the mail itself is `<number>.eml`.
    number: int
    #: When DATA ended.
    at: datetime
    #: MAIL FROM, `""` for the null return path.
    envelope_from: str
    #: Those of RCPT TO that were accepted.
    recipients: tuple[str, ...]
    message_id: str
    subject: str
    from_header: str
    to_header: str
    #: Of our own header, or "" when there is none.
    token: str


class MailLog:
    """The mails of a folder, oldest first. Kept over restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "mails.jsonl"
        self._mails = [CaughtMail.model_validate_json(line) for line in _whole_lines(self._path)]

    @property
    def mails(self) -> Sequence[CaughtMail]:
        return tuple(self._mails)

    def find(self, number: int) -> CaughtMail | None:
        return self._mails[number - 1] if 1 <= number <= len(self._mails) else None

    def raw(self, mail: CaughtMail) -> bytes:
        """The mail as it came over SMTP, without the dots."""
        return self._file(mail.number).read_bytes()

    def add(self, envelope_from: str, recipients: Sequence[str], raw: bytes) -> CaughtMail:
        """Keep a mail: its file first, so that every line of the log has one."""
        mail = _describe(len(self._mails) + 1, envelope_from, recipients, raw)
        self._file(mail.number).write_bytes(raw)
        with self._path.open("a", encoding="utf-8") as log:
            log.write(mail.model_dump_json() + "\n")
        self._mails.append(mail)
        return mail

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:06}.eml"


def parse(raw: bytes) -> EmailMessage:
    """Read a mail by the modern rules, body and all."""
    return BytesParser(EmailMessage, policy=email.policy.SMTP).parsebytes(raw)


def _describe(number: int, envelope_from: str, recipients: Sequence[str], raw: bytes) -> CaughtMail:
    headers = parse(raw)

    def header(name: str) -> str:
        return str(headers.get(name, ""))

    return CaughtMail(
        number=number,
        at=datetime.now(UTC),
        envelope_from=envelope_from,
        recipients=tuple(recipients),
        message_id=header("Message-ID"),
        subject=header("Subject"),
        from_header=header("From"),
        to_header=header("To"),
        token=header(TOKEN_HEADER),
    )


def _whole_lines(path: Path) -> list[str]:
    """The log's lines; cuts off what a kill in mid-write left, or the next line would join it."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        path.write_bytes(whole)
    return whole.decode().splitlines()
