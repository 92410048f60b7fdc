"""Each mailbox's mail leaves by its own server; a login that ends holds that mailbox only."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment

from activities.dispatch import DispatchActivities
from activities.mail_servers import MailServers, hold_refused
from activities.requests import DispatchRequest
from db import mailbox_servers, switches
from db.engine import connected
from db.mailbox_servers import REASON, MailboxServer
from db.occasion import Told
from tenuto.domain.enrollment import Standing, Status
from tenuto.domain.holds import HoldScope
from tenuto.domain.mail_provider import Endpoint, Provider, Servers
from tenuto.domain.plan import Edge
from tenuto.mail.login import Given
from tenuto.mail.secrets import Secrets
from tenuto.mail.server import SmtpServer
from tenuto.runtime.mailing import mail_tools
from tenuto.runtime.settings import Settings
from tests.factories import MAILBOX, Stage, bundle
from tests.house import settings
from tests.oauth_server import CLIENT_ID, OAuthServer
from tests.oauth_smtp import OAuthSmtp
from tests.smtp_peer import Peer

BERT = "bert@sender.example"
NAME = "MAILBOX_ANNA_1"


@dataclass
class Post:
    """Anna is connected to her own server; Bert sends by the installation's."""

    stage: Stage
    oauth: OAuthServer
    smtp: OAuthSmtp
    peer: Peer
    settings: Settings
    running: AsyncExitStack

    async def working(self, **changes: object) -> DispatchActivities:
        async def tell(_told: Sequence[Told]) -> None:
            return

        given = self.settings.model_copy(update=changes)
        tools = await self.running.enter_async_context(mail_tools(given))
        return DispatchActivities(self.stage.engine, tools, tell)

    async def send(
        self, activities: DispatchActivities, email: str, mailbox: str = MAILBOX
    ) -> tuple[UUID, Standing]:
        """Enroll somebody, and send their first mail."""
        content = bundle(mailbox.partition("@")[0], mailbox=mailbox)
        enrollment = await self.stage.enrolled(await self.stage.publish(content), email)
        seen = await self.stage.facts(enrollment)
        request = DispatchRequest(
            enrollment_id=enrollment, step=0, successor=Edge(to=1), mailbox_id=seen.mailbox.id
        )
        return enrollment, await ActivityEnvironment().run(activities.dispatch_step, request)

    async def own(self) -> MailboxServer:
        (row,) = await self.stage.all("SELECT id FROM mailboxes WHERE address = :a", a=MAILBOX)
        async with connected(self.stage.engine) as connection:
            found = await mailbox_servers.of(connection, UUID(int=row.id.int))
        assert found is not None
        return found

    async def holds(self) -> list[tuple[str, str, str]]:
        found = await self.stage.all(
            "SELECT scope::text, target, reason FROM holds WHERE held_until IS NULL"
        )
        return [tuple(row) for row in found]


@pytest.fixture
async def post(
    stage: Stage, database_url: str, oauth_server: OAuthServer, tmp_path: Path
) -> AsyncIterator[Post]:
    await stage.mailbox(address=BERT)
    async with (
        OAuthSmtp(oauth_server).listening() as smtp,
        Peer.running() as peer,
        AsyncExitStack() as running,
    ):
        values = settings(
            database_url,
            "x:1",
            peer.port,
            TENUTO_SECRETS_DIR=tmp_path / "secrets",
            TENUTO_MICROSOFT_CLIENT_ID=CLIENT_ID,
            TENUTO_MICROSOFT_LOGIN_URL=oauth_server.url,
        )
        await Secrets(values.secrets_dir, {}).write(NAME, oauth_server.grants())
        await stage.do(
            mailbox_servers.save,
            MailboxServer(
                mailbox_id=await stage.mailbox(),
                address=MAILBOX,
                provider=Provider.MICROSOFT,
                servers=Servers(smtp.endpoint, Endpoint("127.0.0.1", 1)),
                username=MAILBOX,
                secret=NAME,
                tenant="organizations",
            ),
        )
        yield Post(stage, oauth_server, smtp, peer, values, running)


async def test_each_mailbox_sends_by_its_own_server(post: Post) -> None:
    activities = await post.working()
    anna, _ = await post.send(activities, "one@firm.example")
    bert, _ = await post.send(activities, "two@firm.example", BERT)
    assert len(post.smtp.envelopes) == 1
    assert post.peer.commands.count("DATA") == 1
    for enrollment in (anna, bert):
        assert (await post.stage.ledger(enrollment))[0] == (0, "sent", None)
    assert await post.holds() == []


@pytest.mark.parametrize("how", ["revoked", "refused"])
async def test_a_login_that_ends_holds_its_mailbox_and_no_other(post: Post, how: str) -> None:
    if how == "revoked":
        post.oauth.revoke()
    else:
        post.oauth.lame = True
    activities = await post.working()
    with capture_logs() as logs:
        first, _ = await post.send(activities, "one@firm.example")
        second, standing = await post.send(activities, "two@firm.example")
    own = await post.own()
    assert await post.holds() == [("mailbox", str(own.mailbox_id), "login refused")]
    assert (await post.stage.ledger(first))[0] == (0, "pending", "login_refused")
    assert (standing.status, standing.reason) == (Status.PAUSED, "held: login refused")
    assert (await post.stage.row(second)).tries == 0
    bert, _ = await post.send(activities, "three@firm.example", BERT)
    assert (await post.stage.ledger(bert))[0] == (0, "sent", None)
    assert [log["event"] for log in logs] == ["mailbox_login_refused"]
    (row,) = await post.stage.all("SELECT trouble FROM mailboxes WHERE address = :a", a=MAILBOX)
    assert row.trouble
    assert not any(secret in f"{logs} {row}" for secret in post.oauth.secrets)


