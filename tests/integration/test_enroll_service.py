"""What a service is promised by `starter.enroll`."""

import asyncio

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from db import suppressions
from db.enrollments import Outcome
from starter.contact import Contact
from starter.enroll import Starter
from tenuto.devstack.temporal import TemporalDevServer
from tenuto.domain.condition import EventHappened
from tenuto.domain.enrollment import Status, Trigger
from tenuto.domain.errors import ForbiddenError, InputError, NotFoundError
from tenuto.domain.ids import workflow_id
from tenuto.domain.notice import Bounced, Engaged, Signal
from tenuto.domain.sequence import Reentry
from tenuto.runtime.steering import Steering
from tests.factories import Stage, bundle

ANN = Contact(email="Ann@Example.com", attributes={"first_name": "Ann"})
NOWHERE = "127.0.0.1:1"


@pytest.fixture
async def starter(stage: Stage) -> Starter:
    """Without Temporal: rows come first, and these tests are about rows."""
    return Starter(stage.engine, None)


async def count(stage: Stage, table: str) -> int:
    found = await stage.all(f"SELECT count(*) FROM {table}")
    return int(found[0][0])


async def test_fifty_at_once_make_one_row_and_one_workflow(
    stage: Stage, temporal_server: TemporalDevServer
) -> None:
    client = await Client.connect(temporal_server.address, data_converter=pydantic_data_converter)
    starter = Starter(stage.engine, Steering(client, stage.engine))
    await stage.publish(bundle())
    answers = await asyncio.gather(*(starter.enroll("welcome", ANN, by="test") for _ in range(50)))
    assert len({answer.enrollment_id for answer in answers}) == 1
    assert sorted(answer.outcome for answer in answers).count(Outcome.ENROLLED) == 1
    assert [a.started for a in answers if a.outcome is Outcome.ENROLLED] == [True]
    assert [await count(stage, t) for t in ("contacts", "addresses", "enrollments")] == [1, 1, 1]
    enrollment_id = answers[0].enrollment_id
    assert enrollment_id is not None
    handle = client.get_workflow_handle(workflow_id(enrollment_id))
    described = await handle.describe()
    assert described.workflow_type == "Enrollment"
    row = (await stage.all("SELECT revision, told_revision FROM enrollments"))[0]
    assert row.told_revision == row.revision
    await handle.terminate()


async def test_without_temporal_the_row_stays_for_the_reconciler(stage: Stage) -> None:
    client = await Client.connect(NOWHERE, lazy=True, data_converter=pydantic_data_converter)
    starter = Starter(stage.engine, Steering(client, stage.engine))
    await stage.publish(bundle())
    answer = await starter.enroll("welcome", ANN, by="test")
    assert (answer.outcome, answer.started) == (Outcome.ENROLLED, False)
    row = (await stage.all("SELECT status, told_revision FROM enrollments"))[0]
    assert tuple(row) == ("active", 0)


async def test_the_row_says_who_asked_and_where_the_zone_came_from(
    stage: Stage, starter: Starter
) -> None:
    await stage.publish(bundle())
    for email, country, region, zone in [
        ("own@example.com", "FR", None, "Asia/Tokyo"),
        ("region@example.com", "US", "TX", None),
        ("country@example.com", "FR", None, None),
        ("unknown@example.com", "BV", None, None),
    ]:
        contact = Contact(
            email=email,
            attributes=ANN.attributes,
            country=country,
            region=region,
            zone=zone,
            owner="mia",
        )
        await starter.enroll("welcome", contact, by="signup", trigger=Trigger.IMPORT)
    found = await stage.all(
        "SELECT c.zone, c.zones, c.zone_source, c.country, c.region, c.owner, e.trigger, "
        "e.triggered_by "
        "FROM enrollments e JOIN contacts c ON c.id = e.contact_id ORDER BY e.enrolled_at"
    )
    texas = ["America/Chicago", "America/Denver"]
    assert [tuple(row) for row in found] == [
        ("Asia/Tokyo", [], "contact", "FR", None, "mia", "import", "signup"),
        (None, texas, "region", "US", "TX", "mia", "import", "signup"),
        ("Europe/Paris", [], "country", "FR", None, "mia", "import", "signup"),
        (None, [], "none", "BV", None, "mia", "import", "signup"),
    ]


async def test_a_trigger_that_isnt_allowed_is_refused(stage: Stage, starter: Starter) -> None:
    await stage.publish(bundle(triggers=(Trigger.MANUAL, Trigger.IMPORT)))
    with pytest.raises(ForbiddenError, match="can't be entered by api, only by manual, import"):
        await starter.enroll("welcome", ANN, by="test")
    assert await count(stage, "contacts") == 0


async def test_a_missing_attribute_is_refused_with_its_template(
    stage: Stage, starter: Starter
) -> None:
    await stage.publish(bundle())
    with pytest.raises(InputError, match=r"lacks first_name \(for mail\.md\)"):
        await starter.enroll("welcome", Contact(email="ann@example.com"), by="test")
    assert [await count(stage, table) for table in ("contacts", "enrollments")] == [0, 0]


async def test_an_attribute_that_is_stored_already_counts(stage: Stage, starter: Starter) -> None:
    await stage.publish(bundle("one"))
    await stage.publish(bundle("two"))
    await starter.enroll("one", ANN, by="test")
    answer = await starter.enroll("two", Contact(email="ann@example.com"), by="test")
    assert answer.outcome is Outcome.ENROLLED
    assert await count(stage, "contacts") == 1


