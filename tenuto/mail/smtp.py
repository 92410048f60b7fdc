"""Hands one letter to a server, phase by phase, so that what became of it is known.

aiosmtplib's `data()` writes the body and the final dot in one call and raises the same errors on
both sides of the server's 354. What they mean differs: before it nothing was sent, after it
nobody knows. So the phases are driven here.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPResponseException

from tenuto.domain.delivery import (
    LOGIN_REFUSED,
    OAUTH_UNAVAILABLE,
    Fate,
    NotSent,
    Refused,
    Sent,
    Unclear,
)
from tenuto.domain.errors import DependencyError, TenutoError
from tenuto.mail.connections import Connections, Line, goodbye
from tenuto.mail.letter import Letter
from tenuto.mail.server import SmtpServer
from tenuto.mail.smtp_login import LoginRefusedError, enter
from tenuto.mail.smtp_reply import Reply, blames_recipient, stored_message_id

_GO_AHEAD = 354
#: What servers say to a session whose login has ended: not now, not without one.
_LOGIN_OVER = frozenset({421, 451, 530, 535})
#: Seconds.
_NOTICED = 0.5
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")


class _Deadline:
    """Seconds from now. A clock that leapt, as after a suspended machine, counts as passed."""

    def __init__(self, seconds: float) -> None:
        self.at = asyncio.get_running_loop().time() + seconds
        self._wall = time.time() + seconds

    @property
    def passed(self) -> bool:
        return asyncio.get_running_loop().time() >= self.at or time.time() >= self._wall


class _StaleError(Exception):
    """A kept connection takes no other mail; a fresh one may."""


async def deliver(
    letter: Letter, server: SmtpServer, seconds: float, connections: Connections
) -> Fate:
    """Hand over a letter within so many seconds, and say what became of it.

    Raises nothing but a cancellation; after one, nobody knows the outcome. Replies may hold the
    recipient's address: they are for the database, not for a log.
    """
    deadline = _Deadline(seconds)
    line = Line(server, letter.message_id.rpartition("@")[2].rstrip(">"))
    if (kept := connections.kept(line)) is not None:
        with suppress(_StaleError):
            return await _converse(kept, letter, deadline, line, connections)
    fate = await _converse(line.open(), letter, deadline, line, connections)
    if _too_many(fate) and connections.let_go(server):
        # The idle ones may have been the many; the server needs a moment to see that they ended.
        await asyncio.sleep(_NOTICED)
        fate = await _converse(line.open(), letter, deadline, line, connections)
    return fate


def _too_many(fate: Fate) -> bool:
    """Whether the server wouldn't serve this connection; nothing was sent then."""
    return isinstance(fate, NotSent) and fate.reply.startswith("421")


async def _converse(
    client: SMTP, letter: Letter, deadline: _Deadline, line: Line, connections: Connections
) -> Fate:
    try:
        fate = await _prepare(client, letter, deadline, line.server)
        if fate is None:
            fate = await _hand_over(client, letter, deadline)
    except BaseException:
        _cut(client)
        raise
    # Only after an accepted mail is it known what the server waits for: the next one.
    if isinstance(fate, Sent) and not _said_more(client):
        connections.keep(line, client)
        return fate
    if not isinstance(fate, Unclear):
        goodbye(client)
    _cut(client)
    return fate


def _said_more(client: SMTP) -> bool:
    """Whether something follows the last answer already: it would be taken for the next one's."""
    protocol = client.protocol
    return protocol is None or bool(protocol._buffer)  # noqa: SLF001 - nobody else knows


async def _prepare(
    client: SMTP, letter: Letter, deadline: _Deadline, server: SmtpServer
) -> Fate | None:
    """Everything up to the server's 354, or what became of the letter without one."""
    reused = client.is_connected
    try:
        async with asyncio.timeout_at(deadline.at):
            if not reused:
                await enter(client, server)
            fate = await _envelope(client, letter, deadline, reused=reused)
        if reused and server.username and _login_over(fate):
            raise _StaleError
        return fate
    except LoginRefusedError as refused:
        reply = Reply.read(refused.code, refused.text)
        return NotSent(LOGIN_REFUSED, reply=str(reply), ours=True)
    except DependencyError as error:
        return NotSent(OAUTH_UNAVAILABLE, reply=str(error))
    except TenutoError as error:
        return NotSent(LOGIN_REFUSED, reply=str(error), ours=True)
    except SMTPResponseException as error:
        return _refused(Reply.read(error.code, error.message))
    except TimeoutError:
        return NotSent("smtp_deadline")
    except OSError:
        return NotSent("smtp_no_connection")
    except SMTPException as error:
        # The server offers no TLS, or no way to log in, and our settings ask for it.
        return NotSent("smtp_refused", reply=error.message, ours=True)


