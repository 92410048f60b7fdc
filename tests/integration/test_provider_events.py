"""What providers tell does to the rows what mail would do."""

from collections.abc import AsyncIterator

import pytest

from tenuto.domain.delivery import Unclear
from tenuto.domain.enrollment import Status
from tenuto.domain.ids import Purpose, SendRef
from tenuto.domain.notice import Signal
from tests import postmark_hooks as postmark
from tests import sns_sender as sns
from tests.doors import SIGNER, Addresses, everything
from tests.factories import MAILBOX, Stage, bundle
from tests.mails import raw
from tests.webhooks import LIVE, Scene, scene_on


@pytest.fixture
async def scene(stage: Stage) -> AsyncIterator[Scene]:
    async with scene_on(stage) as made:
        yield made


async def test_complaints_end_everything(scene: Scene) -> None:
    assert (await scene.ses(sns.complaint(scene.mail()))).status_code == 200
    assert await scene.statuses() == (Status.COMPLAINED, Status.COMPLAINED)
    assert await scene.suppressed() == ["complaint"]


async def test_postmarks_complaints_end_everything(scene: Scene) -> None:
    assert (await scene.postmark(postmark.complaint(**scene.content()))).status_code == 200
    assert await scene.statuses() == (Status.COMPLAINED, Status.COMPLAINED)


async def test_a_report_that_it_is_no_spam_changes_nothing(scene: Scene) -> None:
    assert (await scene.ses(sns.complaint(scene.mail(), "not-spam"))).status_code == 200
    assert await scene.statuses() == LIVE
    assert await scene.kept() == [("ses", "other", "stored", "returned original")]


async def test_an_unsubscription_at_the_providers_is_an_opt_out_and_no_complaint(
    scene: Scene,
) -> None:
    hook = postmark.subscription(Metadata={"tenuto": scene.token})
    assert (await scene.postmark(hook)).status_code == 200
    assert await scene.statuses() == (Status.OPTED_OUT, Status.OPTED_OUT)
    assert await scene.suppressed() == ["opt_out"]
    assert await scene.stage.all("SELECT kind FROM send_feedback") == []


@pytest.mark.parametrize(
    "hook",
    [postmark.bounce(), postmark.complaint(), postmark.subscription(Origin="Customer")],
    ids=["bounce", "complaint", "unsubscribe"],
)
async def test_by_an_address_alone_the_person_is_held_and_somebody_asked(
    scene: Scene, hook: postmark.Hook
) -> None:
    assert (await scene.postmark(hook)).status_code == 200
    assert await scene.statuses() == (Status.PAUSED, Status.PAUSED)
    assert await scene.suppressed() == []
    assert [row[2:] for row in await scene.kept()] == [("review", "address")]


async def test_what_somebody_of_ours_did_at_the_providers_is_asked_about(scene: Scene) -> None:
    hook = postmark.bounce("ManuallyDeactivated", **scene.content())
    assert (await scene.postmark(hook)).status_code == 200
    assert await scene.statuses() == (Status.PAUSED, Status.PAUSED)
    assert await scene.kept() == [("postmark", "unsure", "review", "returned original")]


async def test_an_automatic_answer_holds_the_person(scene: Scene) -> None:
    assert (await scene.postmark(postmark.bounce("AutoResponder"))).status_code == 200
    assert await scene.statuses() == LIVE
    assert await scene.holds() == [("contact", "out of office")]


@pytest.mark.parametrize(
    ("kind", "subtype", "diagnostic", "class_"),
    [
        ("Permanent", "General", "smtp; 550 5.7.1 Rejected as spam", "bounce_block"),
        ("Permanent", "General", "smtp; 552 5.2.2 Over quota", "bounce_soft"),
        ("Permanent", "General", "smtp; 550 5.0.0 rejected", "bounce_hard"),
        ("Permanent", "General", None, "bounce_hard"),
        ("Transient", "General", "smtp; 550 5.1.1 No such user", "bounce_soft"),
        ("Transient", "ContentRejected", "smtp; 550 5.1.1 No such user", "bounce_block"),
        ("Undetermined", "Undetermined", None, "bounce_soft"),
        ("Undetermined", "Undetermined", "smtp; 550 5.1.1 No such user", "bounce_hard"),
    ],
)
async def test_the_servers_words_and_the_providers_verdict_make_the_kind(
    scene: Scene, kind: str, subtype: str, diagnostic: str | None, class_: str
) -> None:
    message = sns.bounce(scene.mail(), kind, subtype, diagnostic)
    assert (await scene.ses(message)).status_code == 200
    assert [row[1] for row in await scene.kept()] == [class_]


