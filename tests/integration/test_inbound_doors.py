"""Who gets in, what the answers mean, and that only what is durable is acknowledged."""

import asyncio
import socket
from collections.abc import AsyncIterator

import aiosmtplib
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import connect, disposed
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import DependencyError
from tenuto.domain.ids import TokenSigner
from tenuto.inbound.listening import listen
from tenuto.inbound.smtp_door import RECIPIENTS_MAX, SIZE_MAX
from tests.doors import HOST, Addresses, Doors, everything, open_doors
from tests.factories import MAILBOX, Stage, bundle
from tests.mails import raw


@pytest.fixture
async def doors(stage: Stage) -> AsyncIterator[Doors]:
    async with open_doors(stage.engine) as opened:
        yield opened


@pytest.fixture
async def pat(stage: Stage) -> Addresses:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.settle(await stage.claimed(enrollment))
    return Addresses(enrollment)


@pytest.fixture
async def nowhere() -> AsyncIterator[AsyncEngine]:
    """Postgres is down: nobody listens there."""
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    async with disposed(connect(f"postgresql://nobody@{HOST}:{port}/gone")) as engine:
        yield engine


@pytest.mark.parametrize(
    "recipient",
    [
        "stranger@elsewhere.example",
        "anna@elsewhere.example",
        "b+aaaaaaaaaaaaaaaaaaaaaaaaaa.0.aaaaaaaaaaaaaaaa@sender.example",
        "postmaster",
    ],
)
async def test_nothing_is_relayed_and_no_unknown_address_is_taken(
    doors: Doors, recipient: str
) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await doors.deliver(raw(), [recipient], "pat@firm.example")
    assert refused.value.recipients[0].code == 550


