"""The door that mail servers use: SMTP, and LMTP for one of our own.

It answers 250 when the mail is committed, 451 when it can't be now, so that the sender tries
again, and 550 or 552 to what it would never take. It relays nothing and sends nothing back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from weakref import WeakSet

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Conversation

from db import inbound
from db.engine import connected
from tenuto.domain.arrival import Envelope
from tenuto.domain.correlate import token_of
from tenuto.inbound.listening import listen
from tenuto.inbound.pipeline import CANT_STORE, Pipeline

SIZE_MAX = 10 * 1024 * 1024
RECIPIENTS_MAX = 50
_LATER = "451 4.3.0 can't store the mail now; try again later"
_UNKNOWN = "550 5.1.1 no such recipient here"
_TOO_MANY = "452 4.5.3 too many recipients; send the rest in another mail"
_TAKEN = "250 2.0.0 taken"

log = structlog.get_logger()


class _Smtp(SMTP):
    # Real mail breaks RFC 5321's 1,000 octets a line; to refuse it would lose replies.
    line_length_limit = 256 * 1024


class _Lmtp(LMTP):
    line_length_limit = _Smtp.line_length_limit


class SmtpDoor:
    """What aiosmtpd asks, by its names, in one protocol."""

    def __init__(self, pipeline: Pipeline, protocol: type[SMTP], name: str) -> None:
        self._pipeline = pipeline
        self._protocol = protocol
        self._name = name
        self._conversations: WeakSet[SMTP] = WeakSet()

    def conversation(self) -> SMTP:
        """One connection's protocol."""
        made = self._protocol(
            self,
            data_size_limit=SIZE_MAX,
            enable_SMTPUTF8=True,
            ident="Tenuto",
            hostname="tenuto",
            loop=asyncio.get_running_loop(),
        )
        self._conversations.add(made)
        return made

    def hang_up(self) -> None:
        """End every conversation; what wasn't answered with 250 is sent again."""
        for conversation in self._conversations:
            if conversation.transport is not None:
                conversation.transport.close()

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, mail: Conversation, address: str, _options: object
    ) -> str:
        if len(mail.rcpt_tos) >= RECIPIENTS_MAX:
            return _TOO_MANY
        if not (address + (mail.mail_from or "")).isprintable():
            # Control characters and halves of them: no address, and nothing that can be stored.
            return _UNKNOWN
        try:
            ours = await self._ours(address.lower())
        except CANT_STORE as error:
            log.warning("door_closed", door=self._name, error=type(error).__name__)
            return _LATER
        if not ours:
            return _UNKNOWN
        mail.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def _ours(self, address: str) -> bool:
        """A tagged address with a token of ours, or a mailbox that we send from, with any tag."""
        if token_of(address, self._pipeline.signer):
            return True
        local, _, domain = address.rpartition("@")
        async with connected(self._pipeline.engine) as connection:
            return await inbound.is_mailbox(connection, f"{local.partition('+')[0]}@{domain}")

    async def handle_DATA(self, _server: SMTP, _session: Session, mail: Conversation) -> str:
        envelope = Envelope(
            sender=(mail.mail_from or "").lower(),
            recipients=tuple(address.lower() for address in mail.rcpt_tos),
            received_at=datetime.now(UTC),
        )
        try:
            await self._pipeline.receive(mail.original_content or b"", envelope, self._name)
        except CANT_STORE as error:
            log.warning("door_closed", door=self._name, error=type(error).__name__)
            return self._for_each(_LATER, mail)
        return self._for_each(_TAKEN, mail)

    def _for_each(self, answer: str, mail: Conversation) -> str:
        """LMTP wants an answer for each recipient (RFC 2033 section 4.2)."""
        times = len(mail.rcpt_tos) if issubclass(self._protocol, LMTP) else 1
        return "\r\n".join([answer] * times)

    async def handle_exception(self, error: Exception) -> str:
        """A bug of ours must not bounce somebody's mail: the sender keeps it, and tries again."""
        log.error("door_failed", door=self._name, error=type(error).__name__)
        return _LATER


@asynccontextmanager
async def smtp_door(
    pipeline: Pipeline, host: str, port: int, *, lmtp: bool = False
) -> AsyncIterator[int]:
    """Listen inside the block; gives the port.

    :raises DependencyError: when the port is taken.
    """
    name = "lmtp" if lmtp else "smtp"
    door = SmtpDoor(pipeline, _Lmtp if lmtp else _Smtp, name)
    listener = listen(host, port, f"TENUTO_INBOUND_{name.upper()}_PORT")
    server = await asyncio.get_running_loop().create_server(door.conversation, sock=listener)
    try:
        yield listener.getsockname()[1]
    finally:
        server.close()
        door.hang_up()
        await server.wait_closed()
        # The tasks of the conversations end in the next round of the loop.
        await asyncio.sleep(0)
