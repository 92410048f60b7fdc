"""A connection serves the next mail, and nothing is lost or doubled by that."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tenuto.domain.delivery import Fate, NotSent, Refused, Sent, Unclear
from tenuto.mail.connections import Connections, Line
from tenuto.mail.smtp import deliver
from tests.letters import LETTER
from tests.smtp_peer import Close, Peer, Phase, Stall

AMPLE = 30.0


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    async with Connections() as made:
        yield made


def hellos(peer: Peer) -> int:
    return sum(command.startswith("EHLO") for command in peer.commands)


async def test_the_next_mail_goes_over_the_same_connection(connections: Connections) -> None:
    async with Peer.running() as peer:
        for _ in range(3):
            assert isinstance(await deliver(LETTER, peer.server, AMPLE, connections), Sent)
        assert hellos(peer) == 1
        assert [c[:4] for c in peer.commands[1:]] == ["MAIL", "RCPT", "DATA"] * 3
        assert peer.whole
        assert _hang_up(connections, peer) == 1


async def test_another_sender_domain_says_hello_itself(connections: Connections) -> None:
    other = replace(LETTER, message_id="<token.2.mac@other.example>")
    async with Peer.running() as peer:
        for letter in (LETTER, other):
            assert isinstance(await deliver(letter, peer.server, AMPLE, connections), Sent)
        assert hellos(peer) == 2
        _hang_up(connections, peer)


async def test_two_at_once_never_share_one(connections: Connections) -> None:
    async with Peer.running() as peer:
        await deliver(LETTER, peer.server, AMPLE, connections)
        both = (deliver(LETTER, peer.server, AMPLE, connections) for _ in range(2))
        assert all(isinstance(fate, Sent) for fate in await asyncio.gather(*both))
        assert hellos(peer) == 2
        _hang_up(connections, peer)


@pytest.mark.parametrize("answer", ["421 4.4.2 idle too long", "503 5.5.1 not now", Close])
async def test_one_that_takes_no_other_mail_is_replaced(
    connections: Connections, answer: str | type[Close]
) -> None:
    async with Peer.running() as peer:
        assert isinstance(await deliver(LETTER, peer.server, AMPLE, connections), Sent)
        peer.script[Phase.MAIL] = answer
        peer.reached[Phase.MAIL].clear()
        sending = asyncio.create_task(deliver(LETTER, peer.server, AMPLE, connections))
        await peer.reached[Phase.MAIL].wait()
        del peer.script[Phase.MAIL]
        assert isinstance(await sending, Sent)
        assert hellos(peer) == 2
        assert sum(command == "DATA" for command in peer.commands) == 2
        _hang_up(connections, peer)


async def test_a_fresh_one_that_is_refused_is_not_tried_again(connections: Connections) -> None:
    async with Peer.running(mail="421 4.7.0 go away") as peer:
        assert isinstance(await deliver(LETTER, peer.server, AMPLE, connections), NotSent)
        assert hellos(peer) == 1


@pytest.mark.parametrize(
    ("phase", "answer", "kind"),
    [
        ("rcpt", "550 5.1.1 no such user", Refused),
        ("rcpt", "451 4.3.0 later", NotSent),
        ("data", "451 4.3.0 later", NotSent),
        ("dot", "451 4.3.0 later", NotSent),
        ("dot", "554 5.7.1 spam", Refused),
        ("dot", Stall, Unclear),
    ],
)
async def test_only_an_accepted_mail_leaves_one_behind(
    connections: Connections, phase: str, answer: str | type[Stall], kind: type[Fate]
) -> None:
    async with Peer.running(**{phase: answer}) as peer:
        assert isinstance(await deliver(LETTER, peer.server, 2.0, connections), kind)
        assert _hang_up(connections, peer) == 0


async def test_an_idle_one_ends_by_itself() -> None:
    async with Connections(idle=0.05) as connections, Peer.running() as peer:
        assert isinstance(await deliver(LETTER, peer.server, AMPLE, connections), Sent)
        await asyncio.wait_for(peer.gone.wait(), 10)
        assert peer.commands[-1] == "QUIT"
        assert _hang_up(connections, peer) == 0


def _hang_up(connections: Connections, peer: Peer) -> int:
    """End what was kept, for the peer sees its guests off; returns how many there were."""
    count = 0
    for hello in ("example.org", "other.example"):
        while client := connections.kept(Line(peer.server, hello)):
            client.close()
            count += 1
    return count


async def test_idle_ones_make_room_at_a_server_that_takes_few(connections: Connections) -> None:
    other = replace(LETTER, message_id="<token.2.mac@other.example>")
    async with Peer.running() as peer:
        assert isinstance(await deliver(LETTER, peer.server, AMPLE, connections), Sent)
        peer.script[Phase.BANNER] = "421 4.7.0 too many connections"
        peer.gone.clear()
        sending = asyncio.create_task(deliver(other, peer.server, AMPLE, connections))
        # The one that was refused, and the idle one.
        await peer.gone.wait()
        del peer.script[Phase.BANNER]
        assert isinstance(await sending, Sent)
        assert peer.commands.count("QUIT") >= 1
        _hang_up(connections, peer)


async def test_one_that_says_more_than_it_was_asked_is_not_kept(connections: Connections) -> None:
    async with Peer.running(dot="250 2.0.0 queued\n250 2.0.0 and again") as peer:
        assert isinstance(await deliver(LETTER, peer.server, AMPLE, connections), Sent)
        assert _hang_up(connections, peer) == 0
