"""The mail tools, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from activities.dispatch import MailTools
from activities.mail_servers import MailServers
from activities.writing import Pen
from tenuto.domain.errors import InputError
from tenuto.domain.ids import TokenSigner
from tenuto.mail.connections import Connections
from tenuto.mail.safety import SafeMode
from tenuto.mail.server import SmtpServer
from tenuto.mail.signature import DkimKey
from tenuto.runtime.logins import Logins
from tenuto.runtime.settings import Settings


@asynccontextmanager
async def mail_tools(settings: Settings) -> AsyncIterator[MailTools]:
    """What a worker sends with; belongs to one event loop.

    :raises InputError: when an address or a key file can't be used.
    """
    default = SmtpServer.parse(settings.smtp_url.get_secret_value())
    async with Connections() as connections, Logins(settings) as logins:
        yield MailTools(
            pen=pen(settings),
            servers=MailServers(default, logins.of),
            connections=connections,
            safe_mode=safe_mode(settings),
            time_to_send=timedelta(seconds=settings.smtp_deadline),
            sends_per_mailbox=settings.sends_per_mailbox,
        )


def pen(settings: Settings) -> Pen:
    """What letters are written with."""
    return Pen(TokenSigner(settings.keys), _dkim(settings), settings.public_url)


def safe_mode(settings: Settings) -> SafeMode:
    """What may leave."""
    catcher = settings.catcher_url
    return SafeMode(
        on=settings.safe_mode,
        redirect_all=settings.redirect_all,
        allow=settings.allow,
        catcher=SmtpServer.parse(catcher) if catcher else None,
    )


def _dkim(settings: Settings) -> DkimKey | None:
    path, domain = settings.dkim_key_file, settings.dkim_domain
    if path is None:
        return None
    if domain is None:
        msg = "TENUTO_DKIM_KEY_FILE needs TENUTO_DKIM_DOMAIN: the domain whose DNS has the key"
        raise InputError(msg)
    try:
        key = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"TENUTO_DKIM_KEY_FILE must be a PEM file: {type(error).__name__}"
        raise InputError(msg) from None
    return DkimKey(domain=domain, selector=settings.dkim_selector, private_key=key)
