import asyncio
import socket
from dataclasses import replace

import pytest

from tenuto.domain.delivery import Fate, NotSent, Refused, Unclear
from tenuto.mail.server import SmtpServer
from tests.letters import LETTER, deliver
from tests.smtp_peer import Close, Peer, Phase, Stall

AMPLE = 30.0
#: More than any socket buffer on the way holds.
HUGE = replace(LETTER, raw=LETTER.raw + b"x" * 78 + b"\r\n" + (b"y" * 78 + b"\r\n") * 200_000)

NO_CONNECTION = NotSent("smtp_no_connection")
DEADLINE = NotSent("smtp_deadline")
LATER = "451 4.3.0 try later"
NEVER = "554 5.7.1 we don't want this"


def temporary(reply: str = LATER) -> Fate:
    return NotSent("smtp_temporary", reply=reply)


def ours(reply: str = NEVER) -> Fate:
    return NotSent("smtp_refused", reply=reply, ours=True)


@pytest.mark.parametrize(
    ("phase", "fate"),
    [
        ("banner", NO_CONNECTION),
        ("ehlo", NO_CONNECTION),
        ("mail", NO_CONNECTION),
        ("rcpt", NO_CONNECTION),
        ("data", NO_CONNECTION),
        ("body", Unclear("smtp_lost_after_data")),
        ("dot", Unclear("smtp_lost_after_data")),
    ],
)
async def test_a_connection_closed_before_data_sent_nothing_and_after_it_is_unclear(
    phase: str, fate: Fate
) -> None:
    async with Peer.running(**{phase: Close}) as peer:
        assert await deliver(LETTER, peer.server, AMPLE) == fate
        assert peer.reached[Phase(phase)].is_set()


@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data", "body", "dot"])
async def test_a_temporary_refusal_anywhere_sent_nothing(phase: str) -> None:
    async with Peer.running(**{phase: LATER}) as peer:
        assert await deliver(LETTER, peer.server, AMPLE) == temporary()


@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data"])
async def test_a_final_refusal_before_data_is_ours(phase: str) -> None:
    async with Peer.running(**{phase: NEVER}) as peer:
        assert await deliver(LETTER, peer.server, AMPLE) == ours()


@pytest.mark.parametrize("phase", ["body", "dot"])
async def test_a_final_refusal_of_the_message_is_not_the_recipients(phase: str) -> None:
    for reply in (NEVER, "550 5.1.1 User unknown"):
        async with Peer.running(**{phase: reply}) as peer:
            assert await deliver(LETTER, peer.server, AMPLE) == Refused(reply, recipient=False)


async def test_a_stall_is_ended_by_the_deadline() -> None:
    async def stalled(phase: Phase) -> Fate:
        async with Peer.running(**{phase: Stall}) as peer:
            fate = await deliver(LETTER, peer.server, 3.0)
            assert peer.reached[phase].is_set()
            return fate

    fates = await asyncio.gather(*map(stalled, Phase))
    after = Unclear("smtp_deadline_after_data")
    before = dict.fromkeys(Phase, DEADLINE)
    expected = before | {Phase.BODY: after, Phase.DOT: after}
    assert dict(zip(Phase, fates, strict=True)) == expected


@pytest.mark.parametrize("reply", ["550 5.1.1 User unknown", "550 Unknown user"])
async def test_an_unknown_user_at_rcpt_is_the_recipients(reply: str) -> None:
    async with Peer.running(rcpt=reply) as peer:
        assert await deliver(LETTER, peer.server, AMPLE) == Refused(reply, recipient=True)
        assert peer.commands[-1].startswith("RCPT")


async def test_an_unknown_user_at_mail_is_ours() -> None:
    async with Peer.running(mail="550 5.1.1 User unknown") as peer:
        assert await deliver(LETTER, peer.server, AMPLE) == ours("550 5.1.1 User unknown")


async def test_a_server_that_nobody_runs_sent_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        server = SmtpServer("127.0.0.1", taken.getsockname()[1], starttls=False)
        assert await deliver(LETTER, server, AMPLE) == NO_CONNECTION


async def test_a_server_that_takes_no_connection_is_left_at_the_deadline() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        server = SmtpServer("127.0.0.1", full.getsockname()[1], starttls=False)
        assert await deliver(LETTER, server, 0.5) == DEADLINE


@pytest.mark.parametrize("phase", ["mail", "data"])
async def test_past_the_deadline_nothing_is_begun(phase: str) -> None:
    before = {"mail": "ehlo", "data": "rcpt"}[phase]
    async with Peer.running(**{before: Stall}) as peer:
        assert await deliver(LETTER, peer.server, 0.5) == DEADLINE
        peer.resume.set()
        await peer.gone.wait()
        assert not peer.reached[Phase(phase)].is_set()


async def test_without_time_left_no_mail_is_begun() -> None:
    async with Peer.running() as peer:
        assert await deliver(LETTER, peer.server, 0) == DEADLINE
        assert not peer.reached[Phase.MAIL].is_set()


@pytest.mark.parametrize("reply", ["250 ok", "220 what?", "nonsense"])
async def test_a_strange_answer_to_data_sent_nothing(reply: str) -> None:
    async with Peer.running(data=reply) as peer:
        fate = await deliver(LETTER, peer.server, AMPLE)
        assert isinstance(fate, NotSent)
        assert not fate.ours
        assert peer.data == b""


@pytest.mark.parametrize(
    ("reply", "reason"),
    [("354 go on", "smtp_strange_answer"), ("nonsense", "smtp_lost_after_data")],
)
async def test_a_strange_answer_to_the_message_is_unclear(reply: str, reason: str) -> None:
    async with Peer.running(dot=reply) as peer:
        assert await deliver(LETTER, peer.server, AMPLE) == Unclear(reason)


@pytest.mark.parametrize(("phase", "whole"), [("body", False), ("dot", True)])
async def test_a_cancellation_in_mid_send_goes_through(phase: str, *, whole: bool) -> None:
    async with Peer.running(**{phase: Stall}) as peer:
        letter = HUGE if phase == "body" else LETTER
        sending = asyncio.create_task(deliver(letter, peer.server, AMPLE))
        await peer.reached[Phase(phase)].wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        peer.resume.set()
        await peer.gone.wait()
        assert peer.whole is whole


async def test_what_is_unsent_at_the_deadline_stays_unsent() -> None:
    async with Peer.running(body=Stall) as peer:
        assert await deliver(HUGE, peer.server, 3.0) == Unclear("smtp_deadline_after_data")
        assert peer.reached[Phase.BODY].is_set()
        peer.resume.set()
        await peer.gone.wait()
        assert not peer.whole
