"""A provider's sign-in service: what it is asked for tokens (RFC 6749), over HTTPS only."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenuto.domain.errors import DependencyError, InputError, LoginError
from tenuto.mail.server import is_loopback

#: Seconds, for one request and its whole answer.
_PATIENCE = 20.0
_TOO_MANY, _SERVERS_FAULT, _OK = 429, 500, 200
#: The grant is no good any more, whoever we are: only a person at a browser gets another.
_ENDED = {"invalid_grant", "interaction_required", "login_required", "consent_required"}
#: Troubles of the service's own, whatever the status that they come with.
_LATER = {"temporarily_unavailable", "server_error"}
_WORD = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True)
class OAuthClient:
    """Who we are to a sign-in service, where that is, and what we ask to be allowed."""

    authorize_url: str
    token_url: str
    client_id: str
    scope: str
    #: Google gives one to programs like this, and it is asked for; Microsoft gives none.
    client_secret: str | None = field(default=None, repr=False)
    #: What else the page where one signs in is told.
    extra: tuple[tuple[str, str], ...] = ()
    #: This machine, as the provider lets it be named in an address to come back to.
    loopback: str = "127.0.0.1"

    def __post_init__(self) -> None:
        for url in (self.authorize_url, self.token_url):
            parts = urlsplit(url)
            local = parts.scheme == "http" and is_loopback(parts.hostname or "")
            if not parts.hostname or not (parts.scheme == "https" or local):
                msg = f"a sign-in service is reached by https, which {parts.scheme}://… is not"
                raise InputError(msg)


@dataclass(frozen=True)
class Grant:
    """Tokens, as they came. None of them shows in a repr."""

    access_token: str = field(repr=False)
    #: For how long the access token is good.
    seconds: float
    #: None: the one before stays good.
    refresh_token: str | None = field(repr=False)


class _Answer(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: str = Field(min_length=1, pattern=r"^[\x21-\x7e]+$")
    expires_in: float = Field(default=300, gt=0)
    refresh_token: str | None = Field(default=None, min_length=1)


async def redeem(client: OAuthClient, code: str, verifier: str, redirect_uri: str) -> Grant:
    """Tokens for the code that somebody was sent back with (RFC 7636 section 4.5).

    Raises as `refresh`.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return await _asked(client, form | {"code_verifier": verifier})


async def refresh(client: OAuthClient, refresh_token: str) -> Grant:
    """Tokens for a refresh token, which may be good for this once (RFC 6749 section 6).

    :raises LoginError: when it has ended or was taken back; connect the mailbox again.
    :raises InputError: when the service doesn't know us: the settings are wrong.
    :raises DependencyError: when it can't be reached or has troubles of its own; later, perhaps.
    """
    return await _asked(client, {"grant_type": "refresh_token", "refresh_token": refresh_token})


async def _asked(client: OAuthClient, form: dict[str, str]) -> Grant:
    form["client_id"] = client.client_id
    if client.client_secret:
        form["client_secret"] = client.client_secret
    # Causes are cut off: an error of httpx carries the request, and that our secrets.
    try:
        async with (
            asyncio.timeout(_PATIENCE),
            httpx.AsyncClient(follow_redirects=False, timeout=_PATIENCE) as http,
        ):
            answer = await http.post(client.token_url, data=form)
    except (httpx.HTTPError, TimeoutError, OSError) as error:
        msg = f"{_where(client)} can't be reached ({type(error).__name__}); it is tried again"
        raise DependencyError(msg) from None
    return _grant(client, answer)


def _grant(client: OAuthClient, answer: httpx.Response) -> Grant:
    if answer.status_code == _OK:
        try:
            found = _Answer.model_validate_json(answer.content)
        except ValidationError:
            raise DependencyError(f"{_where(client)} answered without an access token") from None
        return Grant(found.access_token, found.expires_in, found.refresh_token)
    error, status = _error(answer), answer.status_code
    if not error or error in _LATER or status == _TOO_MANY or status >= _SERVERS_FAULT:
        msg = f"{_where(client)} answered {status}; it is tried again"
        raise DependencyError(msg)
    if error in _ENDED:
        raise LoginError(f"{_where(client)} says {error}")
    msg = (
        f"{_where(client)} says {error}; check TENUTO_GOOGLE_CLIENT_ID and …_SECRET, "
        "or TENUTO_MICROSOFT_CLIENT_ID and …_TENANT"
    )
    raise InputError(msg)


def _error(answer: httpx.Response) -> str | None:
    """The error's name (RFC 6749 section 5.2). Its description isn't kept: who knows its words."""
    try:
        found: Any = answer.json()
    except ValueError:
        return None
    said = found.get("error") if isinstance(found, dict) else None
    return said if isinstance(said, str) and _WORD.fullmatch(said) else None


def _where(client: OAuthClient) -> str:
    return f"the sign-in service {urlsplit(client.token_url).hostname}"
