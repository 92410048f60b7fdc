"""The door of webhooks keeps the same promises with every provider."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from db import happenings
from db.engine import connect, disposed
from tenuto.domain.enrollment import Status
from tenuto.domain.errors import DependencyError
from tenuto.domain.notice import Notice, Signal
from tests import postmark_hooks as postmark
from tests import sns_sender as sns
from tests.doors import HOST, Addresses, everything, open_doors
from tests.factories import Stage
from tests.mails import dsn
from tests.webhooks import LIVE, Scene, heard, scene_on


@pytest.fixture
async def scene(stage: Stage) -> AsyncIterator[Scene]:
    async with scene_on(stage) as made:
        yield made


Call = Callable[[Scene], tuple[str, bytes, dict[str, Any]]]


def ses_call(scene: Scene, **changes: Any) -> tuple[str, bytes, dict[str, Any]]:
    return "ses", sns.notification(sns.bounce(scene.mail()), **changes), {}


def postmark_call(scene: Scene, **changes: Any) -> tuple[str, bytes, dict[str, Any]]:
    hook = postmark.bounce(**(scene.content() | changes))
    return "postmark", postmark.body(hook), {"auth": postmark.AUTH}


every_provider = pytest.mark.parametrize("call", [ses_call, postmark_call], ids=["ses", "postmark"])


async def post(scene: Scene, call: tuple[str, bytes, dict[str, Any]]) -> httpx.Response:
    name, body, options = call
    return await scene.doors.request("POST", f"/webhooks/{name}", content=body, **options)


@every_provider
async def test_a_hard_bounce_ends_and_suppresses_and_is_kept_as_it_came(
    scene: Scene, call: Call
) -> None:
    asked = call(scene)
    assert (await post(scene, asked)).status_code == 200
    assert await scene.statuses() == (Status.BOUNCED, Status.BOUNCED)
    assert await scene.suppressed() == ["hard_bounce"]
    assert await scene.kept() == [(asked[0], "bounce_hard", "bounced", "returned original")]
    ((kept,),) = await scene.stage.all("SELECT raw FROM inbound_messages")
    assert kept == asked[1]
    assert {told.enrollment_id for told in scene.doors.told} == {scene.first, scene.second}


@every_provider
async def test_what_is_told_again_is_acknowledged_and_changes_nothing(
    scene: Scene, call: Call
) -> None:
    asked = call(scene)
    await post(scene, asked)
    before, told = await everything(scene.stage), len(scene.doors.told)
    assert (await post(scene, asked)).status_code == 200
    assert await everything(scene.stage) == before
    assert len(scene.doors.told) == told


async def test_what_is_replayed_after_a_resume_holds_nobody_again(scene: Scene) -> None:
    asked = postmark_call(scene, Type="ManuallyDeactivated")
    await post(scene, asked)
    assert await scene.statuses() == (Status.PAUSED, Status.PAUSED)
    await scene.stage.do(
        happenings.record_for_person,
        (await scene.stage.row(scene.first)).contact_id,
        Signal.RESUMED,
        Notice(),
        source="test",
    )
    assert await scene.statuses() == LIVE
    assert (await post(scene, asked)).status_code == 200
    assert await scene.statuses() == LIVE


@every_provider
async def test_a_bounce_that_came_by_mail_is_no_news_by_webhook(scene: Scene, call: Call) -> None:
    await scene.doors.deliver(dsn(), [Addresses(scene.first).bounce])
    before = await everything(scene.stage)
    assert (await post(scene, call(scene))).status_code == 200
    after = await everything(scene.stage)
    assert after | {"inbound_messages": []} == before | {"inbound_messages": []}


@every_provider
async def test_a_soft_bounce_told_twice_over_counts_once(scene: Scene, call: Call) -> None:
    full = "smtp; 452 4.2.2 Mailbox full"
    await scene.doors.deliver(dsn("4.2.2", full), [Addresses(scene.first).bounce])
    if call is ses_call:
        message = sns.bounce(scene.mail(), "Transient", "MailboxFull", full)
        assert (await scene.ses(message)).status_code == 200
    else:
        hook = postmark.bounce("SoftBounce", full, **scene.content())
        assert (await scene.postmark(hook)).status_code == 200
    assert await scene.statuses() == LIVE
    assert await scene.holds() == [("enrollment", "soft bounce")]


@every_provider
async def test_without_postgres_the_provider_is_told_to_try_again(scene: Scene, call: Call) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    url = f"postgresql://nobody@{HOST}:{port}/gone"
    async with (
        disposed(connect(url)) as nowhere,
        open_doors(nowhere, heard(scene.amazon)) as doors,
    ):
        name, body, options = call(scene)
        response = await doors.request("POST", f"/webhooks/{name}", content=body, **options)
    assert (response.status_code, response.headers["retry-after"]) == (503, "60")


@every_provider
async def test_a_commit_that_fails_is_not_acknowledged_and_the_next_try_is(
    scene: Scene, call: Call, database_url: str
) -> None:
    """Postgres ends the transaction while the door waits for the person's lock."""
    before, asked = await everything(scene.stage), call(scene)
    async with disposed(connect(database_url)) as engine, engine.connect() as blocker:
        await blocker.exec_driver_sql("SELECT id FROM contacts FOR UPDATE")
        asking = asyncio.create_task(post(scene, asked))
        await _end_the_waiting_one(scene.stage)
        assert (await asking).status_code == 503
    assert await everything(scene.stage) == before
    assert (await post(scene, asked)).status_code == 200
    assert await scene.statuses() == (Status.BOUNCED, Status.BOUNCED)


