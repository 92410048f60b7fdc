"""Mailboxes at Microsoft 365 and Gmail: threads, answers and bounces find their enrollment.

Microsoft renames each mail and refuses foreign envelope senders; Gmail overwrites these. So there
is no VERP, and what comes back, comes by IMAP.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from activities.dispatch import DispatchActivities
from activities.requests import DispatchRequest
from db import mailbox_servers
from db.mailbox_servers import MailboxServer
from db.occasion import Told
from tenuto.domain.enrollment import SendState, Status
from tenuto.domain.ids import TokenSigner
from tenuto.domain.mail_provider import HABITS, Endpoint, Provider, Servers
from tenuto.domain.plan import Edge
from tenuto.inbound.imap_door import ImapPace, imap_door
from tenuto.inbound.pipeline import Pipeline
from tenuto.mail.login import Given
from tenuto.mail.secrets import Secrets
from tenuto.runtime.mailing import mail_tools
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.house import settings
from tests.imap_box import ImapBox
from tests.mails import dsn, raw
from tests.oauth_server import OAuthServer
from tests.providers import Delivered, Submission, listening

NAME = "MAILBOX_ANNA_1"
PACE = ImapPace(look_every=0.1, again=0.1, patience=0.5)


@dataclass
class Account:
    """Anna's account at a provider: its submission server, its folders, and who sends by it."""

    stage: Stage
    box: ImapBox
    submission: Submission
    sending: DispatchActivities
    signer: TokenSigner
    told: list[Told] = field(default_factory=list)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        async def tell(news: Sequence[Told]) -> None:
            self.told.extend(news)

        pipeline = Pipeline(self.stage.engine, self.signer, tell)
        async with imap_door(pipeline, lambda _: Given(PASSWORD, oauth=False), PACE):
            yield

    async def enroll(self, email: str = "pat@firm.example") -> UUID:
        content = bundle("outreach", emails([0, 0, 3600]))
        threaded = {k: m.model_copy(update={"thread": None if k == "mail-0" else "mail-0"})
                    for k, m in content.messages.items()}  # fmt: skip
        content = content.model_copy(update={"messages": threaded})
        return await self.stage.enrolled(await self.stage.publish(content), email)

    async def send(self, enrollment: UUID) -> Delivered:
        seen = await self.stage.facts(enrollment)
        step = seen.enrollment.current_step_index
        request = DispatchRequest(enrollment_id=enrollment, step=step, successor=Edge(to=step + 1),
                                  mailbox_id=seen.mailbox.id)  # fmt: skip
        await ActivityEnvironment().run(self.sending.dispatch_step, request)
        return self.submission.delivered[-1]

    async def until_ended(self, enrollment: UUID) -> Status:
        query = "SELECT ended_at IS NOT NULL FROM enrollments WHERE id = :id"
        await self.stage.until(query, id=enrollment)
        return (await self.stage.row(enrollment)).status


@pytest.fixture(params=["microsoft", "microsoft that names nothing", "gmail"])
async def account(
    request: pytest.FixtureRequest,
    stage: Stage,
    require: Callable[[str, str], str],
    oauth_server: OAuthServer,
    tmp_path: Path,
) -> AsyncIterator[Account]:
    provider = Provider.GOOGLE if request.param == "gmail" else Provider.MICROSOFT
    async with AsyncExitStack() as running:
        program = require("dovecot", "dovecot-imapd")
        server: Dovecot = await running.enter_async_context(dovecot(program, oauth_server))
        box = ImapBox(server, MAILBOX)

        async def copied(mail: bytes) -> None:
            await box.put(mail, "Sent", seen=True)

        submission = Submission(MAILBOX, "gmail" if request.param == "gmail" else "microsoft",
                                copied, says_name=request.param == "microsoft")  # fmt: skip
        port = await running.enter_async_context(listening(submission))
        mailbox_id = await stage.mailbox()
        # By a password: what the provider does to mail doesn't depend on the login.
        servers = Servers(Endpoint("127.0.0.1", port), server.endpoint)
        own = MailboxServer(mailbox_id, MAILBOX, Provider.SMTP, servers, MAILBOX, NAME)
        await stage.do(mailbox_servers.save, own)
        await stage.do(mailbox_servers.adapt, mailbox_id, HABITS[provider])
        values = settings("postgresql://u:p@unused/unused", "x:1", 1,
                          TENUTO_SECRETS_DIR=tmp_path / "secrets")  # fmt: skip
        await Secrets(values.secrets_dir, {}).write(NAME, PASSWORD)
        tools = await running.enter_async_context(mail_tools(values))

        async def tell(_: Sequence[Told]) -> None:
            return None

        sending = DispatchActivities(stage.engine, tools, tell)
        yield Account(stage, box, submission, sending, TokenSigner(values.keys))


