import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tenuto.domain.delivery import NotSent, Sent
from tenuto.mail.server import SmtpServer
from tests.letters import LETTER, deliver
from tests.smtp_peer import Peer, Phase

AMPLE = 30.0
RAW = LETTER.raw


async def test_a_polite_conversation() -> None:
    async with Peer.running() as peer:
        assert await deliver(LETTER, peer.server, AMPLE) == Sent("250 2.0.0 queued")
        await peer.gone.wait()
        assert peer.commands == [
            "EHLO example.org",
            "MAIL FROM:<b+token@example.org>",
            "RCPT TO:<ann+x@example.com>",
            "DATA",
            "QUIT",
        ]
        assert peer.data == RAW + b".\r\n"


async def test_a_server_that_offers_delivery_reports_is_asked_for_them() -> None:
    async with Peer.running(ehlo="250-peer\n250 DSN") as peer:
        assert isinstance(await deliver(LETTER, peer.server, AMPLE), Sent)
        assert peer.commands[1:3] == [
            "MAIL FROM:<b+token@example.org> RET=HDRS ENVID=token.1.mac",
            "RCPT TO:<ann+x@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ann+2Bx@example.com",
        ]


async def test_eight_bits_are_announced_where_that_is_offered() -> None:
    letter = replace(LETTER, raw=RAW + "ü\r\n".encode())
    async with Peer.running() as peer:
        assert isinstance(await deliver(letter, peer.server, AMPLE), Sent)
        assert peer.commands[1] == "MAIL FROM:<b+token@example.org> BODY=8BITMIME"


async def test_an_address_outside_ascii_needs_a_server_that_takes_it() -> None:
    letter = replace(LETTER, envelope_to="jörg@example.com")
    async with Peer.running() as peer:
        fate = await deliver(letter, peer.server, AMPLE)
        assert fate == NotSent("smtp_no_smtputf8", final=True)
    async with Peer.running(ehlo="250-peer\n250-8BITMIME\n250-DSN\n250 SMTPUTF8") as peer:
        assert isinstance(await deliver(letter, peer.server, AMPLE), Sent)
        assert peer.commands[1].split()[2:] == ["SMTPUTF8", "RET=HDRS", "ENVID=token.1.mac"]
        assert peer.commands[2] == "RCPT TO:<jörg@example.com> NOTIFY=FAILURE,DELAY"


async def test_a_message_id_that_the_server_gave_is_kept_where_it_replaces_ours() -> None:
    reply = "250 2.0.0 OK <new@x.prod.outlook.com> [Hostname=x.prod.outlook.com]"
    for keeps, stored in ((False, "<new@x.prod.outlook.com>"), (True, None)):
        async with Peer.running(dot=reply) as peer:
            letter = replace(LETTER, keeps_message_id=keeps)
            assert await deliver(letter, peer.server, AMPLE) == Sent(reply, stored)


async def test_settings_that_the_server_cant_meet_are_ours() -> None:
    async with Peer.running() as peer:
        for server in (
            replace(peer.server, starttls=True),
            replace(peer.server, username="u", password="p"),
        ):
            fate = await deliver(LETTER, server, AMPLE)
            assert isinstance(fate, NotSent)
            assert fate.ours
        assert not peer.reached[Phase.MAIL].is_set()


@dataclass
class Postbox:
    """What aiosmtpd took."""

    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        del server, session
        self.envelopes.append(envelope)
        return "250 2.0.0 stored"


def only_maria(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    del server, session, envelope, mechanism
    known = LoginPassword(b"maria", b"right")
    return AuthResult(success=data == known, handled=False)


@pytest.fixture
async def real() -> AsyncIterator[tuple[SmtpServer, Postbox]]:
    postbox = Postbox()
    factory = partial(SMTP, postbox, authenticator=only_maria, auth_require_tls=False)
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield SmtpServer("127.0.0.1", port, starttls=False), postbox


@pytest.mark.parametrize(
    "body",
    [
        b".\r\n..\r\n.one\r\n...\r\n\r\n.\r\n",
        b"x" * 990 + b"\r\n." + b"y" * 900 + b"\r\n",
        "grüße\r\n".encode(),
        b"\r\n\r\n\r\n",
        b"no line end",
        b"",
    ],
)
async def test_a_real_server_gets_the_message_as_it_is(
    real: tuple[SmtpServer, Postbox], body: bytes
) -> None:
    server, postbox = real
    fate = await deliver(replace(LETTER, raw=RAW + body), server, AMPLE)
    assert fate == Sent("250 2.0.0 stored")
    (envelope,) = postbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("b+token@example.org", ["ann+x@example.com"])
    assert envelope.content == (RAW + body).removesuffix(b"\r\n") + b"\r\n"


async def test_bare_line_ends_cant_end_the_message(real: tuple[SmtpServer, Postbox]) -> None:
    server, postbox = real
    smuggled = b"a\n.\nMAIL FROM:<eve@example.com>\r.\r\nb\n.\r\n"
    assert isinstance(await deliver(replace(LETTER, raw=RAW + smuggled), server, AMPLE), Sent)
    (envelope,) = postbox.envelopes
    body = b"a\r\n.\r\nMAIL FROM:<eve@example.com>\r\n.\r\nb\r\n.\r\n"
    assert envelope.content == RAW + body


async def test_a_login_is_made_where_a_user_is_named(real: tuple[SmtpServer, Postbox]) -> None:
    server, _ = real
    maria = replace(server, username="maria", password="right")
    assert isinstance(await deliver(LETTER, maria, AMPLE), Sent)
    fate = await deliver(LETTER, replace(maria, password="wrong"), AMPLE)
    assert isinstance(fate, NotSent)
    assert fate.ours
    assert fate.reply.startswith("535 ")
