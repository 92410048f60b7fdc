"""What each kind of mail does to the rows, sent over real SMTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tenuto.domain.enrollment import Status
from tenuto.domain.ids import Purpose
from tenuto.domain.notice import Signal
from tests.doors import SIGNER, Addresses, Doors, everything, open_doors
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.mails import dsn, raw, report


@dataclass
class Scene:
    """Pat got a mail of one sequence, is in another one too, and can answer."""

    stage: Stage
    doors: Doors
    first: UUID
    second: UUID

    @property
    def to(self) -> Addresses:
        return Addresses(self.first)

    async def statuses(self) -> tuple[Status, Status]:
        return (await self.stage.row(self.first)).status, (await self.stage.row(self.second)).status

    async def inbound(self) -> list[tuple[str, str, str | None]]:
        found = await self.stage.all(
            "SELECT class, effect, matched_by FROM inbound_messages ORDER BY received_at, id"
        )
        return [(row[0], row[1], row[2]) for row in found]

    async def holds(self) -> list[tuple[str, str, datetime | None]]:
        found = await self.stage.all("SELECT scope, reason, held_until FROM holds ORDER BY 1, 2")
        return [(row[0], row[1], row[2]) for row in found]

    async def suppressed(self) -> list[str]:
        return [row[0] for row in await self.stage.all("SELECT reason FROM suppressions")]


@pytest.fixture
async def scene(stage: Stage) -> AsyncIterator[Scene]:
    first = await stage.enrolled(await stage.publish(bundle("first", emails([0, 3600, 3600]))))
    second = await stage.enrolled(await stage.publish(bundle("second")))
    await stage.settle(await stage.claimed(first))
    async with open_doors(stage.engine) as doors:
        yield Scene(stage, doors, first, second)


LIVE = (Status.ACTIVE, Status.ACTIVE)


async def test_a_reply_in_the_thread_ends_all_outreach_to_the_person(scene: Scene) -> None:
    await scene.doors.deliver(raw(In_Reply_To=scene.to.message_id), [MAILBOX], "pat@firm.example")
    assert await scene.statuses() == (Status.REPLIED, Status.REPLIED)
    assert await scene.inbound() == [("reply", "reply_received", "thread")]
    assert {t.enrollment_id for t in scene.doors.told} == {scene.first, scene.second}
    assert {t.signal for t in scene.doors.told} == {Signal.REPLY_RECEIVED}


async def test_a_colleagues_reply_to_the_tagged_address_counts(scene: Scene) -> None:
    mail = raw("I’ll take over from Pat.", From="sam@firm.example")
    await scene.doors.deliver(mail, [scene.to.reply], "sam@firm.example")
    assert await scene.statuses() == (Status.REPLIED, Status.REPLIED)
    assert await scene.inbound() == [("reply", "reply_received", "reply tag")]


async def test_a_reply_is_found_by_the_id_that_the_server_gave_our_mail(scene: Scene) -> None:
    async with scene.stage.engine.begin() as connection:
        replaced = (
            "UPDATE sends SET stored_message_id = '<new@outlook.example>' WHERE state = 'sent'"
        )
        await connection.exec_driver_sql(replaced)
    mail = raw(From="sam@firm.example", References="<x@y.example> <new@outlook.example>")
    await scene.doors.deliver(mail, [MAILBOX], "sam@firm.example")
    assert await scene.inbound() == [("reply", "reply_received", "thread")]


async def test_a_notice_of_absence_holds_the_person_until_a_day_after_the_return(
    scene: Scene,
) -> None:
    back = datetime.now(UTC).date() + timedelta(days=20)
    notice = raw(f"I am back on {back:%B} {back.day}, {back.year}.", Auto_Submitted="auto-replied")
    await scene.doors.deliver(notice, [scene.to.bounce])
    assert await scene.statuses() == LIVE
    ((scope, reason, until),) = await scene.holds()
    assert (scope, reason) == ("contact", "out of office")
    assert until is not None
    assert 1 <= (until.date() - back).days <= 3
    for enrollment in (scene.first, scene.second):
        due = (await scene.stage.row(enrollment)).next_scheduled_at
        assert due is not None
        assert due >= until


async def test_a_reply_after_the_notice_ends_the_hold(scene: Scene) -> None:
    await scene.doors.deliver(raw("I am away", X_Autoreply="yes"), [scene.to.bounce])
    await scene.doors.deliver(raw("I am back!"), [scene.to.reply], "pat@firm.example")
    assert await scene.statuses() == (Status.REPLIED, Status.REPLIED)
    ((_, _, until),) = await scene.holds()
    assert until is not None
    assert until <= datetime.now(UTC) + timedelta(seconds=5)


async def test_a_hard_bounce_kills_the_address_and_ends_everything(scene: Scene) -> None:
    await scene.doors.deliver(dsn(), [scene.to.bounce])
    assert await scene.statuses() == (Status.BOUNCED, Status.BOUNCED)
    assert await scene.suppressed() == ["hard_bounce"]
    assert [tuple(row) for row in await scene.stage.all("SELECT status FROM addresses")] == [
        ("dead",)
    ]
    assert await scene.inbound() == [("bounce_hard", "bounced", "envelope recipient")]


async def test_a_soft_bounce_holds_and_a_second_one_ends(scene: Scene) -> None:
    await scene.doors.deliver(dsn("4.2.2", "smtp; 452 4.2.2 Mailbox full"), [scene.to.bounce])
    assert await scene.statuses() == LIVE
    assert [h[:2] for h in await scene.holds()] == [("enrollment", "soft bounce")]
    await scene.stage.pass_time(scene.first, timedelta(days=4))
    await scene.stage.settle(await scene.stage.claimed(scene.first))
    again = dsn("5.2.2", "smtp; 552 5.2.2 Over quota", Message_ID="<b2@mx.example>")
    # Another report on the first mail says nothing new; one on the second mail does.
    await scene.doors.deliver(again, [scene.to.bounce])
    assert await scene.statuses() == LIVE
    third = dsn("5.2.2", "smtp; 552 5.2.2 Over quota", Message_ID="<b3@mx.example>")
    await scene.doors.deliver(third, [Addresses(scene.first, step=1).bounce])
    assert await scene.statuses() == (Status.BOUNCED, Status.ACTIVE)
    assert await scene.suppressed() == ["soft_bounces"]


async def test_a_block_marks_the_mailbox_and_leaves_the_contact(scene: Scene) -> None:
    mail = dsn("5.7.1", "smtp; 550 5.7.1 Rejected as spam")
    await scene.doors.deliver(mail, [scene.to.bounce])
    assert await scene.statuses() == LIVE
    ((trouble,),) = await scene.stage.all("SELECT trouble FROM mailboxes")
    assert "Rejected as spam" in trouble
    assert await scene.inbound() == [("bounce_block", "mailbox_trouble", "envelope recipient")]


@pytest.mark.parametrize(
    ("mail", "class_"),
    [
        (dsn("4.4.1", action="delayed"), "delayed"),
        (raw("We got your mail.", Auto_Submitted="auto-replied"), "auto"),
        (dsn("2.0.0", action="delivered"), "other"),
        # Somebody else's bounce, sent to our address.
        (dsn(recipient="sam@other.example"), "auto"),
    ],
)
async def test_what_changes_nothing_is_kept(scene: Scene, mail: bytes, class_: str) -> None:
    before = await everything(scene.stage)
    await scene.doors.deliver(mail, [scene.to.bounce])
    assert await scene.inbound() == [(class_, "stored", "envelope recipient")]
    after = await everything(scene.stage)
    assert after | {"inbound_messages": []} == before


async def test_a_complaint_is_known_by_the_mail_that_it_returns(scene: Scene) -> None:
    token = SIGNER.token(Purpose.HEADER, scene.to.ref)
    mail = report("feedback-report", "Feedback-Type: abuse\n", returned=f"X-Tenuto-Token: {token}")
    await scene.doors.deliver(mail, [MAILBOX], "feedback@mx.example")
    assert await scene.statuses() == (Status.COMPLAINED, Status.COMPLAINED)
    assert await scene.suppressed() == ["complaint"]
    assert await scene.inbound() == [("complaint", "complained", "returned original")]


@pytest.mark.parametrize("text", ["unsubscribe", "Please remove me from your list", "Stop."])
async def test_a_reply_that_asks_for_no_more_mail_unsubscribes(scene: Scene, text: str) -> None:
    await scene.doors.deliver(raw(text), [scene.to.reply], "pat@firm.example")
    assert await scene.statuses() == (Status.OPTED_OUT, Status.OPTED_OUT)
    assert await scene.suppressed() == ["opt_out"]


async def test_mail_to_the_unsubscribe_address_unsubscribes(scene: Scene) -> None:
    mail = raw("", Subject="unsubscribe", From="somebody@else.example")
    await scene.doors.deliver(mail, [scene.to.unsubscribe], "somebody@else.example")
    assert await scene.statuses() == (Status.OPTED_OUT, Status.OPTED_OUT)
    assert await scene.inbound() == [("unsubscribe", "unsubscribed", "envelope recipient")]


async def test_unsure_between_a_person_and_a_machine_holds_and_asks(scene: Scene) -> None:
    mail = raw("I am out of the office until Monday.")
    await scene.doors.deliver(mail, [scene.to.reply], "pat@firm.example")
    assert await scene.statuses() == (Status.PAUSED, Status.PAUSED)
    assert await scene.inbound() == [("unsure", "review", "reply tag")]
    assert {t.signal for t in scene.doors.told} == {Signal.HELD}


async def test_a_known_person_with_several_enrollments_is_held_and_somebody_asked(
    scene: Scene,
) -> None:
    await scene.doors.deliver(raw(Subject="Hi"), [MAILBOX], "pat@firm.example")
    assert await scene.statuses() == (Status.PAUSED, Status.PAUSED)
    assert [h[:2] for h in await scene.holds()] == [("contact", "mail to review")]
    assert await scene.inbound() == [("reply", "review", "address")]


async def test_an_address_is_enough_for_a_reply_where_it_can_mean_only_one(scene: Scene) -> None:
    await scene.stage.record(scene.second, Signal.REMOVED)
    await scene.doors.deliver(raw(Subject="Hi"), [MAILBOX], "pat@firm.example")
    assert await scene.statuses() == (Status.REPLIED, Status.REMOVED)
    assert await scene.inbound() == [("reply", "reply_received", "address")]


@pytest.mark.parametrize(
    "forged",
    [
        raw("unsubscribe"),
        dsn(returned=""),
        report("feedback-report", "Feedback-Type: abuse\nOriginal-Rcpt-To: <pat@firm.example>\n"),
    ],
    ids=["opt-out", "bounce", "complaint"],
)
async def test_nobody_is_suppressed_by_an_address_that_anybody_can_write(
    scene: Scene, forged: bytes
) -> None:
    await scene.stage.record(scene.second, Signal.REMOVED)
    await scene.doors.deliver(forged, [MAILBOX], "mallory@else.example")
    assert (await scene.statuses())[0] is Status.PAUSED
    assert await scene.suppressed() == []
    assert [row[1:] for row in await scene.inbound()] == [("review", "address")]


async def test_a_forged_absence_holds_for_a_week_at_most(scene: Scene) -> None:
    day = datetime.now(UTC).date() + timedelta(days=100)
    mail = raw(f"I am away until {day:%B} {day.day}, {day.year}.", Auto_Submitted="auto-replied")
    await scene.doors.deliver(mail, [MAILBOX], "mallory@else.example")
    assert await scene.statuses() == LIVE
    ((_, _, until),) = await scene.holds()
    assert until is not None
    assert until <= datetime.now(UTC) + timedelta(days=7, minutes=1)


async def test_mail_that_matches_nobody_waits_for_a_person(scene: Scene) -> None:
    before = await everything(scene.stage)
    await scene.doors.deliver(raw(From="sam@x.example"), [MAILBOX], "sam@x.example")
    assert await scene.inbound() == [("other", "review", None)]
    assert (await everything(scene.stage)) | {"inbound_messages": []} == before


async def test_our_own_outgoing_copy_never_counts(scene: Scene) -> None:
    mail = raw("Hello Pat", From=f"Anna <{MAILBOX}>", In_Reply_To=scene.to.message_id)
    await scene.doors.deliver(mail, [MAILBOX], MAILBOX)
    assert await scene.statuses() == LIVE
    assert await scene.inbound() == [("other", "stored", "thread")]


@pytest.mark.parametrize(
    "mail",
    [
        raw(),
        raw("I am away", X_Autoreply="yes"),
        dsn(),
        dsn("4.2.2", "smtp; 452 4.2.2 Mailbox full"),
        dsn("5.7.1", "smtp; 550 5.7.1 Rejected as spam"),
        report("feedback-report", "Feedback-Type: abuse\n"),
        raw("stop"),
    ],
    ids=["reply", "absence", "hard", "soft", "block", "complaint", "opt-out"],
)
async def test_the_same_mail_again_changes_nothing(scene: Scene, mail: bytes) -> None:
    await scene.doors.deliver(mail, [scene.to.bounce])
    before, told = await everything(scene.stage), len(scene.doors.told)
    relayed = b"Received: from second-try.example\r\n" + mail
    reply = await scene.doors.deliver(relayed, [scene.to.bounce])
    assert reply.startswith("2.0.0")
    assert await everything(scene.stage) == before
    assert len(scene.doors.told) == told


async def test_the_raw_mail_is_kept_as_it_came(scene: Scene) -> None:
    mail = raw("Grüße\n..\n.\n", Subject="Grüße")
    await scene.doors.deliver(mail, [scene.to.reply], "pat@firm.example")
    ((kept,),) = await scene.stage.all("SELECT raw FROM inbound_messages")
    assert kept == mail
