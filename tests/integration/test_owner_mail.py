"""Owners are told of answers by mail: to whom, what, and how often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from uuid import UUID

from sqlalchemy import text

from activities.dispatch import MailTools
from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.mail_log import parse
from tenuto.domain.arrival import Envelope
from tenuto.inbound.owner_mail import tell_some
from tenuto.inbound.pipeline import Pipeline
from tenuto.mail.safety import SafeMode
from tenuto.runtime.mailing import mail_tools
from tests import house
from tests.doors import SIGNER, Addresses, open_doors
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.mails import NOW, raw


@asynccontextmanager
async def tools(port: int) -> AsyncIterator[MailTools]:
    async with mail_tools(
        house.settings("postgresql://u:p@unused/unused", "unused:1", port)
    ) as made:
        yield made


async def answered(stage: Stage, body: str = "Yes!", **fields: str) -> UUID:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([0, 3600]))))
    await stage.settle(await stage.claimed(enrollment))
    async with open_doors(stage.engine) as doors:
        await doors.deliver(
            raw(body, In_Reply_To=Addresses(enrollment).message_id, **fields),
            [MAILBOX],
            "p@x.example",
        )
    return enrollment


def mails(catcher: MailCatcher) -> list[EmailMessage]:
    return [parse(catcher.log.raw(mail)) for mail in catcher.mails]


async def test_the_owner_gets_the_words_and_can_answer_the_person(
    stage: Stage, catcher: MailCatcher
) -> None:
    await answered(stage, "Yes, Tuesday.\n\n> Dear Pat", Subject="Re: Hello\n\tPat")
    async with tools(catcher.address[1]) as made:
        assert await tell_some(stage.engine, made) == 1
        assert await tell_some(stage.engine, made) == 0
    (mail,) = mails(catcher)
    assert (mail["To"], mail["Reply-To"]) == (MAILBOX, "pat@firm.example")
    assert mail["Subject"].startswith("pat@firm.example answered")
    assert "Yes, Tuesday." in mail.get_content()
    assert "Dear Pat" not in mail.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_a_referral_is_pointed_out(stage: Stage, catcher: MailCatcher) -> None:
    await answered(stage, "I'm the wrong person for this. Please write to Sam@firm.example.")
    async with tools(catcher.address[1]) as made:
        await tell_some(stage.engine, made)
    (mail,) = mails(catcher)
    assert "aren't the right person" in mail.get_content()
    assert "They name sam@firm.example." in mail.get_content()


async def test_somebody_else_may_be_told(stage: Stage, catcher: MailCatcher) -> None:
    await stage.mailbox(notify="boss@sender.example")
    await answered(stage)
    async with tools(catcher.address[1]) as made:
        await tell_some(stage.engine, made)
    assert [mail["To"] for mail in mails(catcher)] == ["boss@sender.example"]


async def test_what_lies_in_the_inbox_already_is_not_told_to_it_again(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([0, 3600]))))
    await stage.settle(await stage.claimed(enrollment))
    ((mailbox_id,),) = await stage.all("SELECT id FROM mailboxes")

    async def tell(_: object) -> None:
        return None

    pipeline = Pipeline(stage.engine, SIGNER, tell)
    for door, told in (("imap inbox", 0), ("imap spam", 1)):
        mail = raw(door, In_Reply_To=Addresses(enrollment).message_id)
        envelope = Envelope("pat@firm.example", (MAILBOX,), NOW)
        await pipeline.receive(mail, envelope, door, mailbox_id=UUID(int=mailbox_id.int))
        found = await stage.all("SELECT count(*) FROM owner_notices")
        assert found[0][0] == told


async def test_a_server_that_is_down_is_asked_again_later(
    stage: Stage, catcher: MailCatcher
) -> None:
    await answered(stage)
    async with tools(1) as made:
        assert await tell_some(stage.engine, made) == 1
        assert await tell_some(stage.engine, made) == 0
    async with stage.engine.begin() as connection:
        await connection.execute(text("UPDATE owner_notices SET next_try_at = tenuto_now()"))
    async with tools(catcher.address[1]) as made:
        # Two processes look at once.
        both = await asyncio.gather(*(tell_some(stage.engine, made) for _ in range(2)))
    assert sorted(both) == [0, 1]
    assert len(mails(catcher)) == 1


async def test_safe_mode_binds_what_owners_are_told(stage: Stage, catcher: MailCatcher) -> None:
    await stage.mailbox(notify="boss@sender.example")
    await answered(stage)
    async with tools(catcher.address[1]) as made:
        safe = replace(made, safe_mode=SafeMode(on=True, redirect_all="me@dev.example"))
        await tell_some(stage.engine, safe)
    assert [mail.recipients for mail in catcher.mails] == [("me@dev.example",)]


async def test_an_address_that_no_mail_can_be_sent_to_keeps_nobody_from_being_told(
    stage: Stage, catcher: MailCatcher
) -> None:
    await answered(stage, From="\"c\\:\t@a'.;b")
    async with tools(catcher.address[1]) as made:
        await tell_some(stage.engine, made)
    (mail,) = mails(catcher)
    assert mail["Reply-To"] is None
