"""What comes in about a mail whose fate isn't written down yet, or was written down wrongly."""

from datetime import timedelta
from typing import Literal

import pytest

from db.claims import Claim
from tenuto.domain.delivery import Sent, Unclear
from tenuto.domain.enrollment import SendState
from tenuto.domain.notice import Bounced, SendResolved, Signal
from tests.doors import Addresses, open_doors
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.mails import raw
from tests.sent_copies import Copies


async def enrolled(stage: Stage, on_unknown: str = "hold") -> Copies:
    content = bundle(steps=emails([0, 3600], on_unknown))
    return Copies(stage, await stage.enrolled(await stage.publish(content)))


@pytest.mark.parametrize("dead", [True, False])
@pytest.mark.parametrize("by", ["copy", "reply"])
async def test_evidence_that_comes_while_it_is_sent_settles_it_when_nobody_else_does(
    stage: Stage, by: str, *, dead: bool
) -> None:
    copies = await enrolled(stage)
    claim = await stage.claimed(copies.enrollment)
    if by == "copy":
        await copies.sent(copies.copy(Addresses(copies.enrollment).message_id))
    else:
        async with open_doors(stage.engine) as doors:
            answer = raw(In_Reply_To=Addresses(copies.enrollment).message_id)
            await doors.deliver(answer, [MAILBOX], "pat@firm.example")
    if dead:
        await stage.claim(copies.enrollment, 0)
    else:
        await stage.settle(claim, Unclear("timeout"))
    assert (await stage.ledger(copies.enrollment))[0][1] == SendState.SENT
    # Nothing waits for what is known.
    assert [hold for hold in await copies.holds() if hold == "unknown send"] == []


@pytest.mark.parametrize("kind", ["soft", "block"])
async def test_a_bounce_that_comes_before_the_settle_counts(
    stage: Stage, kind: Literal["soft", "block"]
) -> None:
    copies = await enrolled(stage)
    claim = await stage.claimed(copies.enrollment)
    await stage.record(copies.enrollment, Signal.BOUNCED, Bounced(kind=kind, step=0))
    await stage.settle(claim, Sent("250 ok"))
    ((bounced_at,),) = await stage.all("SELECT bounced_at FROM sends WHERE step_index = 0")
    assert bounced_at is not None
    assert (await stage.row(copies.enrollment)).soft_bounces == (kind == "soft")
    assert len(await stage.all("SELECT 1 FROM holds")) == 1


async def test_a_copy_is_believed_more_than_who_said_that_it_was_not_sent(stage: Stage) -> None:
    copies = await enrolled(stage)
    await stage.settle(await stage.claimed(copies.enrollment), Unclear("timeout"))
    await stage.pass_time(copies.enrollment, timedelta(hours=1))
    said = SendResolved(step=0, outcome="not_sent")
    await stage.record(copies.enrollment, Signal.SEND_RESOLVED, said)
    await copies.sent(copies.copy(Addresses(copies.enrollment).message_id))
    assert (await stage.ledger(copies.enrollment))[0][1] == SendState.SENT
    assert not isinstance(await stage.claim(copies.enrollment, 0), Claim)


async def test_a_second_copy_takes_no_name_away(stage: Stage) -> None:
    copies = await enrolled(stage)
    await stage.settle(await stage.claimed(copies.enrollment))
    for name in ("<first@outlook.example>", "<resent@outlook.example>"):
        await copies.sent(copies.copy(name))
    ((stored,),) = await stage.all("SELECT stored_message_id FROM sends WHERE step_index = 0")
    assert stored == "<first@outlook.example>"
