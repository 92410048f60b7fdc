"""Signing in with a browser: the authorization code with PKCE (RFC 7636), back to this machine."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tenuto.domain.errors import InputError, LoginError
from tenuto.mail import oauth
from tenuto.mail.oauth import Grant, OAuthClient

_BYTES = 48


@dataclass(frozen=True)
class SignIn:
    """One attempt: what is sent along, and what must come back."""

    client: OAuthClient
    #: Where the browser is sent back to, with a code.
    redirect_uri: str
    _state: str = field(repr=False)
    _verifier: str = field(repr=False)

    @classmethod
    def begun(cls, client: OAuthClient, port: int) -> Self:
        """With a listener on this port of this machine."""
        redirect_uri = f"http://{client.loopback}:{port}"
        return cls(
            client, redirect_uri, secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES)
        )

    @property
    def url(self) -> str:
        """The page where a person signs in and agrees."""
        digest = hashlib.sha256(self._verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.client.scope,
            "state": self._state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.client.authorize_url}?{urlencode(asked | dict(self.client.extra))}"

    def code(self, address: str) -> str:
        """The code in the address that the browser was led to; whole, or from its `/` on.

        :raises InputError: when it answers another sign-in, or none.
        :raises LoginError: when the person or the provider said no.
        """
        try:
            said = parse_qs(urlsplit(address.strip()).query)
        except ValueError:
            said = {}
        if not hmac.compare_digest(_one(said, "state").encode(), self._state.encode()):
            raise InputError(
                "this isn't the address that this sign-in leads to; paste all of it, or begin anew"
            )
        code = _one(said, "code")
        if code:
            return code
        word = _one(said, "error")
        word = word if word.isascii() and word.replace("_", "").isalpha() else "nothing"
        raise LoginError(f"it was not granted: the sign-in page says {word}; begin anew")

    async def redeem(self, code: str) -> Grant:
        """The tokens, a refresh token among them.

        :raises LoginError: when the code isn't taken, or there is no refresh token.
        """
        grant = await oauth.redeem(self.client, code, self._verifier, self.redirect_uri)
        if grant.refresh_token is None:
            raise LoginError(
                "the provider gave no refresh token; take our access back in the account's "
                "settings, and connect it again"
            )
        return grant


def _one(said: dict[str, list[str]], name: str) -> str:
    """A parameter that is there once."""
    values = said.get(name, [])
    return values[0] if len(values) == 1 else ""
