"""Hours that never come: the person can still be stopped, paused and resumed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from bench import still_clock
from db import contacts, facts, preview, switches
from db.contacts import Contact
from db.engine import connected
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.delivery import Sent
from tenuto.domain.enrollment import Standing, Status
from tenuto.domain.errors import InputError
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Held, OutOfOffice, Signal
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan
from tests.factories import Stage, bundle, emails, plan

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: Half past nine on either coast is outside the hours of the other.
MORNINGS = Window(hours=(Hours(start=540, end=750),))
TWO_CLOCKS = """
    UPDATE contacts SET zone = NULL, zones = '{America/New_York,America/Los_Angeles}',
        zone_source = 'country'
"""


def at_half_past_nine() -> Plan:
    mail = EmailStep(id="one", next=Edge(to=1, wait=86_400))
    return plan(Edge(to=0), [mail, EmailStep(id="two", next=Edge(to=2), at=570), ExitStep(id="e")])


async def held_for_its_hours(stage: Stage) -> tuple[UUID, UUID]:
    """One enrollment that no hours suit, and another of the same person."""
    await stage.do(still_clock.install, NOON)
    other = await stage.enrolled(await stage.publish(bundle("other", emails([3600, 60]))))
    odd = await stage.enrolled(
        await stage.publish(bundle("odd", at_half_past_nine(), window=MORNINGS))
    )
    claim = await stage.claimed(odd)
    async with stage.engine.begin() as connection:
        await connection.execute(text(TWO_CLOCKS))
    settled = await stage.settle(claim)
    assert settled.standing.status is Status.PAUSED
    assert settled.standing.reason == "held: no common hours"
    return odd, other


async def test_the_person_can_be_stopped_paused_and_resumed_all_the_same(stage: Stage) -> None:
    odd, other = await held_for_its_hours(stage)
    before = len(await stage.log(odd))
    await stage.record(other, Signal.OUT_OF_OFFICE, OutOfOffice())
    await stage.record(other, Signal.HELD, Held(reason="operator"))
    await stage.record(other, Signal.RESUMED)
    await stage.record(odd, Signal.RESUMED)
    # It is held as before: to say so again would only fill the log.
    assert len(await stage.log(odd)) == before
    await stage.record(other, Signal.REPLY_RECEIVED)
    assert (await stage.row(other)).status is Status.REPLIED
    assert (await stage.row(odd)).status is Status.REPLIED


async def test_a_sweep_over_everybody_goes_past_it(stage: Stage) -> None:
    odd, other = await held_for_its_hours(stage)
    everything = (HoldScope.EVERYTHING, "")
    await switches.switch_off(stage.engine, *everything, reason="operator", source="test")
    await stage.pass_time(other, timedelta(hours=2))
    assert isinstance(await stage.claim(other), Standing)
    told = [t async for t in switches.switch_on(stage.engine, *everything, source="test")]
    assert [one.enrollment_id for several in told for one in several] == [other]
    assert (await stage.row(odd)).status is Status.PAUSED


async def test_it_goes_on_when_the_contact_has_hours(stage: Stage) -> None:
    odd, _ = await held_for_its_hours(stage)
    async with stage.engine.begin() as connection:
        await connection.execute(
            text("UPDATE contacts SET zone = 'Europe/Madrid', zone_source = 'contact'")
        )
    [told] = await stage.record(odd, Signal.RESUMED)
    assert told.standing.status is Status.ACTIVE


async def test_a_row_that_loses_its_hours_can_be_paused_and_claimed(stage: Stage) -> None:
    await stage.do(still_clock.install, NOON)
    odd = await stage.enrolled(
        await stage.publish(bundle("odd", at_half_past_nine(), window=MORNINGS))
    )
    await stage.settle(await stage.claimed(odd))
    async with stage.engine.begin() as connection:
        await connection.execute(text(TWO_CLOCKS))
    await stage.pass_time(odd, timedelta(days=2))
    held = await stage.claim(odd)
    assert isinstance(held, Standing)
    assert held.reason == "held: no common hours"


async def test_a_wait_for_business_days_that_never_come_holds_after_the_mail(stage: Stage) -> None:
    now = (await stage.all("SELECT tenuto_now() AS now"))[0].now
    closed = tuple((now + timedelta(days=n)).date() for n in range(1, 450))
    steps = plan(
        Edge(to=0),
        [EmailStep(id="one", next=Edge(to=1, business_days=1)),
         EmailStep(id="two", next=Edge(to=2)), ExitStep(id="e")],
    )  # fmt: skip
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=steps, closed=closed)))
    settled = await stage.settle(await stage.claimed(enrollment), Sent("250 ok"))
    assert settled.standing.status is Status.PAUSED
    assert (await stage.ledger(enrollment))[0][1] == "sent"


async def test_many_enrollments_of_one_person_give_way_in_turn(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = [await stage.publish(bundle(f"s{n}", emails([3600]), gap=60)) for n in range(10)]
    people = [await stage.enrolled(version) for version in versions]
    asked, read = [], facts.of

    async def counted(*arguments: object, **named: object) -> object:
        asked.append(arguments)
        return await read(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(facts, "of", counted)
    await stage.record(people[0], Signal.HELD, Held(reason="operator"))
    await stage.record(people[0], Signal.RESUMED)
    # Each is looked at a few times, not once for every way through the others.
    assert len(asked) < 60


async def test_who_could_never_get_a_later_mail_is_not_enrolled(stage: Stage) -> None:
    version = await stage.publish(bundle("odd", at_half_past_nine(), window=MORNINGS))
    coasts = Contact(
        "pat@firm.example",
        {"first_name": "Pat"},
        zones=("America/New_York", "America/Los_Angeles"),
        zone_source="country",
    )
    await stage.do(contacts.save, coasts)
    with pytest.raises(InputError, match=r"never open at the 09:30 of two for this contact"):
        await stage.enroll(version)
    async with connected(stage.engine) as connection:
        shown = (await preview.previewed(connection, coasts.email, version)).schedule
    assert "never open at the 09:30 of two" in (shown.obstacle or "")
