"""A sample of the proof that `make zones` runs in full: every zone, one of the ten years each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bench import zones
from bench.wall_clock import WallClock
from tenuto.domain import cadence
from tenuto.domain.cadence import Load, Moment, Rules

BERLIN = WallClock(ZoneInfo("Europe/Berlin"), 2026, 1)


def test_every_zones_wall_clock_agrees_with_the_calendar() -> None:
    tally, random = zones.Tally(), Random("zones")  # noqa: S311 - the same sample each time
    for name in zones.names():
        clock = WallClock(ZoneInfo(name), random.randrange(2025, 2035), 1)
        begin = list(zones.starts(clock, random, by_chance=2))
        zones.check(clock, random.sample(begin, 1), tally)
    assert tally.told == []
    assert (tally.violations.total(), tally.instants > 25_000) == (0, True)
    assert tally.walked > 250


def test_it_knows_when_the_clock_changes() -> None:
    spring, autumn = (c for c in BERLIN.changes if c.year == 2026)
    assert spring == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert autumn == datetime(2026, 10, 25, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("by", "kind"),
    [
        (timedelta(minutes=1), "too late"),
        (timedelta(days=-1), "too early"),
        (timedelta(hours=-1), "outside"),
    ],
)
def test_a_calendar_that_errs_is_found_out(
    by: timedelta, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def erring(start: datetime, rules: Rules, load: Load) -> Moment:
        moment = cadence.earliest(start, rules, load)
        return replace(moment, at=moment.at + by) if moment.shifts else moment

    monkeypatch.setattr(zones, "earliest", erring)
    tally = zones.Tally()
    zones.check(BERLIN, [datetime(2026, 3, 28, 3, tzinfo=UTC)], tally)
    assert tally.violations[kind] > 0
    assert tally.told