async def test_a_new_connection_ends_that_hold_and_mail_goes_on(post: Post) -> None:
    post.oauth.revoke()
    activities = await post.working()
    await post.send(activities, "one@firm.example")
    second, _ = await post.send(activities, "two@firm.example")
    own = await post.own()
    await Secrets(post.settings.secrets_dir, {}).write(NAME, post.oauth.grants())
    await post.stage.do(mailbox_servers.save, own)
    (row,) = await post.stage.all("SELECT trouble FROM mailboxes WHERE address = :a", a=MAILBOX)
    assert row.trouble is None
    told = [
        one
        async for some in switches.switch_on(
            post.stage.engine,
            HoldScope.MAILBOX,
            str(own.mailbox_id),
            source="test",
            reason=REASON,
        )
        for one in some
    ]
    assert second in {one.enrollment_id for one in told}
    request = DispatchRequest(
        enrollment_id=second, step=0, successor=Edge(to=1), mailbox_id=own.mailbox_id
    )
    await ActivityEnvironment().run(activities.dispatch_step, request)
    assert (await post.stage.ledger(second))[0] == (0, "sent", None)


async def test_what_an_operator_paused_stays_paused(post: Post) -> None:
    own = await post.own()
    target = str(own.mailbox_id)
    engine = post.stage.engine
    await switches.switch_off(engine, HoldScope.MAILBOX, target, reason="operator", source="test")
    await hold_refused(engine, own)
    assert len(await post.holds()) == 2
    ending = switches.switch_on(engine, HoldScope.MAILBOX, target, source="test", reason=REASON)
    assert [some async for some in ending] == []
    assert [reason for _, _, reason in await post.holds()] == ["operator"]


async def test_a_late_refusal_of_the_login_before_holds_nothing(post: Post) -> None:
    before = await post.own()
    await post.stage.do(mailbox_servers.save, before)
    await hold_refused(post.stage.engine, before)
    assert await post.holds() == []
    await hold_refused(post.stage.engine, await post.own())
    assert len(await post.holds()) == 1


async def test_a_sign_in_service_that_is_down_holds_nobody(post: Post) -> None:
    post.oauth.status = 503
    enrollment, _ = await post.send(await post.working(), "one@firm.example")
    assert (await post.stage.ledger(enrollment))[0] == (0, "pending", "oauth_unavailable")
    assert await post.holds() == []


async def test_settings_that_are_missing_hold_the_mailbox_and_say_so(post: Post) -> None:
    activities = await post.working(microsoft_client_id=None)
    await post.send(activities, "one@firm.example")
    (row,) = await post.stage.all("SELECT trouble FROM mailboxes WHERE address = :a", a=MAILBOX)
    assert "TENUTO_MICROSOFT_CLIENT_ID" in row.trouble
    assert [reason for _, _, reason in await post.holds()] == [REASON]


async def test_in_safe_mode_mail_goes_to_the_catcher_whatever_the_login(post: Post) -> None:
    post.oauth.revoke()
    activities = await post.working(
        safe_mode=True, catcher_url=f"smtp://127.0.0.1:{post.peer.port}"
    )
    enrollment, _ = await post.send(activities, "one@firm.example")
    assert (await post.stage.ledger(enrollment))[0] == (0, "sent", None)
    assert (post.smtp.logins, post.smtp.envelopes, await post.holds()) == ([], [], [])


async def test_a_catcher_that_refuses_the_login_holds_nobody(post: Post) -> None:
    def nobody(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    factory = partial(SMTP, object(), authenticator=nobody, auth_require_tls=False)
    loop = asyncio.get_running_loop()
    async with await loop.create_server(factory, "127.0.0.1", 0) as catcher:
        port = catcher.sockets[0].getsockname()[1]
        activities = await post.working(safe_mode=True, catcher_url=f"smtp://u:p@127.0.0.1:{port}")
        enrollment, _ = await post.send(activities, "one@firm.example")
    assert (await post.stage.ledger(enrollment))[0] == (0, "pending", "login_refused")
    assert await post.holds() == []


async def test_no_secret_is_in_the_database(post: Post) -> None:
    activities = await post.working()
    await post.send(activities, "one@firm.example")
    post.oauth.expire()
    post.smtp.refusal = "535 5.7.8 TOKEN is wrong"
    post.oauth.lame = True
    await post.send(activities, "two@firm.example")
    tables = await post.stage.all(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    everything = [await post.stage.all(f"SELECT t::text FROM {t.name} t") for t in tables]
    assert NAME in str(everything)
    assert "535 5.7.8 … is wrong" in str(everything)
    assert not any(secret in str(everything) for secret in post.oauth.secrets)


async def test_what_was_read_is_kept_for_a_moment_only(post: Post) -> None:
    own = await post.own()
    default = SmtpServer("127.0.0.1", 1)
    kept, unkept = (
        MailServers(default, lambda _: Given("x", oauth=True), seconds) for seconds in (10, 0)
    )
    for servers in (kept, unkept):
        assert (await servers.of(post.stage.engine, own.mailbox_id)).own == own
    await post.stage.do(mailbox_servers.save, replace(own, username="other"))
    found = [(await s.of(post.stage.engine, own.mailbox_id)).own for s in (kept, unkept)]
    assert [one.username for one in found if one] == [MAILBOX, "other"]


async def test_every_server_is_listed(post: Post) -> None:
    async with connected(post.stage.engine) as connection:
        assert await mailbox_servers.every(connection) == [await post.own()]