@pytest.mark.parametrize("subject", ["ann@example.com", "example.com"])
async def test_who_is_suppressed_is_refused_and_not_stored(
    stage: Stage, starter: Starter, subject: str
) -> None:
    await stage.publish(bundle())
    add = suppressions.suppress_address if "@" in subject else suppressions.suppress_domain
    await stage.do(add, subject, "opt_out", "test")
    answer = await starter.enroll("welcome", ANN, by="test")
    assert (answer.outcome, answer.why) == (Outcome.SUPPRESSED, "opt_out")
    assert await count(stage, "contacts") == 0


@pytest.mark.parametrize(
    ("rule", "soon", "later"),
    [
        (Reentry(), Outcome.REENTRY, Outcome.REENTRY),
        (Reentry(mode="after exit"), Outcome.ENROLLED, Outcome.ALREADY),
        (Reentry(mode="after", seconds=86_400), Outcome.REENTRY, Outcome.ENROLLED),
    ],
)
async def test_reentry_is_the_sequences_rule(
    stage: Stage, starter: Starter, rule: Reentry, soon: Outcome, later: Outcome
) -> None:
    await stage.publish(bundle(reenter=rule))
    first = await starter.enroll("welcome", ANN, by="test")
    assert first.enrollment_id is not None
    assert (await starter.enroll("welcome", ANN, by="test")).outcome is Outcome.ALREADY
    await starter.record(first.enrollment_id, Signal.REMOVED)
    assert (await starter.enroll("welcome", ANN, by="test")).outcome is soon
    async with stage.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE enrollments SET ended_at = ended_at - interval '1 day'"
        )
    again = await starter.enroll("welcome", ANN, by="test")
    assert again.outcome is later
    assert again.enrollment_id != first.enrollment_id


async def test_a_version_can_be_named(stage: Stage, starter: Starter) -> None:
    first = await stage.publish(bundle())
    await stage.publish(bundle(gap=60))
    answer = await starter.enroll("welcome", ANN, by="test", version=1)
    assert answer.enrollment_id is not None
    assert (await stage.row(answer.enrollment_id)).sequence_version_id == first.id
    with pytest.raises(NotFoundError, match="no sequence welcome version 3 is published"):
        await starter.enroll("welcome", ANN, by="test", version=3)


async def test_colleagues_who_come_at_once_share_their_company(
    stage: Stage, starter: Starter
) -> None:
    await stage.publish(bundle())
    await asyncio.gather(
        *(
            starter.enroll("welcome", ANN.model_copy(update={"email": f"p{n}@new.example"}), by="t")
            for n in range(12)
        )
    )
    found = await stage.all("SELECT company_id, count(*) AS people FROM contacts GROUP BY 1")
    assert [(row.company_id is not None, row.people) for row in found] == [(True, 12)]


async def test_what_a_handler_records_of_a_person_ends_all_of_theirs(
    stage: Stage, starter: Starter
) -> None:
    ids = []
    for slug in ("one", "two"):
        await stage.publish(bundle(slug))
        ids.append((await starter.enroll(slug, ANN, by="test")).enrollment_id)
    told = await starter.record("ANN@example.com", Signal.UNSUBSCRIBED, source="preferences")
    assert {one.enrollment_id for one in told} == set(ids)
    assert [one.standing.status for one in told] == [Status.OPTED_OUT] * 2
    assert await starter.record("ann@example.com", Signal.UNSUBSCRIBED) == []
    assert (await starter.enroll("one", ANN, by="test")).outcome is Outcome.SUPPRESSED


async def test_an_event_counts_once_per_key(stage: Stage, starter: Starter) -> None:
    await stage.publish(bundle(goal=EventHappened(name="meeting_booked")))
    await starter.enroll("welcome", ANN, by="test")
    notice = Engaged(event="meeting_booked", key="calendar:7")
    told = await starter.record("ann@example.com", Signal.ENGAGED, notice)
    assert [one.standing.status for one in told] == [Status.GOAL_MET]
    assert await starter.record("ann@example.com", Signal.ENGAGED, notice) == []
    assert await count(stage, "engagement_events") == 1


async def test_what_makes_no_sense_isnt_recorded(stage: Stage, starter: Starter) -> None:
    await stage.publish(bundle())
    await starter.enroll("welcome", ANN, by="test")
    with pytest.raises(InputError, match="bounced goes with a Bounced, not a Engaged"):
        await starter.record("ann@example.com", Signal.BOUNCED, Engaged(event="x"))
    with pytest.raises(InputError, match="'Meeting booked' is no name of an event"):
        await starter.record("ann@example.com", Signal.ENGAGED, Engaged(event="Meeting booked"))
    with pytest.raises(NotFoundError, match="no contact has the address bob@example"):
        await starter.record("bob@example.com", Signal.BOUNCED, Bounced())


async def test_a_dry_run_answers_alike_and_writes_nothing(stage: Stage, starter: Starter) -> None:
    version = await stage.publish(bundle())
    answer = await starter.enroll_in(version, ANN, trigger=Trigger.API, by="test", dry_run=True)
    assert (answer.outcome, answer.started) == (Outcome.ENROLLED, False)
    assert answer.standing is not None
    assert answer.standing.due is not None
    tables = ("contacts", "companies", "enrollments", "sends", "transition_log")
    assert [await count(stage, table) for table in tables] == [0] * 5


async def test_a_mailbox_that_isnt_there_is_named(stage: Stage, starter: Starter) -> None:
    await stage.publish(bundle(mailbox="nobody@sender.example"))
    with pytest.raises(NotFoundError, match=r"tenuto mailbox add nobody@sender\.example"):
        await starter.enroll("welcome", ANN, by="test")
