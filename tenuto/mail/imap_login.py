"""Logs in to a mailbox's IMAP server. imaplib blocks, so that it works in a thread."""

import asyncio
import imaplib
import ssl
from collections.abc import Iterator

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import UnexpectedCommandStatusError

from tenuto.domain.errors import DependencyError, LoginError
from tenuto.domain.mail_provider import Endpoint
from tenuto.mail.login import Login
from tenuto.mail.server import is_loopback

#: Seconds, for each answer.
_PATIENCE = 20.0
_FAILURES = (OSError, imaplib.IMAP4.error, UnexpectedCommandStatusError)
#: Refusals that say nothing of the login (RFC 5530; Gmail's and Exchange's own words).
_NOT_NOW = ("[unavailable]", "[inuse]", "[limit]", "[serverbug]", "too many", "not connected")


async def prove(endpoint: Endpoint, username: str, login: Login) -> None:
    """Log in and leave; once more if what we showed is refused, and there is something newer.

    :raises LoginError: when the login is refused, or there is nothing to log in with.
    :raises InputError: when settings or secrets are missing.
    :raises DependencyError: when the server or the sign-in service can't be reached.
    """
    credential = await login.credential()
    try:
        await asyncio.to_thread(_visit, endpoint, username, credential, oauth=login.oauth)
    except LoginError as refused:
        try:
            credential = await login.credential(refused=credential)
        except LoginError:
            raise refused from None
        await asyncio.to_thread(_visit, endpoint, username, credential, oauth=login.oauth)


def opened(endpoint: Endpoint, username: str, credential: str, *, oauth: bool) -> BaseMailBox:
    """A mailbox that is logged in, with no folder chosen; blocks. The caller logs out.

    :raises LoginError: when the server refuses the login.
    :raises DependencyError: when it can't be reached.
    """
    try:
        mailbox = _connected(endpoint)
    except _FAILURES as error:
        raise DependencyError(f"{endpoint} can't be reached ({type(error).__name__})") from None
    try:
        if oauth:
            _xoauth2(mailbox, username, credential)
        else:
            mailbox.login(username, credential, initial_folder=None)
    except _FAILURES as error:
        mailbox.client.shutdown()
        raise _judged(error, endpoint) from None
    return mailbox


def _judged(error: Exception, endpoint: Endpoint) -> LoginError | DependencyError:
    """The server's words stay here: it may quote what it was shown."""
    if isinstance(error, OSError | imaplib.IMAP4.abort):
        return DependencyError(f"{endpoint} hung up ({type(error).__name__})")
    if any(words in str(error).lower() for words in _NOT_NOW):
        return DependencyError(f"{endpoint} can't say now whether it takes the login")
    return LoginError(f"{endpoint} refuses the login")


def _connected(endpoint: Endpoint) -> BaseMailBox:
    # Left out, Python 3.11 looks at no certificate.
    context = ssl.create_default_context()
    where = (endpoint.host, endpoint.port)
    if endpoint.tls:
        return MailBox(*where, timeout=_PATIENCE, ssl_context=context)
    if is_loopback(endpoint.host):
        return MailBoxUnencrypted(*where, timeout=_PATIENCE)
    return MailBoxStartTls(*where, timeout=_PATIENCE, ssl_context=context)


def _xoauth2(mailbox: BaseMailBox, username: str, token: str) -> None:
    """As `BaseMailBox.xoauth2`, which answers a refusal's challenge with the token once more."""
    said: Iterator[bytes] = iter([f"user={username}\1auth=Bearer {token}\1\1".encode()])
    status, _ = mailbox.client.authenticate("XOAUTH2", lambda _: next(said, b""))
    if status != "OK":
        raise imaplib.IMAP4.error(status)


def _visit(endpoint: Endpoint, username: str, credential: str, *, oauth: bool) -> None:
    mailbox = opened(endpoint, username, credential, oauth=oauth)
    try:
        mailbox.logout()
    except (OSError, imaplib.IMAP4.error):
        mailbox.client.shutdown()
