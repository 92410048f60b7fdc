"""What a recipient can choose at the preference page, over real HTTP and in real Postgres."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from db import contacts
from tenuto.domain.enrollment import Status
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tenuto.domain.notice import Held, OutOfOffice, Signal
from tenuto.inbound.preference_page import BODY_MAX
from tests.command import run, without_temporal
from tests.doors import HOST, SIGNER, Addresses, Doors, everything, open_doors
from tests.factories import Stage, bundle, emails

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DAY = timedelta(days=1)


@dataclass
class Reader:
    """Pat, who is in two sequences, with a link from the first one's mail."""

    stage: Stage
    doors: Doors
    first: UUID
    second: UUID

    @property
    def link(self) -> str:
        return f"/p/{SIGNER.token(Purpose.PREFERENCES, SendRef(self.first, 0))}"

    async def look(self) -> str:
        response = await self.doors.request("GET", self.link)
        assert response.status_code == 200
        return response.text

    async def press(self, choice: str) -> str:
        response = await self.doors.request("POST", self.link, data={"choice": choice})
        assert (response.status_code, response.headers.get("set-cookie")) == (200, None)
        return response.text

    async def statuses(self) -> tuple[Status, Status]:
        return (await self.stage.row(self.first)).status, (await self.stage.row(self.second)).status

    async def due(self) -> list[datetime]:
        rows = [await self.stage.row(one) for one in (self.first, self.second)]
        return [row.next_scheduled_at for row in rows if row.next_scheduled_at]


@pytest.fixture
async def pat(stage: Stage) -> AsyncIterator[Reader]:
    first = await stage.enrolled(await stage.publish(bundle("first", emails([0, 3600, 3600]))))
    second = await stage.enrolled(await stage.publish(bundle("second")))
    await stage.settle(await stage.claimed(first))
    async with open_doors(stage.engine) as doors:
        yield Reader(stage, doors, first, second)


LIVE = (Status.ACTIVE, Status.ACTIVE)


def buttons(html: str) -> list[str]:
    return re.findall(r'<button name="choice" value="([^"]+)">', html)


async def test_looking_changes_nothing_and_offers_less_as_well_as_nothing(pat: Reader) -> None:
    before = await everything(pat.stage)
    assert buttons(await pat.look()) == ["pause-30", "pause-90", "series", "all"]
    assert (await pat.doors.request("HEAD", pat.link)).status_code == 200
    assert await everything(pat.stage) == before


async def test_the_unsubscribe_page_leads_there_and_repeats_nothing(pat: Reader) -> None:
    page = Addresses(pat.first).page
    html = (await pat.doors.request("GET", page)).text
    (link,) = re.findall(r'<a href="([^"]+)"', html)
    assert str(httpx.URL("http://x/mail/u/token").join(link)).removeprefix("http://x/mail") == (
        pat.link
    )
    # In any case that a mail server makes of it, the link is the one that we signed.
    shouted = (await pat.doors.request("GET", f"/u/{page.removeprefix('/u/').upper()}")).text
    assert shouted == html


@pytest.mark.parametrize("days", [30, 90])
async def test_a_pause_holds_all_of_the_persons_mail_and_then_it_goes_on(
    pat: Reader, days: int
) -> None:
    before = datetime.now(UTC)
    html = await pat.press(f"pause-{days}")
    assert await pat.statuses() == LIVE
    until = min(await pat.due())
    assert before + (days - 1) * DAY < until <= before + (days + 1) * DAY
    assert f"paused until {until.day} {until:%B %Y}" in html
    assert buttons(html)[0] == "resume"
    # One of them may give way to the other on top of it.
    held = {told.enrollment_id for told in pat.doors.told if told.signal is Signal.HELD}
    assert held <= {pat.first, pat.second} == {told.enrollment_id for told in pat.doors.told}
    assert held
    # Whatever they are put into later waits as well.
    third = await pat.stage.enrolled(await pat.stage.publish(bundle("third")))
    assert ((await pat.stage.row(third)).next_scheduled_at or before) >= until


async def test_pressing_twice_is_pressing_once(pat: Reader) -> None:
    for choice in ("pause-30", "resume", "series", "all"):
        await pat.press(choice)
        before, told = await everything(pat.stage), list(pat.doors.told)
        await pat.press(choice)
        assert await everything(pat.stage) == before, choice
        assert pat.doors.told == told


async def test_the_last_pause_counts(pat: Reader) -> None:
    await pat.press("pause-90")
    await pat.press("pause-30")
    assert min(await pat.due()) < datetime.now(UTC) + 31 * DAY


async def test_ending_the_pause_gives_the_wait_back_and_ends_no_other_hold(pat: Reader) -> None:
    before = await pat.due()
    await pat.press("pause-30")
    html = await pat.press("resume")
    assert "The pause is over" in html
    assert "resume" not in buttons(html)
    for due, was in zip(await pat.due(), before, strict=True):
        # The time of the pause itself used up no wait.
        assert timedelta() <= due - was < timedelta(seconds=30)
    until = datetime.now(UTC) + 5 * DAY
    await pat.stage.record(pat.first, Signal.OUT_OF_OFFICE, OutOfOffice(until=until))
    await pat.press("pause-30")
    await pat.press("resume")
    assert min(await pat.due()) >= until


async def test_an_operators_hold_outlives_the_persons_choice(pat: Reader) -> None:
    await pat.stage.record(pat.first, Signal.HELD, Held(reason="legal"))
    for choice in ("pause-30", "resume"):
        await pat.press(choice)
    assert await pat.statuses() == (Status.PAUSED, Status.ACTIVE)


