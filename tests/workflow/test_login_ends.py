"""A mailbox's login ends while its people are in flight: they wait, and go on after a new one."""

from pathlib import Path

from db import mailbox_servers, switches
from db.mailbox_servers import REASON, MailboxServer
from db.sequences import SequenceVersion
from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.enrollment import Status
from tenuto.domain.holds import HoldScope
from tenuto.domain.mail_provider import Endpoint, Provider, Servers
from tenuto.mail.secrets import Secrets
from tests import house as houses
from tests.factories import MAILBOX, bundle, emails
from tests.house import House
from tests.oauth_server import CLIENT_ID, OAuthServer
from tests.oauth_smtp import OAuthSmtp

BERT = "bert@sender.example"
NAME = "MAILBOX_ANNA_1"
PAUSED = "SELECT status = 'paused' FROM enrollments WHERE id = :id"


async def test_people_wait_for_a_login_and_others_go_on(
    database_url: str, temporal_server: TemporalDevServer, catcher: MailCatcher, tmp_path: Path
) -> None:
    async with OAuthServer().listening() as oauth, OAuthSmtp(oauth).listening() as smtp:
        values = houses.settings(
            database_url,
            temporal_server.address,
            catcher.address[1],
            TENUTO_SECRETS_DIR=tmp_path / "secrets",
            TENUTO_MICROSOFT_CLIENT_ID=CLIENT_ID,
            TENUTO_MICROSOFT_LOGIN_URL=oauth.url,
        )
        secrets = Secrets(values.secrets_dir, {})
        async with houses.house(values, catcher) as house:
            own = await connected_to(house, smtp)
            await secrets.write(NAME, "a grant that was taken back")
            hers, his = await published(house)
            async with house.working():
                await house.start(hers)
                await house.stage.until(
                    "SELECT count(*) = 1 FROM holds WHERE reason = 'login refused'"
                )
                waits = await house.start(hers, "kim@other.example")
                await house.stage.until(
                    "SELECT status = 'paused' FROM enrollments WHERE id = :id", id=waits
                )
                assert await house.ended(await house.start(his)) is Status.COMPLETED
                assert smtp.envelopes == []
                await secrets.write(NAME, oauth.grants())
                await reconnected(house, own)
                assert await house.ended(waits) is Status.COMPLETED
        assert [envelope.rcpt_tos for envelope in smtp.envelopes] == [["kim@other.example"]]


async def connected_to(house: House, smtp: OAuthSmtp) -> MailboxServer:
    own = MailboxServer(
        mailbox_id=await house.stage.mailbox(),
        address=MAILBOX,
        provider=Provider.MICROSOFT,
        servers=Servers(smtp.endpoint, Endpoint("127.0.0.1", 1)),
        username=MAILBOX,
        secret=NAME,
        tenant="organizations",
    )
    await house.stage.do(mailbox_servers.save, own)
    return own


async def published(house: House) -> tuple[SequenceVersion, SequenceVersion]:
    """A sequence of one mail for each of the two mailboxes."""
    await house.stage.mailbox(address=BERT)
    steps = emails([0])
    hers = await house.stage.publish(bundle("hers", steps))
    his = await house.stage.publish(bundle("his", steps, mailbox=BERT))
    return hers, his


async def reconnected(house: House, own: MailboxServer) -> None:
    """As `tenuto mailbox connect` does."""
    await house.stage.do(mailbox_servers.save, own)
    target = str(own.mailbox_id)
    ending = switches.switch_on(
        house.stage.engine, HoldScope.MAILBOX, target, source="test", reason=REASON
    )
    async for told in ending:
        await house.steering.tell(told)
