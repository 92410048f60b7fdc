"""What lies in a Sent folder: evidence of our own mails, and what the owner wrote by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tenuto.domain.delivery import Sent, Unclear
from tenuto.domain.enrollment import SendState, Status
from tests.doors import Addresses
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.mails import raw
from tests.sent_copies import Copies


@pytest.fixture
async def scene(stage: Stage) -> Copies:
    return Copies(stage, await stage.enrolled(await stage.publish(bundle(steps=emails([0, 3600])))))


def by_hand(body: str = "Pat, one more thing.", **fields: str) -> bytes:
    values = {"From": MAILBOX, "To": "Pat <PAT@firm.example>", "Message_ID": "<h1@sender.example>"}
    return raw(body, **values | fields)


async def test_our_copy_settles_a_mail_whose_fate_was_unknown(scene: Copies) -> None:
    await scene.stage.settle(await scene.stage.claimed(scene.enrollment), Unclear("timeout"))
    assert (await scene.send())[0] == SendState.UNKNOWN
    own = Addresses(scene.enrollment).message_id
    for _ in range(2):
        await scene.sent(scene.copy("<new@outlook.example>", X_Microsoft_Original_Message_ID=own))
    state, _, stored = await scene.send()
    assert (state, stored) == (SendState.SENT, "<new@outlook.example>")
    assert await scene.holds() == []
    assert (await scene.stage.log(scene.enrollment)).count("send_resolved") <= 1


async def test_a_mail_whose_worker_died_gets_its_name_and_subject_from_the_copy(
    scene: Copies,
) -> None:
    await scene.stage.claimed(scene.enrollment)
    await scene.stage.claim(scene.enrollment)
    assert await scene.send() == (SendState.UNKNOWN, None, None)
    own = Addresses(scene.enrollment).message_id
    await scene.sent(scene.copy(own))
    assert await scene.send() == (SendState.SENT, own, None)
    assert (await scene.stage.all("SELECT subject FROM sends WHERE step_index = 0"))[0][
        0
    ] == "Hello Pat"


async def test_a_copy_that_is_seen_before_the_settle_keeps_the_servers_name(scene: Copies) -> None:
    claim = await scene.stage.claimed(scene.enrollment)
    await scene.sent(scene.copy("<new@outlook.example>"))
    await scene.stage.settle(claim, Sent("250 ok"))
    assert (await scene.send())[::2] == (SendState.SENT, "<new@outlook.example>")


async def test_a_mail_by_hand_holds_the_person_and_counts_for_spacing(scene: Copies) -> None:
    for _ in range(2):
        await scene.sent(by_hand())
    assert await scene.holds() == ["owner wrote"]
    row = await scene.stage.row(scene.enrollment)
    assert (row.status, row.reason) == (Status.PAUSED, "held: owner wrote")
    assert len((await scene.stage.facts(scene.enrollment)).scene.load.contact) == 1
    assert [t.enrollment_id for t in scene.told] == [scene.enrollment]


async def test_spacing_runs_from_what_the_owner_wrote(stage: Stage) -> None:
    version = await stage.publish(bundle("spaced", emails([0]), gap=3 * 86_400))
    scene = Copies(stage, await stage.enrolled(version))
    written = datetime.now(UTC) - timedelta(hours=2)
    async with stage.engine.begin() as connection:
        earlier = "UPDATE enrollments SET enrolled_at = enrolled_at + interval '1 second'"
        await connection.exec_driver_sql(earlier)
    await scene.sent(by_hand(), written)
    assert await scene.holds() == []
    row = await stage.row(scene.enrollment)
    assert row.next_scheduled_at is not None
    assert row.next_scheduled_at - written >= timedelta(days=3) - timedelta(seconds=1)


async def test_what_was_written_to_others_or_before_holds_nobody(scene: Copies) -> None:
    await scene.sent(by_hand(To="kim@other.example"))
    await scene.sent(by_hand(Message_ID="<h2@x.example>"), datetime.now(UTC) - timedelta(days=9))
    assert await scene.holds() == []
    assert (await scene.stage.row(scene.enrollment)).status is Status.ACTIVE


async def test_a_copy_with_a_token_of_an_enrollment_that_is_gone_changes_nothing(
    scene: Copies,
) -> None:
    await scene.sent(Copies(scene.stage, UUID(int=7)).copy("<m@sender.example>"))
    assert scene.told == []


async def test_the_owners_own_notice_of_absence_is_nothing_written_by_hand(scene: Copies) -> None:
    await scene.sent(by_hand("I am away.", Auto_Submitted="auto-replied"))
    assert await scene.holds() == []
