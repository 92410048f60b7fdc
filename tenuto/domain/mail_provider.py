"""Who runs a mailbox: how its servers are reached, and what they do to mail."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from tenuto.domain.errors import InputError


class Provider(StrEnum):
    """Whom a mailbox is connected to."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    #: Any server that takes a password.
    SMTP = "smtp"

    @property
    def oauth(self) -> bool:
        """Whether one signs in with a browser (OAuth 2.0), not with a password."""
        return self is not Provider.SMTP


@dataclass(frozen=True)
class Endpoint:
    """Where a server listens."""

    host: str
    port: int
    #: TLS from the first byte; else STARTTLS, which only a server on this machine may lack.
    tls: bool = False

    @classmethod
    def parse(cls, text: str, port: int, tls_port: int) -> Self:
        """From HOST:PORT; `port` where none is written, TLS from the first byte at `tls_port`.

        :raises InputError: when it is neither.
        """
        wrong = f"{text} is no server; write it like mail.example.com:{port}"
        try:
            parts = urlsplit(f"//{text.strip()}")
            host, written = parts.hostname, parts.port
            (host or "").encode("idna")
        except ValueError:
            raise InputError(wrong) from None
        if not host or written == 0 or parts.username or parts.netloc != text.strip():
            raise InputError(wrong)
        return cls(host, written or port, tls=(written or port) == tls_port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Servers:
    """A mailbox's two doors. Without the second, replies come by another way."""

    smtp: Endpoint
    imap: Endpoint | None


@dataclass(frozen=True)
class Habits:
    """What a provider does to mail; as `db.mailboxes.MailboxSettings` means it."""

    verp: bool
    keeps_message_id: bool
    self_dkim: bool
    sent_folder: bool


GOOGLE = Servers(Endpoint("smtp.gmail.com", 587), Endpoint("imap.gmail.com", 993, tls=True))
MICROSOFT = Servers(
    Endpoint("smtp.office365.com", 587), Endpoint("outlook.office365.com", 993, tls=True)
)
#: Both rewrite the envelope sender to the account's own, and sign what leaves.
HABITS = {
    Provider.GOOGLE: Habits(verp=False, keeps_message_id=True, self_dkim=False, sent_folder=True),
    Provider.MICROSOFT: Habits(
        verp=False, keeps_message_id=False, self_dkim=False, sent_folder=True
    ),
}
