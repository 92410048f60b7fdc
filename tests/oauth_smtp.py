"""An SMTP server (aiosmtpd) that takes mail only from those whose access token is good."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tenuto.domain.mail_provider import Endpoint
from tests.oauth_server import OAuthServer

_SAID = re.compile("user=([^\1]*)\1auth=Bearer ([^\1]*)\1\1")

_OTHERS = ["LOGIN", "PLAIN"]


@dataclass
class OAuthSmtp:
    """Looks at the token again at each MAIL, or at what `over` names, and refuses as it says."""

    oauth: OAuthServer
    over: dict[str, str] = field(default_factory=lambda: {"MAIL": "530 5.7.57 token expired"})
    #: What a login is refused with.
    refusal: str = "535 5.7.8 bad credentials"
    envelopes: list[Envelope] = field(default_factory=list)
    #: Each login: whose, and whether it was let in.
    logins: list[tuple[str, bool]] = field(default_factory=list)
    #: What clients answered to the JSON of a refusal.
    answers: list[object] = field(default_factory=list)
    port: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        made: list[SMTP] = []

        def serve() -> SMTP:
            made.append(SMTP(self, auth_require_tls=False, auth_exclude_mechanism=_OTHERS))
            return made[-1]

        server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            while any(smtp.transport and not smtp.transport.is_closing() for smtp in made):
                await asyncio.sleep(0.01)  # the clients' QUIT is on its way

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("127.0.0.1", self.port)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's
        said = _SAID.fullmatch(base64.b64decode(args[1]).decode())
        assert said is not None
        user, token = said.groups()
        good = self.oauth.allows(user, token)
        self.logins.append((user, good))
        if good:
            return AuthResult(success=True, auth_data=(user, token))
        self.answers.append(await server.challenge_auth(json.dumps({"status": "400"})))
        return AuthResult(success=False, handled=False, message=self._refused(token))

    def _refused(self, token: str) -> str:
        return self.refusal.replace("TOKEN", token)

    def _over(self, verb: str, session: Session) -> str | None:
        if session.auth_data is None:
            return "530 5.7.0 authentication required"
        return None if self.oauth.allows(*session.auth_data) else self.over.get(verb)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server
        if over := self._over("MAIL", session):
            return over
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server
        if over := self._over("RCPT", session):
            return over
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        del server, session
        self.envelopes.append(envelope)
        return "250 2.0.0 stored"
