"""What lies in a Sent folder: evidence of our own mails, and what the owner wrote by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.mailbox_servers import MailboxServer
from db.occasion import Told
from tenuto.domain.delivery import Sent, Unclear
from tenuto.domain.enrollment import SendState, Status
from tenuto.domain.ids import Purpose
from tenuto.domain.mail_provider import Endpoint, Provider, Servers
from tenuto.inbound.pipeline import Pipeline
from tenuto.inbound.sent_folder import take_sent
from tenuto.mail import delivered
from tests.doors import SIGNER, Addresses
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.mails import raw


@dataclass
class Scene:
    """Pat is in a sequence of Anna's."""

    stage: Stage
    enrollment: UUID
    told: list[Told] = field(default_factory=list)

    async def sent(self, mail: bytes, at: datetime | None = None) -> None:
        """Anna's server has a copy."""
        ((mailbox_id,),) = await self.stage.all(
            "SELECT id FROM mailboxes WHERE address LIKE 'anna%'"
        )
        nowhere = Servers(Endpoint("127.0.0.1", 1), None)
        own = MailboxServer(mailbox_id, MAILBOX, Provider.SMTP, nowhere, MAILBOX, "MAILBOX_1")

        async def tell(news: Sequence[Told]) -> None:
            self.told.extend(news)

        now = datetime.now(UTC)
        envelope = delivered.envelope(mail, MAILBOX, at or now, now)
        await take_sent(Pipeline(self.stage.engine, SIGNER, tell), own, mail, envelope)

    def copy(self, message_id: str, **fields: str) -> bytes:
        token = SIGNER.token(Purpose.HEADER, Addresses(self.enrollment).ref)
        return raw(From=MAILBOX, To="pat@firm.example", X_Tenuto_Token=token,
                   Subject="Hello Pat", Message_ID=message_id, **fields)  # fmt: skip

    async def send(self) -> tuple[str, str | None, str | None]:
        found = await self.stage.all(
            "SELECT state, message_id, stored_message_id FROM sends WHERE step_index = 0"
        )
        return found[0][0], found[0][1], found[0][2]

    async def holds(self) -> list[str]:
        rows = await self.stage.all("SELECT reason FROM holds WHERE held_until IS NULL")
        return [row[0] for row in rows]


@pytest.fixture
async def scene(stage: Stage) -> Scene:
    return Scene(stage, await stage.enrolled(await stage.publish(bundle(steps=emails([0, 3600])))))


def by_hand(body: str = "Pat, one more thing.", **fields: str) -> bytes:
    values = {"From": MAILBOX, "To": "Pat <PAT@firm.example>", "Message_ID": "<h1@sender.example>"}
    return raw(body, **values | fields)


async def test_our_copy_settles_a_mail_whose_fate_was_unknown(scene: Scene) -> None:
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
    scene: Scene,
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


async def test_a_copy_that_is_seen_before_the_settle_keeps_the_servers_name(scene: Scene) -> None:
    claim = await scene.stage.claimed(scene.enrollment)
    await scene.sent(scene.copy("<new@outlook.example>"))
    await scene.stage.settle(claim, Sent("250 ok"))
    assert (await scene.send())[::2] == (SendState.SENT, "<new@outlook.example>")


async def test_a_mail_by_hand_holds_the_person_and_counts_for_spacing(scene: Scene) -> None:
    for _ in range(2):
        await scene.sent(by_hand())
    assert await scene.holds() == ["owner wrote"]
    row = await scene.stage.row(scene.enrollment)
    assert (row.status, row.reason) == (Status.PAUSED, "held: owner wrote")
    assert len((await scene.stage.facts(scene.enrollment)).scene.load.contact) == 1
    assert [t.enrollment_id for t in scene.told] == [scene.enrollment]


async def test_spacing_runs_from_what_the_owner_wrote(stage: Stage) -> None:
    version = await stage.publish(bundle("spaced", emails([0]), gap=3 * 86_400))
    scene = Scene(stage, await stage.enrolled(version))
    written = datetime.now(UTC) - timedelta(hours=2)
    async with stage.engine.begin() as connection:
        earlier = "UPDATE enrollments SET enrolled_at = enrolled_at + interval '1 second'"
        await connection.exec_driver_sql(earlier)
    await scene.sent(by_hand(), written)
    assert await scene.holds() == []
    row = await stage.row(scene.enrollment)
    assert row.next_scheduled_at is not None
    assert row.next_scheduled_at - written >= timedelta(days=3) - timedelta(seconds=1)


async def test_what_was_written_to_others_or_before_holds_nobody(scene: Scene) -> None:
    await scene.sent(by_hand(To="kim@other.example"))
    await scene.sent(by_hand(Message_ID="<h2@x.example>"), datetime.now(UTC) - timedelta(days=9))
    assert await scene.holds() == []
    assert (await scene.stage.row(scene.enrollment)).status is Status.ACTIVE


async def test_a_copy_with_a_token_of_an_enrollment_that_is_gone_changes_nothing(
    scene: Scene,
) -> None:
    await scene.sent(Scene(scene.stage, UUID(int=7)).copy("<m@sender.example>"))
    assert scene.told == []