async def test_a_mail_that_the_provider_rejects_marks_the_mailbox(scene: Scene) -> None:
    message = {"eventType": "Reject", "reject": {"reason": "Bad content"}, "mail": scene.mail()}
    assert (await scene.ses(message)).status_code == 200
    assert await scene.statuses() == LIVE
    ((trouble,),) = await scene.stage.all("SELECT trouble FROM mailboxes")
    assert trouble == "refused after delivery: Bad content"


async def test_somebody_elses_bounce_about_our_mail_is_only_kept(scene: Scene) -> None:
    message = sns.bounce(scene.mail(), to="sam@other.example")
    assert (await scene.ses(message)).status_code == 200
    assert await scene.statuses() == LIVE
    assert [row[1:3] for row in await scene.kept()] == [("other", "stored")]


async def test_events_about_nobody_of_ours_are_acknowledged_and_not_kept(scene: Scene) -> None:
    before = await everything(scene.stage)
    message = sns.bounce(sns.mail(to="sam@other.example"), to="sam@other.example")
    assert (await scene.ses(message)).status_code == 200
    assert (await scene.postmark(postmark.bounce(Email="sam@other.example"))).status_code == 200
    assert await everything(scene.stage) == before


async def test_one_notification_of_two_people_is_two_events(scene: Scene) -> None:
    other = await scene.stage.enrolled(await scene.stage.publish(bundle("third")), "sam@x.example")
    message = sns.bounce(sns.mail())
    message["bounce"]["bouncedRecipients"].append({"emailAddress": "sam@x.example"})
    assert (await scene.ses(message)).status_code == 200
    assert (await scene.stage.row(other)).status is Status.PAUSED
    assert await scene.statuses() == (Status.PAUSED, Status.PAUSED)


async def test_an_id_that_the_provider_gave_our_mail_is_as_good_as_a_token(scene: Scene) -> None:
    async with scene.stage.engine.begin() as connection:
        await connection.exec_driver_sql(
            f"UPDATE sends SET stored_message_id = '<{sns.SES_ID}@us-west-2.amazonses.com>' "
            "WHERE state = 'sent'"
        )
    assert (await scene.ses(sns.bounce(sns.mail()))).status_code == 200
    assert await scene.kept() == [("ses", "bounce_hard", "bounced", "returned original")]


async def test_a_delivery_of_a_mail_that_we_know_as_sent_is_not_kept(scene: Scene) -> None:
    before = await everything(scene.stage)
    for hook in (postmark.delivery(), postmark.opened(), postmark.clicked()):
        hook["Metadata"] = {"tenuto": scene.token}
        assert (await scene.postmark(hook)).status_code == 200
    assert await everything(scene.stage) == before


DELIVERED = {"eventType": "Delivery", "delivery": {"recipients": ["pat@firm.example"]}}


async def test_a_delivery_settles_a_mail_whose_fate_was_unknown(scene: Scene) -> None:
    claim = await scene.stage.claimed(scene.second)
    of = sns.mail(("X-Tenuto-Token", SIGNER.token(Purpose.HEADER, SendRef(scene.second, 0))))
    # Until we have written it down ourselves, nobody knows whether it is unknown.
    assert (await scene.ses(DELIVERED | {"mail": of})).status_code == 503
    await scene.stage.settle(claim, Unclear("timeout"))
    assert (await scene.stage.ledger(scene.second))[0][1] == "unknown"
    assert (await scene.ses(DELIVERED | {"mail": of})).status_code == 200
    assert (await scene.stage.ledger(scene.second))[0][1] == "sent"
    assert await scene.kept() == [("ses", "other", "send_resolved", "returned original")]


async def test_mail_that_ses_received_is_mail(scene: Scene) -> None:
    reply = raw(In_Reply_To=Addresses(scene.first).message_id).decode()
    assert (await scene.ses(sns.received(reply, MAILBOX))).status_code == 200
    assert await scene.statuses() == (Status.REPLIED, Status.REPLIED)
    assert await scene.kept() == [("ses", "reply", "reply_received", "thread")]
    assert {told.signal for told in scene.doors.told} == {Signal.REPLY_RECEIVED}


async def test_mail_that_postmark_received_is_mail_and_known_from_the_other_door(
    scene: Scene,
) -> None:
    reply = raw()
    hook = postmark.inbound(reply.decode(), Addresses(scene.first).reply)
    assert (await scene.postmark(hook)).status_code == 200
    assert await scene.statuses() == (Status.REPLIED, Status.REPLIED)
    await scene.doors.deliver(reply, [Addresses(scene.first).reply], "pat@firm.example")
    assert await scene.kept() == [("postmark", "reply", "reply_received", "reply tag")]


async def test_inbound_mail_without_its_raw_form_is_refused(scene: Scene) -> None:
    assert (await scene.postmark(postmark.inbound(None))).status_code == 403
    assert await scene.kept() == []
