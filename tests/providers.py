"""Submission servers that do to mail what Microsoft 365 and Gmail do, over real SMTP."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Literal, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:[ \t]*(?:\r\n[ \t]+)?(<[^>]+>)")
_NOT_YOURS = "550 5.7.60 SMTP; Client does not have permissions to send as this sender"


@dataclass(frozen=True)
class Delivered:
    """One mail as its recipient gets it."""

    envelope_from: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message_id(self) -> str:
        found = _MESSAGE_ID.search(self.raw)
        assert found is not None
        return found[1].decode()

    @property
    def header(self) -> str:
        return self.raw.partition(b"\r\n\r\n")[0].decode()


@dataclass
class Submission:
    """Given the account, and where copies of sent mail go."""

    account: str
    provider: Literal["microsoft", "gmail"]
    copied: Callable[[bytes], Awaitable[None]]
    #: Whether the answer to DATA names the mail, as Exchange Online's does.
    says_name: bool = True
    #: Takes the mail, and then the connection breaks before it can say so.
    breaks: bool = False
    delivered: list[Delivered] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    async def handle_MAIL(
        self, server: SMTP, session: Session, mail: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        if self.provider == "microsoft" and address.lower() != self.account:
            return _NOT_YOURS
        # Gmail takes any, and writes the account's own.
        mail.mail_from = self.account
        mail.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_DATA(self, server: SMTP, session: Session, mail: Envelope) -> str:
        del session
        raw = mail.original_content or b""
        name = None
        if self.provider == "microsoft":
            name = f"<AM0PR{next(self._numbers):08}@eurprd01.prod.outlook.example>"
            raw = _renamed(raw, name)
        self.delivered.append(Delivered(mail.mail_from or "", tuple(mail.rcpt_tos), raw))
        await self.copied(raw)
        if self.breaks:
            cast("asyncio.Transport", server.transport).abort()
        host = "AM0PR01MB0001.eurprd01.prod.outlook.example"
        said = f" {name} [Hostname={host}]" if name and self.says_name else ""
        return f"250 2.0.0 OK{said}"


def _renamed(raw: bytes, name: str) -> bytes:
    """Microsoft's own name, and ours kept in a field beside it."""

    def both(found: re.Match[bytes]) -> bytes:
        return (f"Message-ID: {name}\r\nX-Microsoft-Original-Message-ID:\r\n ".encode()
                + found[1])  # fmt: skip

    return _MESSAGE_ID.sub(both, raw, count=1)


@asynccontextmanager
async def listening(submission: Submission) -> AsyncIterator[int]:
    """Until the block ends; gives the port. Any password is right."""

    def knows(*_: object) -> AuthResult:
        return AuthResult(success=True, handled=False)

    factory = partial(SMTP, submission, authenticator=knows, auth_require_tls=False)
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
