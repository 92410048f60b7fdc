"""Alone, each goes as a preview says; together they keep within what the mailbox allows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from db.enrollments import first_row
from db.sequences import SequenceVersion
from tenuto.domain.cadence import Load
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.condition import Facts
from tenuto.domain.delay import Gap
from tenuto.domain.forecast import Departure, Traveller, forecast
from tenuto.domain.limits import Cap
from tenuto.domain.pace import Pace
from tenuto.domain.preview import preview
from tenuto.domain.scene import Scene
from tenuto.domain.sequence import Bundle
from tests.factories import bundle, emails

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)  # a Monday
DAY = 86_400
OFFICE = Window(days=frozenset(range(5)), hours=(Hours(start=9 * 60, end=17 * 60),))
PACE = Pace(Cap(count=12, seconds=DAY), timedelta(minutes=10), ZoneInfo("UTC"), NOW.date(), None, 5)


def alone(content: Bundle, pace: Pace, number: int = 0, zone: str = "UTC") -> Scene:
    load = Load(mailbox=pace)
    key = f"p{number}:welcome:1"
    return Scene(NOW, content.rules, (zone,), key, load=load, starting=True)


def enrolled(content: Bundle, number: int, zones: list[str], pace: Pace = PACE) -> list[Traveller]:
    """One after the other, each beside the slots of those before."""
    version = SequenceVersion(UUID(int=1), content.slug, 1, "", NOW, content)
    made: list[Traveller] = []
    for n in range(number):
        starts = sorted(one.row.next_scheduled_at for one in made if one.row.next_scheduled_at)
        on = [at.date() for at in starts]
        seen = replace(pace, starts=tuple(starts), starts_on={day: on.count(day) for day in on})
        scene = alone(content, seen, n, zones[n % len(zones)])
        row = first_row(version, UUID(int=n + 1), UUID(int=3), UUID(int=4), scene)
        made.append(Traveller(content, scene, Facts({}), row, "anna@sender.example"))
    return made


@given(
    st.lists(st.integers(0, 5 * DAY), min_size=1, max_size=5),
    st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York"]),
    st.integers(0, 3),
    st.none() | st.integers(0, 20),
)
def test_alone_it_is_what_a_preview_shows(
    waits: list[int], zone: str, gap: int, ramp: int | None
) -> None:
    content = bundle(steps=emails(waits), window=OFFICE, jitter=1800, gap=Gap(business_days=gap))
    pace = replace(PACE, sending_days=ramp)
    shown = preview(content, alone(content, pace, zone=zone), {})
    found = list(forecast(enrolled(content, 1, [zone], pace)))
    assert [one.at for one in found] == [step.at for step in shown if step.kind == "email"]
    assert [one.starts for one in found] == [True, *[False] * (len(waits) - 1)]


def together(number: int = 40) -> list[Departure]:
    content = bundle(steps=emails([0, 2 * DAY, 3 * DAY]), window=OFFICE, jitter=1800)
    return list(forecast(enrolled(content, number, ["Europe/Berlin", "America/New_York"])))


def test_together_they_keep_the_mailboxes_gap_cap_and_starts_a_day() -> None:
    found = together()
    assert len(found) == 3 * 40
    times = [one.at for one in found]
    assert times == sorted(times)
    assert min(b - a for a, b in pairwise(times)) >= timedelta(minutes=10)
    for last in times:
        assert len([at for at in times if last - timedelta(days=1) < at <= last]) <= 12
    days = [one.at.date() for one in found if one.starts]
    assert max(days.count(day) for day in days) <= 5


def test_what_others_have_booked_is_in_their_way() -> None:
    content = bundle(steps=emails([0]), window=OFFICE)
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    pace = replace(PACE, follow_ups=(nine, nine + timedelta(minutes=10)))
    (only,) = forecast(enrolled(content, 1, ["UTC"], pace))
    assert only.at >= nine + timedelta(minutes=20)


def test_a_mail_that_would_be_late_is_named_as_skipped() -> None:
    content = bundle(steps=emails([0, 0]), gap=5 * DAY, stale_after=3 * DAY)
    found = list(forecast(enrolled(content, 30, ["UTC"])))
    assert {one.skipped for one in found} == {True, False}
    # A new start is never late, however long it queues.
    assert [one.skipped for one in found] == [not one.starts for one in found]


def test_a_ramp_grows_by_the_days_on_which_it_sent() -> None:
    content = bundle(steps=emails([0]), window=OFFICE)
    pace = replace(PACE, sending_days=0, new_per_day=None, cap=Cap(count=50, seconds=DAY))
    found = list(forecast(enrolled(content, 20, ["UTC"], pace)))
    assert sorted({one.cap for one in found}) == [5, 6, 7, 8]


def test_what_others_have_booked_has_left_once_its_time_is_over() -> None:
    content = bundle(steps=emails([0, DAY]))
    pace = replace(PACE, follow_ups=(NOW - timedelta(hours=1),), cap=Cap(count=2, seconds=2 * DAY))
    first, second = forecast(enrolled(content, 1, ["UTC"], pace))
    assert first.at == NOW
    assert second.at == NOW + timedelta(days=2, hours=-1)