async def test_a_reply_ends_outreach_whatever_is_paused(pat: Reader) -> None:
    await pat.press("pause-30")
    await pat.stage.record(pat.first, Signal.REPLY_RECEIVED)
    assert await pat.statuses() == (Status.REPLIED, Status.REPLIED)
    assert buttons(await pat.look()) == ["resume", "pause-30", "pause-90", "all"]


async def test_one_series_can_be_stopped_alone(pat: Reader) -> None:
    html = await pat.press("series")
    assert await pat.statuses() == (Status.REMOVED, Status.ACTIVE)
    assert "This series has stopped" in html
    assert buttons(html) == ["pause-30", "pause-90", "all"]
    assert await pat.stage.all("SELECT 1 FROM suppressions") == []


async def test_no_more_mail_at_all_is_an_opt_out_and_is_shown_ever_after(pat: Reader) -> None:
    assert buttons(await pat.press("all")) == []
    assert await pat.statuses() == (Status.OPTED_OUT, Status.OPTED_OUT)
    found = await pat.stage.all("SELECT reason, source FROM suppressions")
    assert [tuple(row) for row in found] == [("opt_out", "preference page")]
    for link in (pat.link, Addresses(pat.first).page):
        html = (await pat.doors.request("GET", link)).text
        assert "You get no more mail" in html
        assert "<button" not in html
    before = await everything(pat.stage)
    for choice in ("pause-30", "resume", "series"):
        assert "You get no more mail" in await pat.press(choice)
    assert await everything(pat.stage) == before


async def test_an_erased_person_finds_no_choice_left(pat: Reader) -> None:
    contact = (await pat.stage.row(pat.first)).contact_id
    await pat.stage.do(contacts.delete, contact, "test")
    before = await everything(pat.stage)
    for choice in ("pause-30", "resume", "series", "all"):
        assert buttons(await pat.press(choice)) == []
    after = await everything(pat.stage)
    # Only the opt-out writes: of an address that isn't theirs any more.
    assert {table for table, rows in after.items() if rows != before[table]} <= {"suppressions"}


async def test_an_opt_out_can_come_back_by_consent_only(
    pat: Reader, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_temporal(database_url, monkeypatch)
    await pat.press("all")
    await run("suppression", "remove", "pat@firm.example", "--consent", "asked for it by phone")
    assert buttons(await pat.look()) == ["pause-30", "pause-90", "all"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"choice=all", {}, 415),
        (b"choice=all", {"Content-Type": "text/plain"}, 415),
        (b'{"choice": "all"}', {"Content-Type": "application/json"}, 415),
        (b"", FORM, 400),
        (b"List-Unsubscribe=One-Click", FORM, 400),
        (b"choice=ALL", FORM, 400),
        (b"choice=all&choice=resume", FORM, 400),
        (b"\xff\x00%ff%00=%", FORM, 400),
        (b"choice=pause-30000", FORM, 400),
        (b"a=b&" * BODY_MAX, FORM, 413),
    ],
)
async def test_what_no_form_of_ours_sends_changes_nothing(
    pat: Reader, body: bytes, headers: dict[str, str], status: int
) -> None:
    before = await everything(pat.stage)
    response = await pat.doors.request("POST", pat.link, content=body, headers=headers)
    assert response.status_code == status
    assert await everything(pat.stage) == before


async def test_a_browsers_charset_is_no_hindrance(pat: Reader) -> None:
    headers = {"Content-Type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}
    response = await pat.doors.request("POST", pat.link, content=b"choice=series", headers=headers)
    assert response.status_code == 200
    assert (await pat.statuses())[0] is Status.REMOVED


async def test_a_body_without_an_end_is_cut_off(pat: Reader) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1024
            await asyncio.sleep(0.001)

    async with asyncio.timeout(30):
        try:
            response = await pat.doors.request("POST", pat.link, content=endless(), headers=FORM)
        except httpx.TransportError:
            return  # closed before it could be told why
    assert response.status_code == 413


async def test_who_hangs_up_in_the_middle_changes_nothing(pat: Reader) -> None:
    before = await everything(pat.stage)
    port = httpx.URL(pat.doors.url).port
    _, writer = await asyncio.open_connection(HOST, port)
    head = f"POST {pat.link} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
    writer.write(f"{head}Content-Type: {FORM['Content-Type']}\r\n\r\nchoice".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert "Choose what suits you" in await pat.look()
    assert await everything(pat.stage) == before


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_only_a_link_made_for_this_page_opens_it(pat: Reader, method: str) -> None:
    ref = SendRef(pat.first, 0)
    tokens = [
        SIGNER.token(Purpose.UNSUBSCRIBE, ref),
        TokenSigner([b"another key of 16 bytes"]).token(Purpose.PREFERENCES, ref),
        # Signed by us, for an enrollment that isn't there.
        SIGNER.token(Purpose.PREFERENCES, SendRef(UUID(int=7), 0)),
        "%3Cscript%3E",
    ]
    for token in tokens:
        response = await pat.doors.request(
            method, f"/p/{token}", **({"data": {"choice": "series"}} if method == "POST" else {})
        )
        assert response.status_code == 404
        assert "script" not in response.text


async def test_one_click_acts_at_once_whatever_its_body(pat: Reader) -> None:
    """RFC 8058 section 3.2: no confirmation; and nothing of the body is waited for."""
    response = await pat.doors.request(
        "POST", Addresses(pat.first).page, content=b"x" * 2_000_000, headers={"Content-Type": "a/b"}
    )
    assert response.status_code == 200
    assert await pat.statuses() == (Status.OPTED_OUT, Status.OPTED_OUT)