async def _end_the_waiting_one(stage: Stage) -> None:
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        while not await stage.all(query):
            await asyncio.sleep(0.02)


@every_provider
@pytest.mark.parametrize("body", [b"", b"x", b"{}", b"[" * 100_000, b"\xff" * 99])
async def test_what_cant_be_read_is_refused_for_good(scene: Scene, call: Call, body: bytes) -> None:
    before = await everything(scene.stage)
    name, _, options = call(scene)
    response = await post(scene, (name, body, options))
    # The one status at which Postmark gives up.
    assert response.status_code == (422 if name == "ses" else 403)
    assert response.content == b""
    assert await everything(scene.stage) == before


@every_provider
async def test_too_large_a_body_is_refused(scene: Scene, call: Call) -> None:
    name, _, options = call(scene)
    size = heard(scene.amazon)[name].size_max

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size // 2**16 + 1):
            yield b" " * 2**16

    response = await scene.doors.request("POST", f"/webhooks/{name}", content=chunks(), **options)
    assert response.status_code == (413 if name == "ses" else 403)


@every_provider
async def test_only_providers_that_are_set_up_are_heard(stage: Stage, call: Call) -> None:
    async with open_doors(stage.engine) as doors:
        scene = Scene(stage, doors, sns.Amazon(), UUID(int=1), UUID(int=2))
        assert (await post(scene, call(scene))).status_code == 404
    assert (await everything(stage))["inbound_messages"] == []


async def test_forged_and_stale_messages_of_sns_are_refused(scene: Scene) -> None:
    before = await everything(scene.stage)
    genuine = sns.notification(sns.bounce(scene.mail()))
    other = sns.tampered(genuine, lambda values: values.update(MessageId="another"))
    for body in (
        other,
        sns.notification(sns.bounce(scene.mail()), Timestamp=sns.stamp(timedelta(hours=2))),
        sns.notification(sns.bounce(scene.mail()), Timestamp=sns.stamp(-timedelta(hours=2))),
        sns.notification(sns.bounce(scene.mail()), TopicArn=f"{sns.TOPIC}-of-mallory"),
    ):
        response = await scene.doors.request("POST", "/webhooks/ses", content=body)
        assert response.status_code == 403
    assert await everything(scene.stage) == before


async def test_postmark_is_known_by_its_login(scene: Scene) -> None:
    before = await everything(scene.stage)
    hook = postmark.bounce(**scene.content())
    for auth in (None, ("tenuto", "wrong"), ("", "")):
        response = await scene.postmark(hook, auth=auth)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Basic realm="tenuto"'
    stale = postmark.bounce(BouncedAt="2016-04-27T16:28:50.3963933-04:00", **scene.content())
    assert (await scene.postmark(stale)).status_code == 403
    assert await everything(scene.stage) == before


async def test_amazon_that_cant_be_asked_now_is_no_forgery(scene: Scene) -> None:
    scene.amazon.errors.append(DependencyError("down"))
    body = sns.notification(sns.bounce(scene.mail()))
    answers = [await scene.doors.request("POST", "/webhooks/ses", content=body) for _ in "12"]
    assert [answer.status_code for answer in answers] == [503, 200]
    assert await scene.suppressed() == ["hard_bounce"]


@pytest.mark.parametrize("odd", ["\0", "\x1b[2J", "\r\nX: y", "\u202e", "'; DROP TABLE sends; --"])
async def test_odd_characters_anywhere_are_no_fault_of_ours(scene: Scene, odd: str) -> None:
    hooks = [
        postmark.bounce(Email=f"pat{odd}@firm.example", MessageID=odd, Details=odd, Content=odd),
        postmark.bounce(Type=odd, **scene.content()),
        postmark.subscription(Recipient=odd, Metadata={odd: odd, "tenuto": scene.token}),
        postmark.inbound(f"Subject: {odd}\r\n\r\n{odd}", f"anna{odd}@sender.example"),
    ]
    answers = [(await scene.postmark(hook)).status_code for hook in hooks]
    message = sns.bounce(scene.mail() | {"messageId": odd}, odd, odd, odd, to=f"a{odd}@x.example")
    answers.append((await scene.ses(message)).status_code)
    assert set(answers) == {200}
