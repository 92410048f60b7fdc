"""An SMTP server (aiosmtpd) that lets in whoever knows the password."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tenuto.domain.mail_provider import Endpoint


@asynccontextmanager
async def password_smtp(password: str) -> AsyncIterator[Endpoint]:
    """For any user; no mail is sent here."""

    def knows(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        del server, session, envelope, mechanism
        good = isinstance(data, LoginPassword) and data.password == password.encode()
        return AuthResult(success=good, handled=False)

    factory = partial(SMTP, object(), authenticator=knows, auth_require_tls=False)
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    async with server:
        yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
