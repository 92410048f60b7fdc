"""From the final dot of an answer to the closed workflow, through the process's own doors."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from db import mailbox_servers
from db.mailbox_servers import MailboxServer
from tenuto.devstack.ports import choose_port
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import DependencyError
from tenuto.domain.ids import TokenSigner
from tenuto.domain.mail_provider import Endpoint, Provider, Servers
from tenuto.inbound.listening import listen
from tenuto.inbound.process import serve
from tenuto.mail.secrets import Secrets
from tests.doors import HOST, Addresses
from tests.dovecot import PASSWORD, dovecot
from tests.factories import MAILBOX, bundle, emails
from tests.house import House
from tests.imap_box import ImapBox
from tests.mails import raw
from tests.oauth_server import OAuthServer
from tests.providers import Submission, listening


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[None]:
    """The process's doors on ports of this test's own, closed in the way that Ctrl-C does."""
    names = ("inbound_smtp_port", "inbound_lmtp_port", "inbound_http_port")
    ports = {name: choose_port(None, name) for name in names}
    house.settings = house.settings.model_copy(update=ports)
    stop, signer = asyncio.Event(), TokenSigner(house.settings.keys)
    task = asyncio.create_task(
        serve(house.settings, house.stage.engine, house.steering, signer, stop)
    )
    try:
        async with asyncio.timeout(30):
            await _answering(f"http://{HOST}:{ports['inbound_http_port']}/healthz")
        yield
    finally:
        stop.set()
        await task


async def _answering(url: str) -> None:
    async with httpx.AsyncClient() as client:
        while True:
            try:
                (await client.get(url)).raise_for_status()
            except httpx.ConnectError:
                await asyncio.sleep(0.02)
            else:
                return


async def test_a_reply_over_smtp_closes_the_workflow(house: House) -> None:
    version = await house.stage.publish(bundle(steps=emails([3600])))
    enrollment = await house.start(version)
    to = TokenSigner(house.settings.keys).reply_local_part(Addresses(enrollment).ref, "anna")
    async with house.working(), serving(house):
        client = aiosmtplib.SMTP(hostname=HOST, port=house.settings.inbound_smtp_port)
        async with client:
            await client.sendmail("pat@firm.example", [f"{to}@sender.example"], raw())
        assert await house.ended(enrollment) is Status.REPLIED
    assert (await house.stage.row(enrollment)).status is Status.REPLIED


async def test_a_port_that_is_taken_is_told_and_the_other_doors_are_closed(house: House) -> None:
    port = choose_port(None, "smtp")
    with closing(listen(HOST, 0, "a test")) as taken:
        ports = {"inbound_smtp_port": port, "inbound_http_port": taken.getsockname()[1]}
        settings = house.settings.model_copy(update=ports)
        signer = TokenSigner(settings.keys)
        with pytest.raises(DependencyError, match="TENUTO_INBOUND_HTTP_PORT"):
            await serve(settings, house.stage.engine, house.steering, signer, asyncio.Event())
    listen(HOST, port, "a test").close()


async def test_an_answer_in_the_mailbox_closes_the_workflow_and_the_owner_hears(
    house: House, require: Callable[[str, str], str], oauth_server: OAuthServer, tmp_path: Path
) -> None:
    """The process's own wiring: the login from the secrets, the door, the notice."""
    house.settings = house.settings.model_copy(update={"secrets_dir": tmp_path / "secrets"})
    await Secrets(house.settings.secrets_dir, {}).write("MAILBOX_ANNA_1", PASSWORD)
    mailbox_id = await house.stage.mailbox(notify="boss@sender.example")
    enrollment = await house.start(await house.stage.publish(bundle(steps=emails([3600]))))
    message_id = TokenSigner(house.settings.keys).message_id(
        Addresses(enrollment).ref, "sender.example"
    )
    submission = Submission(MAILBOX, "gmail", _uncopied)
    async with (
        dovecot(require("dovecot", "dovecot-imapd"), oauth_server) as server,
        listening(submission) as port,
    ):
        servers = Servers(Endpoint("127.0.0.1", port), server.endpoint)
        own = MailboxServer(mailbox_id, MAILBOX, Provider.SMTP, servers, MAILBOX, "MAILBOX_ANNA_1")
        await house.stage.do(mailbox_servers.save, own)
        async with house.working(), serving(house):
            await ImapBox(server, MAILBOX).put(raw("Yes, Tuesday.", In_Reply_To=message_id))
            assert await house.ended(enrollment) is Status.REPLIED
            await house.stage.until("SELECT over_at IS NOT NULL FROM owner_notices")
    (notice,) = submission.delivered
    assert notice.recipients == ("boss@sender.example",)
    assert b"Yes, Tuesday." in notice.raw


async def _uncopied(_: bytes) -> None:
    return None
