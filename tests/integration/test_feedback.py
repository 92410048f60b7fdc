"""What counts against which mail: by whichever door it comes, and however little it names."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from db import happenings
from tenuto.domain.delivery import Refused, Unclear
from tenuto.domain.enrollment import Status
from tenuto.domain.ids import Purpose
from tenuto.domain.notice import Bounced, Notice, Signal, Unsubscribed
from tests.doors import SIGNER, Addresses, Doors, open_doors
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.mails import dsn, raw, report

Kept = list[tuple[UUID, int, str]]


async def kept(stage: Stage) -> Kept:
    found = await stage.all("SELECT enrollment_id, step_index, kind::text FROM send_feedback")
    return [(UUID(int=row[0].int), row[1], row[2]) for row in found]


async def written_to(stage: Stage, slug: str = "welcome") -> UUID:
    """Somebody who got the first mail of a sequence."""
    version = await stage.publish(bundle(slug, emails([0, 3600, 3600])))
    enrollment = await stage.enrolled(version)
    await stage.settle(await stage.claimed(enrollment))
    return enrollment


@pytest.fixture
async def doors(stage: Stage) -> AsyncIterator[Doors]:
    async with open_doors(stage.engine) as opened:
        yield opened


async def test_remove_me_in_a_reply_is_a_complaint(stage: Stage, doors: Doors) -> None:
    enrollment = await written_to(stage)
    mail = raw("Please remove me from your list")
    await doors.deliver(mail, [Addresses(enrollment).reply], "pat@firm.example")
    assert await kept(stage) == [(enrollment, 0, "removal")]


@pytest.mark.parametrize("way", ["click", "mail", "mail to the mailbox"])
async def test_the_way_out_that_we_offer_is_no_complaint(
    stage: Stage, doors: Doors, way: str
) -> None:
    enrollment = await written_to(stage)
    to = Addresses(enrollment)
    if way == "click":
        await doors.request("POST", to.page, data={"List-Unsubscribe": "One-Click"})
    elif way == "mail":
        await doors.deliver(raw("Please remove me"), [to.unsubscribe], "pat@firm.example")
    else:
        subject = f"unsubscribe {SIGNER.token(Purpose.UNSUBSCRIBE, to.ref)}"
        await doors.deliver(raw("", Subject=subject), [MAILBOX], "other@firm.example")
    assert (await stage.row(enrollment)).status is Status.OPTED_OUT
    assert await kept(stage) == []


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        (dsn(), "bounce"),
        (dsn("5.7.1", "smtp; 550 5.7.1 Rejected as spam"), "block"),
        (dsn("4.2.2", "smtp; 452 4.2.2 Mailbox full"), None),
        (raw(), None),
    ],
    ids=["hard", "block", "soft", "reply"],
)
async def test_a_mail_to_the_bounce_address(
    stage: Stage, doors: Doors, mail: bytes, kind: str | None
) -> None:
    enrollment = await written_to(stage)
    for again in (b"", b"X-Again: 1\r\n"):
        other_id = mail.replace(b"p1@firm", b"p2@firm") if again else mail
        await doors.deliver(again + other_id, [Addresses(enrollment).bounce])
    assert await kept(stage) == ([(enrollment, 0, kind)] if kind else [])


async def test_a_feedback_loop_complains(stage: Stage, doors: Doors) -> None:
    enrollment = await written_to(stage)
    token = SIGNER.token(Purpose.HEADER, Addresses(enrollment).ref)
    mail = report("feedback-report", "Feedback-Type: abuse\n", returned=f"X-Tenuto-Token: {token}")
    await doors.deliver(mail, [MAILBOX], "feedback@mx.example")
    assert await kept(stage) == [(enrollment, 0, "complaint")]


async def test_what_anybody_can_write_counts_for_nothing(stage: Stage, doors: Doors) -> None:
    await written_to(stage)
    for forged in (raw("unsubscribe"), dsn(returned="", Message_ID="<b1@mx.example>")):
        await doors.deliver(forged, [MAILBOX], "mallory@else.example")
    assert await kept(stage) == []


@pytest.mark.parametrize(
    ("fate", "kind"),
    [
        (Refused("550 5.1.1 no such user", recipient=True), "bounce"),
        (Refused("550 5.7.1 unsolicited", recipient=False), "block"),
        (Refused("552 5.3.4 too big", recipient=False), None),
    ],
    ids=["recipient", "policy", "size"],
)
@pytest.mark.parametrize("late", [False, True])
async def test_what_a_server_refuses_at_once(
    stage: Stage,
    fate: Refused,
    kind: str | None,
    late: bool,  # noqa: FBT001 - a case of a table
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    claim = await stage.claimed(enrollment)
    if late:
        # Another worker took it for lost meanwhile.
        await stage.claim(enrollment)
    await stage.settle(claim, fate)
    await stage.settle(claim, fate)
    assert await kept(stage) == ([(enrollment, 0, kind)] if kind else [])


async def test_a_list_of_dead_addresses_pauses_though_no_mail_leaves(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    async with stage.engine.begin() as connection:
        await connection.execute(text(_REFUSED), {"id": enrollment, "state": "refused"})
    for mail in range(5):
        await stage.record(enrollment, Signal.BOUNCED, Bounced(step=100 + mail))
    details = await stage.all("SELECT detail FROM holds ORDER BY scope")
    assert [row.detail for row in details] == ["bounces 5.0 % (5 of 100)"] * 2


_REFUSED = """
    INSERT INTO sends (enrollment_id, step_index, step_id, contact_id, mailbox_id, state,
        claimed_at)
    SELECT e.id, 100 + i, 'past', e.contact_id, e.mailbox_id, CAST(:state AS send_state),
        tenuto_now()
    FROM enrollments e, generate_series(0, 99) i WHERE e.id = :id
