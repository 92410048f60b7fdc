"""An SMTP server that takes our mail."""

import ipaddress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from tenuto.domain.errors import InputError
from tenuto.domain.mail_provider import Endpoint
from tenuto.mail.login import Login

_SHAPE = "write it like `smtp://user:password@mail.example.com:587` or `smtps://…`"


@dataclass(frozen=True)
class SmtpServer:
    """Where to connect, and how."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    #: TLS from the first byte (RFC 8314).
    tls: bool = False
    #: Whether STARTTLS must be offered; None: it is used if it is.
    starttls: bool | None = None
    #: Knows the password or the access token of this moment; None: `password` is it, or none.
    login: Login | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """From `smtp://` or `smtps://`. A password leaves this machine only under TLS."""
        try:
            parts = urlsplit(url)
            port = parts.port
            (parts.hostname or "").encode("idna")
        except ValueError:
            raise InputError(f"this SMTP address has no valid host and port; {_SHAPE}") from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise InputError(f"this isn't an SMTP address; {_SHAPE}")
        username = unquote(parts.username) if parts.username else None
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if username else 25),
            username=username,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
            starttls=False if tls or is_loopback(parts.hostname) else (True if username else None),
        )

    @classmethod
    def at(cls, endpoint: Endpoint, username: str, login: Login) -> Self:
        """A mailbox's own: without TLS only on this machine."""
        host = endpoint.host
        starttls = not (endpoint.tls or is_loopback(host))
        return cls(host, endpoint.port, username, tls=endpoint.tls, starttls=starttls, login=login)


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
