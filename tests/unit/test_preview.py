"""What is shown beforehand is what the functions that send would do."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.enrollments import first_row
from db.sequences import SequenceVersion
from tenuto.domain.cadence import Counted, Load, Shift, earliest
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.condition import AttributeIs, EventHappened
from tenuto.domain.holds import Hold, HoldScope
from tenuto.domain.limits import Cap
from tenuto.domain.pace import Pace
from tenuto.domain.plan import Arm, BranchStep, Edge, EmailStep, ExitStep, Plan
from tenuto.domain.preview import Planned, preview
from tenuto.domain.scene import Scene
from tenuto.domain.sequence import Bundle
from tests.factories import bundle, emails, plan

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)  # a Monday
HOUR, DAY = 3600, 86_400
OFFICE = Window(days=frozenset(range(5)), hours=(Hours(start=9 * 60, end=17 * 60),))
ZONES = ("Asia/Tokyo", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia")


def scene(
    content: Bundle, *, zone: str | None = None, now: datetime = NOW, **more: object
) -> Scene:
    zones = () if zone is None else (zone,)
    return Scene(now, content.rules, zones, "pat@firm.example:welcome:1", **more)  # type: ignore[arg-type]


def planned(content: Bundle, **more: object) -> list[Planned]:
    return preview(content, scene(content, **more), {})  # type: ignore[arg-type]


windows = st.builds(
    lambda days, start, length: Window(
        days=frozenset(days), hours=(Hours(start=start, end=min(start + length, 1440)),)
    ),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 600),
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
loads = st.lists(st.timedeltas(timedelta(days=-8), timedelta()), max_size=6)


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    waits = draw(st.lists(st.integers(0, 5 * DAY), min_size=1, max_size=5))
    return bundle(
        steps=emails(waits),
        window=draw(windows),
        gap=draw(st.integers(0, 2 * DAY)),
        caps=(Cap(count=draw(st.integers(1, 3)), seconds=draw(st.integers(1, 7 * DAY))),),
        jitter=draw(st.integers(0, HOUR)),
        stale_after=draw(st.none() | st.integers(DAY, 10 * DAY)),
    )


@given(bundles(), st.sampled_from(ZONES), instants, loads)
def test_the_first_mail_is_when_enrolling_would_book_it(
    content: Bundle, zone: str, now: datetime, ago: list[timedelta]
) -> None:
    at = scene(content, zone=zone, now=now, load=Load(contact=[Counted(now + a) for a in ago]))
    version = SequenceVersion(UUID(int=1), content.slug, 1, "", now, content)
    row = first_row(version, UUID(int=2), UUID(int=3), UUID(int=4), at)
    first = preview(content, at, {})[0]
    assert (first.at, first.step_index) == (row.next_scheduled_at, row.current_step_index)
    assert first.reason in (row.reason, "skipped: stale")


@given(bundles(), st.sampled_from(ZONES), instants, loads)
def test_every_planned_mail_is_legal_beside_those_before_it(
    content: Bundle, zone: str, now: datetime, ago: list[timedelta]
) -> None:
    sent = [Counted(now + a) for a in ago]
    at = scene(content, zone=zone, now=now, load=Load(contact=tuple(sent)))
    for step in preview(content, at, {}):
        if step.kind == "email" and step.reason != "skipped: stale":
            assert step.at is not None
            rules_ = at.cadence(step.step_id)
            assert earliest(step.at, rules_, Load(contact=tuple(sent))).at == step.at
            sent.append(Counted(step.at, content.rules.gap))


@given(bundles(), st.sampled_from(ZONES), instants)
def test_it_ends_and_never_goes_back_in_time(content: Bundle, zone: str, now: datetime) -> None:
    found = preview(content, scene(content, zone=zone, now=now), {})
    times = [step.at for step in found if step.at is not None]
    assert times == sorted(times)
    assert found[-1].kind == "exit"


def test_delays_count_from_the_planned_send() -> None:
    content = bundle(steps=emails([0, 3 * DAY]), window=OFFICE)
    hello, nudge, end = planned(content, zone="Europe/Berlin")
    assert hello.at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert nudge.at == hello.at + timedelta(days=3)
    assert (end.at, end.kind, end.reason) == (nudge.at, "exit", "completion")


def test_local_time_is_the_recipients_with_the_reason_for_the_shift() -> None:
    (first, *_) = planned(bundle(window=OFFICE), zone="Asia/Tokyo", now=NOW + timedelta(hours=2))
    assert f"{first.local:%a %H:%M %Z}" == "Tue 09:00 JST"
    assert first.reason == "deferred: outside hours"
    assert first.shifts == (Shift.WINDOW,)


def test_all_that_moves_a_mail_is_named_in_order() -> None:
    content = bundle(window=OFFICE, gap=10 * HOUR)
    load = Load(contact=[Counted(NOW)])
    (first, *_) = planned(content, zone="Europe/Berlin", load=load)
    assert first.shifts == (Shift.SPACING, Shift.WINDOW)


def test_mails_of_the_schedule_keep_their_distance_from_each_other() -> None:
    content = bundle(steps=emails([0, HOUR, HOUR]), gap=DAY)
    times = [step.at for step in planned(content) if step.kind == "email"]
    assert times == [NOW, NOW + timedelta(days=1), NOW + timedelta(days=2)]


def test_the_mailboxes_cap_counts_them_too() -> None:
    content = bundle(steps=emails([0, HOUR]))
    cap = Cap(count=1, seconds=DAY)
    load = Load(mailbox=Pace(cap, timedelta(), ZoneInfo("UTC"), NOW.date()))
    first, second, _ = planned(content, load=load)
    assert second.at == NOW + timedelta(days=1)
    assert (first.shifts, second.shifts) == ((), (Shift.MAILBOX_CAP,))


def test_a_mail_that_would_be_late_is_skipped_and_counts_for_nothing() -> None:
    content = bundle(steps=emails([0, 0]), caps=(Cap(count=1, seconds=5 * DAY),), stale_after=DAY)
    load = Load(contact=[Counted(NOW - timedelta(days=1))])
    late, second, _ = planned(content, load=load)
    assert late.reason == "skipped: stale"
    assert second.at == late.at == NOW + timedelta(days=4)
    assert second.reason == "due"


def test_a_wait_is_told_in_words() -> None:
    assert [step.reason for step in planned(bundle(steps=emails([0, 3 * DAY])))] == [
        "due",
        "waits 3d",
        "completion",
    ]


def branching() -> Plan:
    """A mail, then a branch that waits four days for a click, or knows customers at once."""
    branch = BranchStep(
        id="interest",
        arms=(
            Arm(when=AttributeIs(name="stage", values=("customer",)), next=Edge(to=3)),
            Arm(when=EventHappened(name="clicked"), within=4 * DAY, next=Edge(to=3)),
        ),
        otherwise=Edge(to=2, wait=HOUR),
    )
    last = EmailStep(id="last", next=Edge(to=3))
    hello = EmailStep(id="hello", next=Edge(to=1))
    return plan(Edge(to=0), [hello, branch, last, ExitStep(id="end", status="goal_met")])


def test_a_branch_is_taken_as_if_nothing_happened_and_says_so() -> None:
    content = bundle(steps=branching())
    _, branch, last, end = planned(content)
    assert branch.at == NOW + timedelta(days=4)
    assert branch.reason == "branch interest: else, supposing nothing happens"
    assert last.at == NOW + timedelta(days=4, hours=1)
    assert end.reason == "goal"


def test_a_branch_knows_what_is_known_of_the_contact() -> None:
    content = bundle(steps=branching())
    _, branch, end = preview(content, scene(content), {"stage": "Customer"})
    assert (branch.at, branch.reason) == (NOW, "branch interest: arm 1")
    assert end.step_id == "end"


def test_an_end_may_have_a_wait_of_its_own() -> None:
    steps = plan(
        Edge(to=0),
        [EmailStep(id="hello", next=Edge(to=1, wait=DAY)), ExitStep(id="end", status="removed")],
    )
    (_, end) = planned(bundle(steps=steps))
    assert (end.at, end.reason) == (NOW + timedelta(days=1), "exit_step")


def test_a_hold_with_a_known_end_moves_the_start() -> None:
    back = NOW + timedelta(days=2)
    hold = Hold(HoldScope.CONTACT, "out of office", NOW - timedelta(days=1), back)
    (first, *_) = planned(bundle(), holds=[hold])
    assert (first.at, first.reason) == (back, "held: out of office")


@pytest.mark.parametrize("wait", [0, HOUR])
def test_a_hold_without_an_end_ends_the_schedule_with_its_reason(wait: int) -> None:
    hold = Hold(HoldScope.SEQUENCE, "launch postponed", NOW - timedelta(days=1))
    (only,) = planned(bundle(steps=emails([wait])), holds=[hold])
    assert (only.at, only.local, only.kind) == (None, None, "email")
    assert only.reason == "held: launch postponed, until resumed"


def test_the_sequences_zone_is_used_where_nothing_is_known() -> None:
    content = bundle(window=OFFICE, default_zone="America/New_York")
    (first, *_) = planned(content)
    assert first.at == datetime(2026, 3, 2, 14, tzinfo=UTC)