"""


@pytest.mark.parametrize("state", ["pending", "skipped", "cancelled"])
async def test_what_was_not_sent_is_no_send(stage: Stage, state: str) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    async with stage.engine.begin() as connection:
        await connection.execute(text(_REFUSED), {"id": enrollment, "state": state})
    for mail in range(5):
        await stage.record(enrollment, Signal.BOUNCED, Bounced(step=100 + mail))
    assert await stage.all("SELECT * FROM holds") == []


async def complains(stage: Stage, enrollment: UUID) -> None:
    """Only the person is known."""
    contact = (await stage.row(enrollment)).contact_id
    await stage.do(
        happenings.record_for_person, contact, Signal.COMPLAINED, Notice(), source="test"
    )


async def test_what_names_only_a_person_is_about_the_newest_mail_to_them(stage: Stage) -> None:
    first = await written_to(stage, "one")
    second = await written_to(stage, "two")
    await stage.pass_time(first, timedelta(hours=2))
    claim = await stage.claimed(first)
    await stage.settle(claim, Unclear("no answer"))
    await stage.pass_time(second, timedelta(hours=2))
    await stage.claimed(second)
    await complains(stage, first)
    # One that may be on its way only now angered nobody yet; one that may have left did.
    assert await kept(stage) == [(first, 1, "complaint")]


async def test_an_enrollments_own_mail_goes_before_a_newer_one(stage: Stage) -> None:
    first = await written_to(stage, "one")
    await written_to(stage, "two")
    await stage.record(first, Signal.UNSUBSCRIBED, Unsubscribed(by="reply"))
    assert await kept(stage) == [(first, 0, "removal")]


async def test_a_mail_of_more_than_thirty_days_ago_is_not_meant(stage: Stage) -> None:
    enrollment = await written_to(stage)
    await stage.pass_time(enrollment, timedelta(days=30, minutes=1))
    await complains(stage, enrollment)
    await stage.record(enrollment, Signal.COMPLAINED)
    async with stage.engine.begin() as connection:
        old = "UPDATE sends SET claimed_at = claimed_at - interval '31 days'"
        await connection.execute(text(old))
    await stage.record(enrollment, Signal.BOUNCED, Bounced(step=0))
    assert await kept(stage) == []
    assert (await stage.row(enrollment)).status is Status.COMPLAINED


@pytest.mark.parametrize("step", [1, 7])
async def test_a_mail_that_was_never_tried_brings_nothing_in(stage: Stage, step: int) -> None:
    enrollment = await written_to(stage)
    await stage.record(enrollment, Signal.BOUNCED, Bounced(step=step))
    assert await kept(stage) == []


async def test_who_got_no_mail_counts_for_nothing(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await complains(stage, enrollment)
    await stage.record(enrollment, Signal.COMPLAINED)
    assert await kept(stage) == []
