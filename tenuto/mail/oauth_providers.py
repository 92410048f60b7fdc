"""Where Google and Microsoft are asked, and for what."""

from urllib.parse import quote

from tenuto.domain.mail_provider import MICROSOFT, Servers
from tenuto.mail.oauth import OAuthClient

#: Where Microsoft is asked, outside its national clouds.
MICROSOFT_LOGIN = "https://login.microsoftonline.com"
_MICROSOFT_MAIL = "outlook.office.com"


def google(client_id: str, client_secret: str | None, address: str) -> OAuthClient:
    """For a client of the kind "Desktop app"; its secret is none, but is asked for."""
    return OAuthClient(
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        client_id=client_id,
        client_secret=client_secret,
        scope="https://mail.google.com/",
        # Without these there is no refresh token, or only the first time.
        extra=(("access_type", "offline"), ("prompt", "consent"), ("login_hint", address)),
    )


def microsoft(
    client_id: str, tenant: str, address: str, servers: Servers, login: str = MICROSOFT_LOGIN
) -> OAuthClient:
    """For a public client whose redirect address is `http://localhost`."""
    base = f"{login.rstrip('/')}/{quote(tenant, safe='')}/oauth2/v2.0"
    # In a national cloud, what one is allowed is named after its own IMAP server.
    elsewhere = servers.imap is not None and servers.imap != MICROSOFT.imap
    mail = servers.imap.host if servers.imap and elsewhere else _MICROSOFT_MAIL
    scopes = f"https://{mail}/SMTP.Send https://{mail}/IMAP.AccessAsUser.All offline_access"
    return OAuthClient(
        authorize_url=f"{base}/authorize",
        token_url=f"{base}/token",
        client_id=client_id,
        scope=scopes,
        extra=(("prompt", "select_account"), ("login_hint", address)),
        loopback="localhost",  # the one for which Microsoft looks at no port
    )
