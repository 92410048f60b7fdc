"""The pages for recipients in a real browser, on a phone, without scripts.

With TENUTO_SAVE_PICTURES=1 it also takes the pictures of docs/operate.md again.
"""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tenuto.domain.enrollment import Status
from tests.doors import Addresses, Doors, open_doors
from tests.factories import Stage, bundle

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PHONE = {"width": 390, "height": 700}


@pytest.fixture
async def doors(stage: Stage) -> AsyncIterator[Doors]:
    async with open_doors(stage.engine) as opened:
        yield opened


@pytest.fixture
async def phone(require: Callable[[str, str], str]) -> AsyncIterator[Page]:
    program = require("chromium", "chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-background-networking"]
        )
        context = await chromium.new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            color_scheme="dark",
            java_script_enabled=False,
        )
        page = await context.new_page()
        page.set_default_timeout(60_000)
        yield page
        await chromium.close()


async def picture(page: Page, name: str) -> None:
    if os.environ.get("TENUTO_SAVE_PICTURES") == "1":
        await page.emulate_media(color_scheme="light")
        await page.screenshot(path=PICTURES / f"{name}.png")
        await page.emulate_media(color_scheme="dark")


async def test_a_recipient_pauses_stops_a_series_and_leaves(
    stage: Stage, doors: Doors, phone: Page
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    complaints: list[str] = []
    # A style that the policy refuses is told here, and nowhere else.
    phone.on("console", lambda message: complaints.append(message.text))
    await phone.goto(doors.url + Addresses(enrollment).page)
    await expect(phone.get_by_role("button", name="Unsubscribe")).to_be_visible()
    await picture(phone, "unsubscribe")
    await phone.get_by_role("link", name="get less mail").click()
    await picture(phone, "preferences")
    await phone.get_by_role("button", name="Pause for 30 days").click()
    await expect(phone.get_by_role("status")).to_contain_text("Your mail is paused until")
    await phone.get_by_role("button", name="End the pause").click()
    await expect(phone.get_by_role("status")).to_contain_text("The pause is over")
    await phone.get_by_role("button", name="Stop this series").click()
    await expect(phone.get_by_role("status")).to_contain_text("This series has stopped")
    assert (await stage.row(enrollment)).status is Status.REMOVED
    await phone.get_by_role("button", name="No more mail at all").click()
    await expect(phone.get_by_role("heading")).to_have_text("You get no more mail")
    await expect(phone.get_by_role("button")).to_have_count(0)
    assert complaints == []


async def test_the_pages_fit_a_phone_and_can_be_read_in_the_dark(
    stage: Stage, doors: Doors, phone: Page
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await phone.goto(doors.url + Addresses(enrollment).page)
    button = phone.get_by_role("button", name="Unsubscribe")
    await expect(phone.locator("body")).to_have_css("background-color", "rgb(22, 24, 28)")
    box = await button.bounding_box()
    assert box is not None
    # A finger's breadth, and nothing to be scrolled sideways.
    assert box["height"] >= 44
    assert box["x"] + box["width"] <= PHONE["width"]