def _login_over(fate: Fate | None) -> bool:
    return (
        isinstance(fate, NotSent)
        and fate.reply[:3].isdecimal()
        and (int(fate.reply[:3]) in _LOGIN_OVER)
    )


async def _envelope(
    client: SMTP, letter: Letter, deadline: _Deadline, *, reused: bool
) -> Fate | None:
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    encoding = "utf-8" if _needs_utf8(letter) else "ascii"
    if _needs_utf8(letter) and not client.supports_extension("smtputf8"):
        return NotSent("smtp_no_smtputf8", final=True)
    if deadline.passed:
        return NotSent("smtp_deadline")
    options = list(_mail_options(client, letter))
    try:
        await client.mail(letter.envelope_from, options=options, encoding=encoding)
    except (OSError, SMTPException) as error:
        if reused:
            raise _StaleError from error
        raise
    options = list(_rcpt_options(client, letter))
    try:
        await client.rcpt(letter.envelope_to, options=options, encoding=encoding)
    except SMTPRecipientRefused as error:
        reply = Reply.read(error.code, error.message)
        return Refused(str(reply), recipient=True) if blames_recipient(reply) else _refused(reply)
    if deadline.passed:
        return NotSent("smtp_deadline")
    reply = Reply.read(*await client.execute_command(b"DATA"))
    return None if reply.code == _GO_AHEAD else _refused(reply)


async def _hand_over(client: SMTP, letter: Letter, deadline: _Deadline) -> Fate:
    """The message, the final dot, and the answer to them."""
    protocol = client.protocol
    if protocol is None or not protocol.is_connected:
        return NotSent("smtp_no_connection")
    if deadline.passed:
        return NotSent("smtp_deadline")
    try:
        async with asyncio.timeout_at(deadline.at):
            protocol.write(_on_the_wire(letter.raw))
            reply = Reply.read(*await protocol.read_response())
    except TimeoutError:
        return Unclear("smtp_deadline_after_data")
    except (OSError, SMTPException):
        return Unclear("smtp_lost_after_data")
    return _answered(reply, letter)


def _answered(reply: Reply, letter: Letter) -> Fate:
    if reply.temporary:
        return NotSent("smtp_temporary", reply=str(reply))
    if reply.permanent:
        return Refused(str(reply), recipient=False)
    if not reply.positive:
        return Unclear("smtp_strange_answer")
    return Sent(str(reply), None if letter.keeps_message_id else stored_message_id(reply))


def _refused(reply: Reply) -> Fate:
    """What a refusal before the message means: nothing was sent, and we are to blame for a 5xx."""
    if reply.permanent:
        return NotSent("smtp_refused", reply=str(reply), ours=True)
    return NotSent("smtp_temporary", reply=str(reply))


def _mail_options(client: SMTP, letter: Letter) -> Iterator[str]:
    if not letter.raw.isascii() and client.supports_extension("8bitmime"):
        yield "BODY=8BITMIME"
    if _needs_utf8(letter):
        yield "SMTPUTF8"
    if client.supports_extension("dsn"):
        yield "RET=HDRS"
        yield f"ENVID={_xtext(letter.message_id.strip('<>').partition('@')[0])}"


def _rcpt_options(client: SMTP, letter: Letter) -> Iterator[str]:
    """RFC 3461: report failures and delays, and say in them whom we wrote to."""
    if client.supports_extension("dsn"):
        yield "NOTIFY=FAILURE,DELAY"
        if letter.envelope_to.isascii():
            yield f"ORCPT=rfc822;{_xtext(letter.envelope_to)}"


def _needs_utf8(letter: Letter) -> bool:
    header = letter.raw.partition(b"\r\n\r\n")[0]
    return not (header.isascii() and letter.envelope_to.isascii())


def _xtext(text: str) -> str:
    """RFC 3461 section 4."""
    return _NOT_XTEXT.sub(lambda match: f"+{ord(match[0]):02X}", text)


def _on_the_wire(raw: bytes) -> bytes:
    """Lines end in CRLF, leading dots are doubled, a dot ends it (RFC 5321 section 4.5.2)."""
    lines = _LINE_END.sub(b"\r\n", raw).removesuffix(b"\r\n") + b"\r\n"
    return _LEADING_DOT.sub(b"..", lines) + b".\r\n"


def _cut(client: SMTP) -> None:
    """End the connection at once: what is still to be written mustn't leave after the deadline."""
    if client.transport is not None:
        cast("asyncio.WriteTransport", client.transport).abort()
    client.close()
