import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.catcher_pages import CatcherPages
from tenuto.devstack.doors import Doors
from tenuto.devstack.mail_log import CaughtMail, MailLog
from tenuto.devstack.page_server import serving

RETURN_PATH = "b+tok@bounce.example"
RECIPIENT = "ada@prospect.example"


@dataclass
class Stage:
    log: MailLog
    inbound: MailCatcher
    browser: httpx.AsyncClient
    unsubscribed: asyncio.Queue[str]
    public_url: str

    def catch(self, **headers: str) -> CaughtMail:
        mail = EmailMessage()
        mail["From"] = "Max <max@sender.example>"
        mail["To"] = RECIPIENT
        mail["Subject"] = "Hello <b>you</b>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content("Plain & simple")
        mail.add_alternative("<p onclick='steal()'>Rich</p><script>steal()</script>", "html")
        return self.log.add(RETURN_PATH, [RECIPIENT], mail.as_bytes(policy=SMTP))

    async def press(self, button: str, text: str = "") -> httpx.Response:
        origin = str(self.browser.base_url).rstrip("/")
        form = {"text": text}
        return await self.browser.post(f"/mails/1/{button}", data=form, headers={"Origin": origin})


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The pages over a log, with a real SMTP server for the inbound door and a real HTTP one."""
    unsubscribed: asyncio.Queue[str] = asyncio.Queue()
    door = FastAPI()

    @door.post("/u/{token}")
    async def unsubscribe(token: str, request: Request) -> None:
        unsubscribed.put_nowait(f"{token} {(await request.body()).decode()}")

    log = MailLog(tmp_path / "log")
    async with AsyncExitStack() as stack:
        inbound = await stack.enter_async_context(MailCatcher(tmp_path / "inbound"))
        public_url = await stack.enter_async_context(serving(door, None, "a test"))
        pages = CatcherPages(log, Doors(*inbound.address, public_url))
        url = await stack.enter_async_context(serving(pages.app, None, "a test"))
        browser = await stack.enter_async_context(httpx.AsyncClient(base_url=url))
        yield Stage(log, inbound, browser, unsubscribed, public_url)


async def test_the_list_shows_the_newest_mail_first_and_escapes_it(stage: Stage) -> None:
    assert "None yet" in (await stage.browser.get("/")).text
    stage.catch()
    stage.catch(X_Tenuto_Token="tok")
    page = (await stage.browser.get("/")).text
    assert page.index("/mails/2") < page.index("/mails/1")
    assert "Hello &lt;b&gt;you&lt;/b&gt;" in page
    assert "<b>you" not in page


async def test_a_mail_shows_headers_text_and_raw(stage: Stage) -> None:
    mail = stage.catch()
    page = await stage.browser.get("/mails/1")
    assert "Plain &amp; simple" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "Unsubscribe" not in page.text
    assert (await stage.browser.get("/mails/1/raw")).content == stage.log.raw(mail)
    assert (await stage.browser.get("/mails/2")).status_code == 404


async def test_html_is_shown_without_scripts_or_network(stage: Stage) -> None:
    stage.catch()
    assert "<iframe sandbox " in (await stage.browser.get("/mails/1")).text
    html = await stage.browser.get("/mails/1/html")
    assert html.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    ("button", "sender", "recipient", "sign"),
    [
        ("reply", RECIPIENT, "max@sender.example", "Tell me more"),
        ("out-of-office", "", RETURN_PATH, "Auto-Submitted: auto-replied"),
        ("bounce", "", RETURN_PATH, "Status: 5.1.1"),
        ("complain", "feedback@mx.prospect.example", RETURN_PATH, "Feedback-Type: abuse"),
    ],
)
async def test_each_button_sends_a_mail_to_the_inbound_door(
    stage: Stage, button: str, sender: str, recipient: str, sign: str
) -> None:
    stage.catch()
    response = await stage.press(button, "Tell me more")
    assert response.status_code == 303
    (mail,) = stage.inbound.mails
    assert (mail.envelope_from, mail.recipients) == (sender, (recipient,))
    assert sign in stage.inbound.log.raw(mail).decode()
    shown = await stage.browser.get(response.headers["Location"])
    assert f"Done: {button}." in shown.text


async def test_unsubscribe_posts_to_our_own_url(stage: Stage) -> None:
    url = f"{stage.public_url}/u/tok"
    one_click = "List-Unsubscribe=One-Click"
    stage.catch(List_Unsubscribe=f"<{url}>", List_Unsubscribe_Post=one_click)
    assert "Unsubscribe</button>" in (await stage.browser.get("/mails/1")).text
    assert (await stage.press("unsubscribe")).status_code == 303
    assert stage.unsubscribed.get_nowait() == "tok List-Unsubscribe=One-Click"


async def test_unsubscribe_fetches_no_foreign_url(stage: Stage) -> None:
    foreign = stage.public_url.replace("127.0.0.1", "localhost") + "/u/tok"
    one_click = "List-Unsubscribe=One-Click"
    stage.catch(List_Unsubscribe=f"<{foreign}>", List_Unsubscribe_Post=one_click)
    response = await stage.press("unsubscribe")
    assert response.status_code == 502
    assert "isn&#39;t fetched" in response.text
    assert stage.unsubscribed.empty()


async def test_a_closed_door_is_reported_on_the_page(stage: Stage) -> None:
    stage.catch()
    await stage.inbound.stop()
    response = await stage.press("reply", "Hello?")
    assert response.status_code == 502
    assert "the inbound door at 127.0.0.1:" in response.text


async def test_another_sites_page_cannot_press_a_button(stage: Stage) -> None:
    stage.catch()
    for origin in ({"Origin": "http://evil.example"}, {}):
        response = await stage.browser.post("/mails/1/bounce", headers=origin)
        assert response.status_code == 403
    rebound = await stage.browser.get("/", headers={"Host": "evil.example"})
    assert rebound.status_code == 400
    assert stage.inbound.mails == ()
