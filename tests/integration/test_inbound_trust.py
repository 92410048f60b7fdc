"""Who is believed, and about when: old, forged and second-hand mail."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db import suppressions
from tenuto.domain.arrival import Envelope
from tenuto.domain.enrollment import Status
from tenuto.domain.notice import Notice, OutOfOffice, Signal
from tenuto.inbound.keeping import Receipt
from tenuto.inbound.pipeline import Pipeline
from tests.doors import SIGNER, Addresses
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.mails import dsn, raw
from tests.sent_copies import Copies


async def answered(stage: Stage, slug: str = "first") -> UUID:
    enrollment = await stage.enrolled(await stage.publish(bundle(slug, emails([0, 3600]))))
    await stage.settle(await stage.claimed(enrollment))
    return enrollment


async def came(stage: Stage, mail: bytes, ago: timedelta = timedelta(), door: str = "") -> Receipt:
    """By SMTP, or with a door of IMAP's so long ago."""

    async def tell(_: object) -> None:
        return None

    at = datetime.now(UTC) - ago
    envelope = Envelope("pat@firm.example", (MAILBOX,), at)
    ((mailbox_id,),) = await stage.all("SELECT id FROM mailboxes")
    pipeline = Pipeline(stage.engine, SIGNER, tell)
    box = UUID(int=mailbox_id.int) if door else None
    return await pipeline.receive(mail, envelope, door or "smtp", mailbox_id=box)


async def away_until(stage: Stage) -> datetime | None:
    found = await stage.all(
        "SELECT held_until FROM holds WHERE reason = 'out of office' AND held_until > tenuto_now()"
    )
    return found[0][0] if found else None


async def test_the_notice_that_came_last_counts_in_whatever_order_they_are_read(
    stage: Stage,
) -> None:
    enrollment, now = await answered(stage), datetime.now(UTC)
    newer = OutOfOffice(until=now + timedelta(days=20), came_at=now - timedelta(days=1))
    older = OutOfOffice(until=now + timedelta(days=3), came_at=now - timedelta(days=9))
    for notice in (newer, older):
        await stage.record(enrollment, Signal.OUT_OF_OFFICE, notice)
    assert await away_until(stage) == newer.until
    # Over already, whatever day it was read on.
    await stage.record(enrollment, Signal.REPLY_RECEIVED)
    stale = OutOfOffice(came_at=now - timedelta(days=70))
    await stage.record(enrollment, Signal.OUT_OF_OFFICE, stale)
    assert await away_until(stage) is None


async def test_a_notice_that_anybody_could_write_makes_no_absence_shorter(stage: Stage) -> None:
    enrollment = await answered(stage)
    sure = OutOfOffice(until=datetime.now(UTC) + timedelta(days=20))
    await stage.record(enrollment, Signal.OUT_OF_OFFICE, sure)
    await came(stage, raw("I am away", Auto_Submitted="auto-replied"))
    assert await away_until(stage) == sure.until


async def test_a_reply_of_last_month_ends_nothing_that_began_later(stage: Stage) -> None:
    first = await answered(stage)
    second = await answered(stage, "second")
    async with stage.engine.begin() as connection:
        month = "UPDATE enrollments SET enrolled_at = enrolled_at - interval '60 days' WHERE id = "
        await connection.exec_driver_sql(f"{month}'{first}'")
    reply = raw(In_Reply_To=Addresses(first).message_id)
    await came(stage, reply, timedelta(days=30), "imap kept")
    assert (await stage.row(first)).status is Status.REPLIED
    assert (await stage.row(second)).status is Status.ACTIVE


async def test_a_private_bounce_of_the_owners_is_not_kept(stage: Stage) -> None:
    enrollment = await answered(stage)
    private = dsn(recipient="pat@firm.example", returned="", text="my diagnosis")
    await came(stage, private, timedelta(days=30), "imap inbox")
    assert await stage.all("SELECT 1 FROM inbound_messages") == []
    assert (await stage.row(enrollment)).status is Status.ACTIVE


async def test_a_colleague_cant_opt_out_for_them(stage: Stage) -> None:
    enrollment = await answered(stage)
    about = Addresses(enrollment).message_id
    mail = raw("unsubscribe", From="sam@firm.example", In_Reply_To=about)
    assert (await came(stage, mail)).effect == "review"
    assert (await stage.row(enrollment)).status is Status.PAUSED
    assert await stage.all("SELECT 1 FROM suppressions") == []
    await came(stage, raw("unsubscribe", In_Reply_To=about))
    assert (await stage.row(enrollment)).status is Status.OPTED_OUT


async def test_who_names_the_day_of_their_return_has_not_left(stage: Stage) -> None:
    enrollment = await answered(stage)
    back = datetime.now(UTC) + timedelta(days=10)
    words = f"I am away until {back:%B} {back.day}, {back.year}. Bob has left the company."
    about = Addresses(enrollment).message_id
    await came(stage, raw(words, Auto_Submitted="auto-replied", In_Reply_To=about))
    assert (await stage.row(enrollment)).status is Status.ACTIVE
    assert await away_until(stage) is not None


async def test_the_owners_words_under_another_name_are_no_reply(stage: Stage) -> None:
    enrollment = await answered(stage)
    mail = raw("One more thing.", From="anna.m@alias.example", To="pat@firm.example",
               In_Reply_To=Addresses(enrollment).message_id)  # fmt: skip
    # As the door does: the Sent folder is read first.
    await Copies(stage, enrollment).sent(mail)
    assert (await came(stage, mail, door="imap kept")).effect == "not_ours"
    assert (await stage.row(enrollment)).status is Status.PAUSED


@pytest.mark.parametrize(
    "said",
    [
        "smtp; 550 5.7.606 Access denied, banned sending IP",
        "smtp; 550 5.7.26 unauthenticated email is not accepted due to DMARC policy",
        "smtp; 554 5.7.1 blocked using the Spamhaus block list",
    ],
)
async def test_a_block_that_names_us_pauses_the_mailbox(stage: Stage, said: str) -> None:
    enrollment = await answered(stage)
    about = f"Message-ID: {Addresses(enrollment).message_id}"
    await came(stage, dsn("5.7.1", said, returned=about, Message_ID=f"<{hash(said)}@mx.example>"))
    held = await stage.all("SELECT scope::text FROM holds ORDER BY 1")
    assert sorted(row[0] for row in held) == ["company", "mailbox"]


async def test_what_a_person_asked_for_takes_the_place_of_what_we_knew(stage: Stage) -> None:
    enrollment = await answered(stage)
    email = "pat@firm.example"
    await stage.do(suppressions.suppress_address, email, "hard_bounce", "test")
    await stage.record(enrollment, Signal.UNSUBSCRIBED, Notice())
    found = await stage.all("SELECT reason::text FROM suppressions")
    assert [row[0] for row in found] == ["opt_out"]
    await stage.do(suppressions.suppress_address, email, "manual", "test")
    found = await stage.all("SELECT reason::text FROM suppressions")
    assert [row[0] for row in found] == ["opt_out"]


async def test_a_flood_in_somebodys_name_is_told_once(stage: Stage) -> None:
    for slug in ("first", "second"):
        await answered(stage, slug)
    for number in range(5):
        await came(stage, raw(f"Hm {number}", Message_ID=f"<f{number}@x.example>"))
    assert len(await stage.all("SELECT 1 FROM owner_notices")) == 1
    assert len(await stage.all("SELECT 1 FROM inbound_messages WHERE effect = 'review'")) == 5