async def until_named(account: Account, mail: Delivered) -> None:
    """What the Sent folder tells is known."""
    await account.stage.until(
        "SELECT count(*) > 0 FROM sends WHERE coalesce(stored_message_id, message_id) = :id",
        id=mail.message_id,
    )


async def test_a_follow_up_answers_the_mail_that_the_recipient_got(account: Account) -> None:
    enrollment = await account.enroll()
    async with account.watched():
        first = await account.send(enrollment)
        await until_named(account, first)
        second = await account.send(enrollment)
    assert first.envelope_from == MAILBOX
    head = message_from_bytes(second.raw, policy=policy.default)
    assert head["In-Reply-To"] == first.message_id
    assert head["Subject"].startswith("Re: ")


async def test_a_colleagues_answer_in_the_thread_ends_it(account: Account) -> None:
    enrollment = await account.enroll()
    async with account.watched():
        first = await account.send(enrollment)
        await until_named(account, first)
        answer = raw("I answer for Pat.", From="sam@firm.example", In_Reply_To=first.message_id)
        await account.box.put(answer)
        assert await account.until_ended(enrollment) is Status.REPLIED
    found = await account.stage.all("SELECT matched_by FROM inbound_messages")
    assert [row[0] for row in found] == ["thread"]


async def test_a_bounce_is_known_by_what_it_returns(account: Account) -> None:
    enrollment = await account.enroll()
    async with account.watched():
        first = await account.send(enrollment)
        # The fields that a provider returns; by an address alone nobody would be suppressed.
        report = dsn(recipient="pat@firm.example", returned=first.header.replace("\r\n", "\n"))
        await account.box.put(b"Return-Path: <>\r\n" + report)
        assert await account.until_ended(enrollment) is Status.BOUNCED
    found = await account.stage.all("SELECT class, matched_by FROM inbound_messages")
    assert [tuple(row) for row in found] == [("bounce_hard", "returned original")]
    assert len(await account.stage.all("SELECT 1 FROM suppressions")) == 1


async def test_a_notice_of_absence_holds_the_person(account: Account) -> None:
    enrollment = await account.enroll()
    async with account.watched():
        first = await account.send(enrollment)
        await until_named(account, first)
        notice = raw("I am away.", Subject="Automatic reply: Hello", Auto_Submitted="auto-replied",
                     In_Reply_To=first.message_id)  # fmt: skip
        await account.box.put(b"Return-Path: <>\r\n" + notice)
        await account.stage.until("SELECT count(*) > 0 FROM holds WHERE reason = 'out of office'")
    assert (await account.stage.row(enrollment)).status is Status.ACTIVE


async def test_a_broken_connection_after_the_mail_is_settled_by_the_sent_folder(
    account: Account,
) -> None:
    enrollment = await account.enroll()
    account.submission.breaks = True
    first = await account.send(enrollment)
    assert (await account.stage.ledger(enrollment))[0][1] == SendState.UNKNOWN
    async with account.watched():
        await account.stage.until("SELECT state = 'sent' FROM sends WHERE step_index = 0")
        account.submission.breaks = False
        second = await account.send(enrollment)
    assert len(account.submission.delivered) == 2
    # Its fate is known: the follow-up may answer it, under the name that it has there.
    assert message_from_bytes(second.raw)["In-Reply-To"] == first.message_id
