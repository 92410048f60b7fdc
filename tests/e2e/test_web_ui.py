"""What an operator sees in Temporal's Web UI, read by a headless browser.

With TENUTO_SAVE_PICTURES=1 it also takes the pictures of docs/operate.md again.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from json import dumps
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.ports import choose_port
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.ids import workflow_id
from tenuto.domain.notice import Bounced, Held, Notice, OutOfOffice, Signal
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan, Step
from tests import house as houses
from tests.conftest import SEARCH_ATTRIBUTES
from tests.factories import bundle, plan
from tests.house import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLUG = "founders-outreach"
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
DAY = 86_400
#: The columns of docs/operate.md; the browser keeps an operator's choice.
COLUMNS = ["Status", "EnrollmentStatus", "SequenceVersion", "Workflow ID", "Start"]
#: What every person here is called, is written, and is written from.
PERSONAL = re.compile(r"\bPat\b|firm\.example|how are you|\bAnna\b|sender\.example|Street 1")
DUE = r"due \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"
#: A closed network: no updates, no reports home.
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = 60_000

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def ui_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalDevServer]:
    folder = tmp_path_factory.mktemp("temporal-ui")
    port = choose_port(None, "Temporal's Web UI")
    with TemporalDevServer(folder, ui_port=port, search_attributes=SEARCH_ATTRIBUTES) as server:
        yield server


@pytest.fixture
async def house(
    database_url: str, ui_server: TemporalDevServer, catcher: MailCatcher
) -> AsyncIterator[House]:
    settings = houses.settings(
        database_url, ui_server.address, catcher.address[1], TEMPORAL_NAMESPACE="default"
    )
    async with houses.house(settings, catcher) as made:
        yield made


@pytest.fixture
async def browser(require: Callable[[str, str], str]) -> AsyncIterator[BrowserContext]:
    program = require("chromium", "chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        context = await chromium.new_context(viewport={"width": 1500, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        chosen = dumps({"default": [{"label": label} for label in COLUMNS]})
        key = "namespace-workflow-table-columns"
        await context.add_init_script(f"localStorage.setItem({dumps(key)}, {dumps(chosen)})")
        yield context
        await chromium.close()


def mails(waits: tuple[int, int, int]) -> Plan:
    """Three mails with names, after so many seconds each."""
    first, second, third = waits
    steps: list[Step] = [
        EmailStep(id="hello", next=Edge(to=1, wait=second)),
        EmailStep(id="nudge", next=Edge(to=2, wait=third)),
        EmailStep(id="last", next=Edge(to=3)),
        ExitStep(id="end"),
    ]
    return plan(Edge(to=0, wait=first), steps)


async def people(house: House) -> dict[str, UUID]:
    """One enrollment for each way to stand in the sequence, by what its page is to say."""
    now = datetime.now(UTC)
    hurried = await house.stage.publish(bundle(SLUG, mails((0, 0, 0))))
    other = await house.stage.publish(bundle("product-news", mails((0, DAY, DAY))))
    version = await house.stage.publish(bundle(SLUG, mails((0, 3 * DAY, 4 * DAY)), gap=2 * DAY))
    made = {"elsewhere": await house.start(other, "spaced@firm.example")}
    await sent(house, made["elsewhere"])
    made["completed"] = await house.start(hurried, "done@firm.example")
    made["spaced"] = await house.start(version, "spaced@firm.example")
    happened: dict[str, list[tuple[Signal, Notice]]] = {
        "active": [],
        "paused": [(Signal.HELD, Held(reason="legal review"))],
        "resumed": [(Signal.HELD, Held(reason="vacation")), (Signal.RESUMED, Notice())],
        "away": [(Signal.OUT_OF_OFFICE, OutOfOffice(until=now + timedelta(days=12)))],
        "replied": [(Signal.REPLY_RECEIVED, Notice())],
        "opted_out": [(Signal.UNSUBSCRIBED, Notice())],
        "bounced": [(Signal.BOUNCED, Bounced(kind="hard"))],
    }
    for who, news in happened.items():
        made[who] = await house.start(version, f"{who}@firm.example")
        await sent(house, made[who])
        for signal, notice in news:
            await house.steering.tell(await house.stage.record(made[who], signal, notice))
    return made


async def sent(house: House, enrollment: UUID) -> None:
    query = "SELECT current_step_index = 1 FROM enrollments WHERE id = :id"
    await house.stage.until(query, id=enrollment)


async def shown(house: House, **counts: int) -> None:
    """Wait until the list knows each status so many times: it lags behind."""
    async with asyncio.timeout(60):
        for status, expected in counts.items():
            query = f"SequenceId = '{SLUG}' AND EnrollmentStatus = '{status}'"
            while (await house.client.count_workflows(query)).count != expected:
                await asyncio.sleep(0.1)


async def text_of(page: Page) -> str:
    """All that can be read; summaries stand in frames of their own."""
    return "\n".join([await frame.locator("body").inner_text() for frame in page.frames])


async def picture(page: Page, name: str) -> None:
    if os.environ.get("TENUTO_SAVE_PICTURES") == "1":
        await page.screenshot(path=PICTURES / name, animations="disabled")


async def test_an_operator_reads_where_contacts_stand_and_finds_no_personal_data(
    house: House, ui_server: TemporalDevServer, browser: BrowserContext
) -> None:
    workflows = f"{ui_server.ui_url}/namespaces/default/workflows"
    page = await browser.new_page()
    async with house.working():
        made = await people(house)
        ends = {"completed": 1, "replied": 1, "opted_out": 1, "bounced": 1}
        await shown(house, active=4, paused=1, **ends)
        await the_list(page, workflows, made)
        await one_that_waits(page, workflows, made["resumed"])
        await one_that_is_spaced(page, workflows, made["spaced"])
        await one_that_ended(page, workflows, made["replied"])


async def the_list(page: Page, workflows: str, made: dict[str, UUID]) -> None:
    query = quote(f'`SequenceId`="{SLUG}"', safe="")
    await page.goto(f"{workflows}?query={query}")
    statuses = {"spaced": "active", "resumed": "active", "away": "active"}
    for who in made.keys() - {"elsewhere"}:
        row = page.get_by_role("row").filter(has_text=workflow_id(made[who]))
        await expect(
            row.get_by_role("cell", name=statuses.get(who, who), exact=True)
        ).to_be_visible()
    text = await text_of(page)
    assert workflow_id(made["elsewhere"]) not in text
    assert not PERSONAL.search(text), text
    await picture(page, "list.png")


async def one_that_waits(page: Page, workflows: str, enrollment: UUID) -> None:
    await page.set_viewport_size({"width": 1500, "height": 1130})
    await page.goto(f"{workflows}/{workflow_id(enrollment)}")
    await expect(page.get_by_text("send hello").first).to_be_visible()
    waits = rf"step 2 of 3 \(nudge\), {DUE}, held$"
    await expect(page.get_by_text(re.compile(waits)).first).to_be_visible()
    text = await text_of(page)
    assert not PERSONAL.search(text), text
    await picture(page, "enrollment.png")


async def one_that_is_spaced(page: Page, workflows: str, enrollment: UUID) -> None:
    await page.set_viewport_size({"width": 1500, "height": 700})
    sentence = rf"active: step 1 of 3 \(hello\), {DUE}, deferred: spacing"
    await standing(page, f"{workflows}/{workflow_id(enrollment)}", sentence)
    await picture(page, "standing.png")


async def one_that_ended(page: Page, workflows: str, enrollment: UUID) -> None:
    sentence = r"replied: step 2 of 3 \(nudge\), reply"
    await standing(page, f"{workflows}/{workflow_id(enrollment)}", sentence)


async def standing(page: Page, address: str, sentence: str) -> None:
    """The sentence that tells where an enrollment stands; it needs a worker to be asked."""
    await page.goto(address)
    # The address of the run is known once its timeline is there.
    await expect(page.get_by_text("Timeline").first).to_be_visible()
    await page.wait_for_url("**/timeline**")
    await page.goto(page.url.partition("?")[0].replace("/timeline", "/user-metadata"))
    frames = page.locator("iframe")
    await expect(frames.last.content_frame.get_by_text(re.compile(sentence))).to_be_visible()
    await expect(frames.first.content_frame.get_by_text(f"{SLUG} v2")).to_be_visible()
    text = await text_of(page)
    assert not PERSONAL.search(text), text
