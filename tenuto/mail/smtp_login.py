"""Connects to a mailbox's own SMTP server and logs in."""

import asyncio
from base64 import b64encode

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException
from aiosmtplib.auth import auth_plain_encode, auth_xoauth2_encode

from tenuto.domain.errors import DependencyError, LoginError
from tenuto.mail.connections import Line, goodbye
from tenuto.mail.login import Login
from tenuto.mail.server import SmtpServer

_PERMANENT = 5
#: Seconds, for a login that nothing is sent after.
_PATIENCE = 30.0


class LoginRefusedError(Exception):
    """The server refuses the login for good; `code` and `text` are its words, without secrets."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


async def enter(client: SMTP, server: SmtpServer) -> None:
    """Connect, and log in where the server asks for it.

    If what we show is refused and there is something newer, once more over another connection.

    :raises LoginRefusedError: by the server.
    :raises LoginError: there is nothing to log in with; InputError: settings or secrets are wrong.
    :raises DependencyError: the sign-in service is out of reach.
    :raises SMTPException: as aiosmtplib says.
    """
    if server.login is None:
        await _by_settings(client, server)
        return
    credential = await server.login.credential()
    await client.connect()
    try:
        await _log_in(client, server, server.login, credential)
    except LoginRefusedError as refused:
        goodbye(client)
        try:
            credential = await server.login.credential(refused=credential)
        except LoginError:
            raise refused from None
        await client.connect()
        await _log_in(client, server, server.login, credential)


async def prove(server: SmtpServer, hello: str) -> None:
    """Log in and leave.

    :raises LoginError: when the login is refused, or there is nothing to log in with.
    :raises InputError: when settings or secrets are missing.
    :raises DependencyError: when the server can't be reached, or has troubles of its own.
    """
    client = Line(server, hello).open()
    where = f"{server.host}:{server.port}"
    try:
        async with asyncio.timeout(_PATIENCE):
            await enter(client, server)
    except LoginRefusedError as refused:
        raise LoginError(f"{where} refuses the login: {refused.code} {refused.text}") from None
    except SMTPResponseException as error:
        raise DependencyError(f"{where} answered {error.code} {error.message}") from None
    except SMTPException as error:
        raise DependencyError(f"{where}: {error.message}") from None
    except (OSError, TimeoutError) as error:
        raise DependencyError(f"{where} can't be reached ({type(error).__name__})") from None
    finally:
        goodbye(client)


async def _by_settings(client: SMTP, server: SmtpServer) -> None:
    try:
        await client.connect()
    except SMTPAuthenticationError as error:
        raise _judged(error, server.username or "", server.password or "") from None


async def _log_in(client: SMTP, server: SmtpServer, login: Login, credential: str) -> None:
    username = server.username or ""
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    try:
        if not login.oauth:
            await client.login(username, credential)
        elif "xoauth2" in client.server_auth_methods:
            await client.auth_xoauth2(username, credential)
        else:
            raise SMTPException("the server offers no XOAUTH2")
    except SMTPAuthenticationError as error:
        raise _judged(error, username, credential) from None


def _judged(
    error: SMTPAuthenticationError, username: str, credential: str
) -> LoginRefusedError | SMTPResponseException:
    """A refusal for good, or "later"; a server may quote what it was shown, and we don't."""
    text = error.message
    for shown in _shown(username, credential) if credential else ():
        text = text.replace(shown, "…")
    if error.code // 100 == _PERMANENT:
        return LoginRefusedError(error.code, text)
    return SMTPResponseException(error.code, text)


def _shown(username: str, credential: str) -> tuple[str, ...]:
    """All that the server heard of the credential."""
    return (
        credential,
        b64encode(credential.encode()).decode(),
        auth_xoauth2_encode(username, credential).decode(),
        auth_plain_encode(username, credential).decode(),
    )
