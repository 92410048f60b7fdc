"""How one logs in to each mailbox's own servers, as the settings say."""

import asyncio
from types import TracebackType
from typing import Self

from db.mailbox_servers import MailboxServer
from tenuto.domain.errors import InputError, LoginError
from tenuto.domain.mail_provider import Provider, Servers
from tenuto.mail import oauth_providers
from tenuto.mail.login import Login, NoLogin, StoredPassword
from tenuto.mail.oauth import OAuthClient
from tenuto.mail.secrets import Secrets
from tenuto.mail.tokens import AccessTokens
from tenuto.runtime.settings import Settings


class Logins:
    """Belongs to one event loop, which mustn't end before it: a refresh would be lost."""

    def __init__(self, settings: Settings) -> None:
        self.secrets = Secrets(settings.secrets_dir)
        self._settings = settings
        self._known: dict[tuple[object, ...], Login] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let refreshes end that are under way."""
        tokens = [login for login in self._known.values() if isinstance(login, AccessTokens)]
        await asyncio.gather(*(login.finished() for login in tokens))

    def of(self, server: MailboxServer) -> Login:
        """The same one each time, for it keeps its tokens, and its connections go by it."""
        key = (server.provider, server.servers, server.address, server.secret, server.tenant)
        if key not in self._known:
            self._known[key] = self._made(server)
        return self._known[key]

    def _made(self, server: MailboxServer) -> Login:
        again = f"tenuto mailbox connect {server.provider.value} {server.address}"
        if not server.provider.oauth:
            return StoredPassword(self.secrets, server.secret, again)
        try:
            client = oauth_client(
                self._settings, server.provider, server.address, server.servers, server.tenant
            )
        except InputError as error:
            return NoLogin(LoginError(str(error)))
        return AccessTokens(client, self.secrets, server.secret, again)


def oauth_client(
    settings: Settings, provider: Provider, address: str, servers: Servers, tenant: str | None
) -> OAuthClient:
    """Who we are to a provider.

    :raises InputError: naming the setting that is missing.
    """
    if provider is Provider.GOOGLE:
        client_id = _set(settings.google_client_id, "TENUTO_GOOGLE_CLIENT_ID")
        secret = settings.google_client_secret
        return oauth_providers.google(
            client_id, secret.get_secret_value() if secret else None, address
        )
    client_id = _set(settings.microsoft_client_id, "TENUTO_MICROSOFT_CLIENT_ID")
    tenant = tenant or settings.microsoft_tenant
    return oauth_providers.microsoft(
        client_id, tenant, address, servers, settings.microsoft_login_url
    )


def _set(value: str | None, name: str) -> str:
    if not value:
        msg = f"{name} is not set: docs/mailboxes.md tells how to get a client id"
        raise InputError(msg)
    return value
