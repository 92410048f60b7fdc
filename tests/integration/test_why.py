"""`tenuto why`: one sentence for each sequence that a person is in."""

from datetime import UTC, datetime

import pytest

from db import holds
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.delay import Gap
from tenuto.domain.errors import NotFoundError
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Signal
from tests.command import asked, refused, run, without_temporal
from tests.factories import MAILBOX, Stage, bundle, emails

PAT, DAY = "pat@firm.example", 86_400


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_temporal(database_url, monkeypatch)


async def said(email: str = PAT) -> str:
    return "\n".join(one["why"] for one in await asked("why", email))


async def test_the_wait_and_each_shift_are_told(stage: Stage) -> None:
    window = Window(days=None, hours=(Hours(start=0, end=1),))
    content = bundle(steps=emails([0, 3 * DAY]), gap=Gap(seconds=5 * DAY))
    enrollment = await stage.enrolled(await stage.publish(content))
    await stage.settle(await stage.claimed(enrollment))
    words = await said()
    assert words.startswith("welcome waits to send mail-1 until ")
    assert ": 3d after the step of " in words
    assert ", then the gap to another mail to them (to " in words
    await stage.enrolled(await stage.publish(bundle("night", window=window)), "kim@x.example")
    assert words != (night := await said("kim@x.example"))
    assert "night waits to send mail-0 until " in night
    assert "(UTC): outside hours (to " in night


async def test_new_starts_that_queue_up_say_until_when(stage: Stage) -> None:
    await stage.mailbox(new_per_day=1)
    version = await stage.publish(bundle())
    for number in range(3):
        await stage.enrolled(version, f"p{number}@x.example")
    words = await said("p2@x.example")
    assert f"new starts of {MAILBOX} are booked up to " in words
    assert words.endswith(", in 2 days")
    # Who came first isn't told of those who came later.
    assert "booked up" not in await said("p0@x.example")


@pytest.mark.parametrize(
    ("scope", "resume"),
    [
        (HoldScope.MAILBOX, f"tenuto resume --mailbox {MAILBOX}"),
        (HoldScope.SEQUENCE, "tenuto resume --sequence welcome"),
        (HoldScope.CONTACT, f"tenuto resume {PAT}"),
        (HoldScope.ENROLLMENT, f"tenuto resume {PAT} --sequence welcome"),
        (HoldScope.COMPANY, "tenuto resume --company firm.example"),
        (HoldScope.EVERYTHING, "tenuto resume --everything"),
    ],
)
async def test_a_hold_is_named_with_how_to_end_it(
    stage: Stage, scope: HoldScope, resume: str
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    (row,) = await stage.all("SELECT contact_id, mailbox_id, company_id FROM enrollments e "
                             "JOIN contacts c ON c.id = e.contact_id")  # fmt: skip
    targets = {"enrollment": enrollment, "contact": row.contact_id, "company": row.company_id,
               "sequence": "welcome", "mailbox": row.mailbox_id, "everything": ""}  # fmt: skip
    await stage.do(
        holds.place, scope, str(targets[scope]), reason="legal", until=None, source="test"
    )
    words = await said()
    assert words.startswith("welcome is held until resumed: legal (holds ")
    assert words.endswith(f"to go on now: {resume}")


async def test_what_ended_says_how(stage: Stage) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle()))
    await stage.record(enrollment, Signal.REPLY_RECEIVED)
    assert "welcome ended " in await said()
    assert ": replied (reply)" in (await run("why", PAT)).stdout
    assert "no contact has" in await refused(NotFoundError, "why", "nobody@x.example")


async def test_who_came_first_is_not_told_of_those_behind(stage: Stage) -> None:
    await stage.mailbox(gap=600, new_per_day=10, ramp=True)
    hour = (datetime.now(UTC).hour + 3) % 24
    window = Window(hours=(Hours(start=hour * 60, end=hour * 60 + 60),))
    version = await stage.publish(bundle(steps=emails([0, DAY, DAY]), window=window))
    for number in range(20):
        await stage.enrolled(version, f"p{number}@x.example")
    assert "(UTC): outside hours (to " in await said("p0@x.example")