@pytest.mark.parametrize("odd", ["\0", "\x1b[2J", "\r", "\udc80"])
async def test_an_address_with_control_characters_is_unknown(doors: Doors, odd: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", doors.smtp_port)

    async def say(line: str) -> bytes:
        writer.write(line.encode(errors="surrogateescape") + b"\r\n")
        return await reader.readline()

    await reader.readline()
    await say("HELO x")
    await say("MAIL FROM:<>")
    assert (await say(f"RCPT TO:<a{odd}nna@sender.example>"))[:1] == b"5"
    assert (await say(f"RCPT TO:<{MAILBOX}>"))[:3] == b"250"
    writer.close()
    await writer.wait_closed()


async def test_another_keys_token_opens_no_door(doors: Doors, pat: Addresses) -> None:
    forged = TokenSigner([b"another key of 16 bytes"]).bounce_local_part(pat.ref)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await doors.deliver(raw(), [f"{forged}@sender.example"])


async def test_addresses_of_ours_are_taken_in_any_case_and_with_any_tag(
    doors: Doors, stage: Stage, pat: Addresses
) -> None:
    for recipient in (MAILBOX.upper(), "anna+x@sender.example", pat.bounce.upper()):
        mail = raw(recipient, From="sam@x.example")
        await doors.deliver(mail, [recipient], "sam@x.example")
    found = await stage.all("SELECT matched_by FROM inbound_messages ORDER BY received_at")
    assert [row[0] for row in found] == [None, None, "envelope recipient"]


async def test_too_large_a_mail_is_refused_for_good(doors: Doors, stage: Stage) -> None:
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await doors.deliver(b"Subject: x\r\n\r\n" + b"x\r\n" * (SIZE_MAX // 3 + 1), [MAILBOX])
    assert refused.value.code == 552
    assert (await everything(stage))["inbound_messages"] == []


async def test_long_lines_are_taken(doors: Doors, stage: Stage) -> None:
    await doors.deliver(raw("x" * 100_000), [MAILBOX], "sam@x.example")
    assert len((await everything(stage))["inbound_messages"]) == 1


async def test_more_recipients_than_needed_are_told_to_come_later(doors: Doors) -> None:
    recipients = [f"anna+{n}@sender.example" for n in range(RECIPIENTS_MAX + 1)]
    client = aiosmtplib.SMTP(hostname=HOST, port=doors.smtp_port, start_tls=False)
    async with client:
        refused, _ = await client.sendmail("sam@x.example", recipients, raw())
    assert [reply.code for reply in refused.values()] == [452]


async def test_without_postgres_the_sender_is_told_to_try_again(
    nowhere: AsyncEngine, pat: Addresses
) -> None:
    async with open_doors(nowhere) as doors:
        with pytest.raises(aiosmtplib.SMTPDataError) as data:
            await doors.deliver(raw(), [pat.reply], "pat@firm.example")
        assert data.value.code == 451
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await doors.deliver(raw(), [MAILBOX], "pat@firm.example")
        assert refused.value.recipients[0].code == 451
        assert (await doors.request("POST", pat.page)).status_code == 503
        assert (await doors.request("GET", "/healthz")).status_code == 503
        # The page itself needs nobody.
        assert (await doors.request("GET", pat.page)).status_code == 200


async def test_a_commit_that_fails_is_not_acknowledged_and_the_next_try_is(
    doors: Doors, stage: Stage, pat: Addresses, database_url: str
) -> None:
    """Postgres ends the transaction while the door waits for the person's lock."""
    before = await everything(stage)
    # A connection of its own, which the termination below spares.
    async with disposed(connect(database_url)) as engine, engine.connect() as blocker:
        await blocker.exec_driver_sql("SELECT id FROM contacts FOR UPDATE")
        sending = asyncio.create_task(doors.deliver(raw(), [pat.reply], "pat@firm.example"))
        await _end_the_waiting_one(stage)
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await sending
        assert refused.value.code == 451
    assert await everything(stage) == before
    await doors.deliver(raw(), [pat.reply], "pat@firm.example")
    assert (await stage.row(pat.enrollment)).status is Status.REPLIED


async def _end_the_waiting_one(stage: Stage) -> None:
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        while not await stage.all(query):
            await asyncio.sleep(0.02)


async def test_lmtp_answers_for_each_recipient(doors: Doors, stage: Stage, pat: Addresses) -> None:
    reader, writer = await asyncio.open_connection(HOST, doors.lmtp_port)

    async def say(line: str, answers: int = 1) -> list[str]:
        writer.write(line.encode() + b"\r\n")
        return [await _answer(reader) for _ in range(answers)]

    await _answer(reader)
    assert (await say("LHLO mx.example"))[0].startswith("250")
    await say("MAIL FROM:<pat@firm.example>")
    await say(f"RCPT TO:<{pat.reply}>")
    await say(f"RCPT TO:<{MAILBOX}>")
    assert (await say("DATA"))[0].startswith("354")
    replies = await say(raw().decode() + ".", answers=2)
    assert [reply[:3] for reply in replies] == ["250", "250"]
    writer.close()
    await writer.wait_closed()
    assert (await stage.row(pat.enrollment)).status is Status.REPLIED
    assert [row.door for row in await stage.all("SELECT door FROM inbound_messages")] == ["lmtp"]


async def _answer(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(30):
        while True:
            line = (await reader.readline()).decode()
            if line[3:4] != "-":
                return line


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_at_the_page_unsubscribes_nobody(
    doors: Doors, stage: Stage, pat: Addresses, method: str
) -> None:
    before = await everything(stage)
    response = await doors.request(method, pat.page)
    assert response.status_code == 200
    if method == "GET":
        assert '<form method="post">' in response.text
    assert await everything(stage) == before


async def test_one_click_unsubscribes_and_a_second_click_is_no_error(
    doors: Doors, stage: Stage, pat: Addresses
) -> None:
    body = {"List-Unsubscribe": "One-Click"}
    first = await doors.request("POST", pat.page, data=body)
    assert (first.status_code, first.headers.get("set-cookie")) == (200, None)
    assert (await stage.row(pat.enrollment)).status is Status.OPTED_OUT
    assert [t.enrollment_id for t in doors.told] == [pat.enrollment]
    before = await everything(stage)
    second = await doors.request("POST", pat.page, data=body)
    assert (second.status_code, second.text) == (200, first.text)
    assert await everything(stage) == before


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_forged_link_opens_nothing_and_is_not_repeated(
    doors: Doors, pat: Addresses, method: str
) -> None:
    bounce = pat.bounce.partition("@")[0].removeprefix("b+")
    for path in (f"/u/{bounce}", "/u/%3Cscript%3Ealert(1)%3C/script%3E", f"{pat.page}x"):
        response = await doors.request(method, path)
        assert response.status_code == 404
        assert "script" not in response.text


async def test_pages_carry_the_headers_that_keep_them_harmless(
    doors: Doors, pat: Addresses
) -> None:
    response = await doors.request("GET", pat.page)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in response.headers


async def test_health_says_whether_mail_can_be_stored(doors: Doors) -> None:
    assert (await doors.request("GET", "/healthz")).text == "ok\n"


def test_a_port_that_is_taken_is_named_with_its_setting() -> None:
    with (
        listen(HOST, 0, "TENUTO_INBOUND_HTTP_PORT") as holder,
        pytest.raises(DependencyError, match="choose another in TENUTO_INBOUND_HTTP_PORT"),
    ):
        listen(HOST, holder.getsockname()[1], "TENUTO_INBOUND_HTTP_PORT")
