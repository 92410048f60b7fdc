"""A sign-in service that really checks: codes, PKCE, clients, refresh tokens, access tokens."""

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tenuto.mail.oauth import OAuthClient

CLIENT_ID, CLIENT_SECRET = "tenuto-client", "s3cret-of-the-client"
ANNA = "anna@sender.example"


@dataclass(frozen=True)
class Code:
    challenge: str
    redirect_uri: str


@dataclass
class OAuthServer:
    #: Who signs in.
    user: str = ANNA
    #: Seconds that access tokens say they live.
    life: float = 3600
    #: It gives access tokens that no server takes.
    lame: bool = False
    #: It can't look at access tokens just now.
    blind: bool = False
    #: A refresh token is good for one use, as at Microsoft.
    rotates: bool = True
    #: Answer the token endpoint with this status and error instead.
    status: int | None = None
    error: str | None = None
    #: Send whoever asks for tokens there.
    leads_to: str | None = None
    #: Say no at the sign-in page.
    denies: str | None = None
    #: Seconds before the token endpoint answers.
    slowness: float = 0
    port: int = 0
    refreshes: int = 0
    #: Every secret that it ever gave or was shown.
    secrets: set[str] = field(default_factory=set)
    codes: dict[str, Code] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    #: Whose, and until when.
    access_tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _talks: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **changes: Any) -> OAuthClient:
        values: dict[str, Any] = {
            "authorize_url": f"{self.url}/authorize",
            "token_url": f"{self.url}/token",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": "mail",
        }
        return OAuthClient(**values | changes)

    def grants(self, user: str | None = None) -> str:
        """A refresh token, as if somebody had signed in."""
        token = self._secret("refresh")
        self.refresh_tokens[token] = user or self.user
        return token

    def expire(self) -> None:
        """No access token is good any more, whatever they said."""
        self.access_tokens.clear()

    def revoke(self) -> None:
        self.refresh_tokens.clear()

    def allows(self, user: str, token: str) -> bool:
        whose, until = self.access_tokens.get(token, ("", 0.0))
        return whose == user and not self.lame and time.monotonic() < until

    def _secret(self, kind: str) -> str:
        made = f"{kind}-{secrets.token_urlsafe(24)}"
        self.secrets.add(made)
        return made

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            lines = head.split("\r\n")
            fields = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            method, target, _ = lines[0].split()
            status, answer = await self._answer(method, target, fields, body.decode())
            writer.write(_response(status, answer))
            await writer.drain()

    async def _answer(
        self, method: str, target: str, fields: dict[str, str], body: str
    ) -> tuple[int, str | dict[str, Any]]:
        parts = urlsplit(target)
        form = {name: values[0] for name, values in parse_qs(body or parts.query).items()}
        match method, parts.path.rpartition("/")[2]:
            case "GET", "authorize":
                return self._authorize(form)
            case "POST", "token":
                return await self._token(form)
            case "GET", "introspect":
                return self._introspect(fields)
            case _:
                return 404, {}

    def _authorize(self, asked: dict[str, str]) -> tuple[int, str | dict[str, Any]]:
        if asked["client_id"] != CLIENT_ID or asked["response_type"] != "code":
            return 400, {"error": "unauthorized_client"}
        if asked["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_request"}
        back = asked["redirect_uri"]
        if self.denies:
            return 302, f"{back}?{urlencode({'error': self.denies, 'state': asked['state']})}"
        code = self._secret("code")
        self.codes[code] = Code(asked["code_challenge"], back)
        return 302, f"{back}?{urlencode({'code': code, 'state': asked['state']})}"

    async def _token(self, form: dict[str, str]) -> tuple[int, str | dict[str, Any]]:
        if form["grant_type"] == "refresh_token":
            self.refreshes += 1
        if self.leads_to:
            return 307, self.leads_to
        # What it does, it has done before it answers.
        wrong = {"error": self.error} if self.error else {}
        status, answer = (self.status, wrong) if self.status else self._granted(form)
        await asyncio.sleep(self.slowness)
        return status, answer

    def _granted(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if form["client_id"] != CLIENT_ID or form.get("client_secret") not in {CLIENT_SECRET, None}:
            return 401, {"error": "invalid_client", "error_description": str(form)}
        if form["grant_type"] == "refresh_token":
            user = self.refresh_tokens.get(form["refresh_token"])
            if user and self.rotates:
                del self.refresh_tokens[form["refresh_token"]]
        else:
            code = self.codes.pop(form["code"], None)
            user = self.user if code and _proves(code, form) else None
        if user is None:
            return 400, {"error": "invalid_grant", "error_description": str(form)}
        given = self._secret("access")
        self.access_tokens[given] = (user, time.monotonic() + self.life)
        answer = {"access_token": given, "expires_in": self.life, "token_type": "Bearer"}
        if self.rotates or form["grant_type"] != "refresh_token":
            answer["refresh_token"] = self.grants(user)
        return 200, answer

    def _introspect(self, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.blind:
            return 500, {}
        token = fields.get("authorization", "").removeprefix("Bearer ")
        whose = self.access_tokens.get(token, ("", 0.0))[0]
        if not self.allows(whose, token):
            return 401, {"active": False}
        return 200, {"active": True, "email": whose}


def _proves(code: Code, form: dict[str, str]) -> bool:
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (challenge, form["redirect_uri"]) == (code.challenge, code.redirect_uri)


def _response(status: int, answer: str | dict[str, Any]) -> bytes:
    where = f"Location: {answer}\r\n" if isinstance(answer, str) else ""
    body = json.dumps({} if isinstance(answer, str) else answer)
    head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n{where}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
