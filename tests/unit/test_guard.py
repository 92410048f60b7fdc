"""When a guardrail warns and pauses: the exact mail, and never less for more harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.domain.delivery import Refused
from tenuto.domain.guard import (
    Counts,
    Feedback,
    Guard,
    Level,
    Threshold,
    feedback,
    judge,
    percent,
)
from tenuto.domain.notice import Bounced, Notice, Signal, Unsubscribed

USUAL = Guard()
OK, WARN, PAUSE = Level

BOUNCES = [
    # sends, bounces, level
    (99, 99, OK),
    (100, 4, WARN),
    (100, 5, PAUSE),
    (100, 3, WARN),
    (100, 2, OK),
    (150, 3, WARN),
    (151, 3, OK),
    (2000, 99, WARN),
    (2000, 100, PAUSE),
    (2004, 100, WARN),
    (0, 3, OK),
]
COMPLAINTS = [
    (0, 0, OK),
    (0, 1, WARN),
    (0, 2, PAUSE),
    (999, 1, WARN),
    (999, 2, PAUSE),
    (1000, 0, OK),
    (1000, 1, PAUSE),
    (1001, 1, WARN),
    (2000, 2, PAUSE),
    (2001, 2, WARN),
    (2500, 1, WARN),
    (2501, 1, OK),
]


@pytest.mark.parametrize(("sends", "bounces", "level"), BOUNCES)
def test_bounces(sends: int, bounces: int, level: Level) -> None:
    assert judge(Counts(sends, bounces), USUAL).level is level


@pytest.mark.parametrize(("sends", "complaints", "level"), COMPLAINTS)
def test_complaints(sends: int, complaints: int, level: Level) -> None:
    assert judge(Counts(sends, complaints=complaints), USUAL).level is level


@pytest.mark.parametrize(("bounces", "level"), [(0, OK), (2, OK), (3, PAUSE)])
def test_two_bounces_are_chance_whatever_the_rate(bounces: int, level: Level) -> None:
    strict = Guard(bounces=Threshold(ppm=10_000, sends=10))
    assert judge(Counts(10, bounces), strict).level is level


@pytest.mark.parametrize(("bounces", "level"), [(11, OK), (12, WARN), (29, WARN), (30, PAUSE)])
def test_a_sequence_of_its_own_warns_at_forty_percent_of_what_pauses_it(
    bounces: int, level: Level
) -> None:
    own = Guard(bounces=Threshold(ppm=30_000, sends=1000))
    assert judge(Counts(1000, bounces), own).level is level
    assert judge(Counts(999, 999), own).level is OK


counts = st.builds(Counts, st.integers(0, 5000), st.integers(0, 300), st.integers(0, 300))
thresholds = st.builds(Threshold, ppm=st.integers(1, 1_000_000), sends=st.integers(1, 3000))
guards = st.builds(Guard, bounces=thresholds, complaints=thresholds)


@given(counts, guards, st.integers(0, 50), st.integers(0, 50))
def test_more_harm_is_never_judged_better(
    seen: Counts, guard: Guard, bounces: int, complaints: int
) -> None:
    worse = Counts(seen.sends, seen.bounces + bounces, seen.complaints + complaints)
    order = list(Level)
    assert order.index(judge(worse, guard).level) >= order.index(judge(seen, guard).level)


@given(counts, guards)
def test_it_pauses_exactly_at_the_rate(seen: Counts, guard: Guard) -> None:
    def reached(events: int, threshold: Threshold) -> bool:
        return events >= seen.sends * threshold.ppm / 1_000_000

    known = seen.sends >= guard.bounces.sends
    bounced = known and seen.bounces >= 3 and reached(seen.bounces, guard.bounces)
    if seen.sends >= guard.complaints.sends:
        complained = reached(seen.complaints, guard.complaints)
    else:
        complained = seen.complaints >= 2
    verdict = judge(seen, guard)
    assert (verdict.level is PAUSE) is (bounced or complained)
    assert bool(verdict.why) is (verdict.level is not OK)


def test_it_says_why() -> None:
    assert judge(Counts(115, 6), USUAL).why == "bounces 5.2 % (6 of 115)"
    assert judge(Counts(1500, 0, 2), USUAL).why == "complaints 0.13 % (2 of 1500)"
    assert judge(Counts(0, 0, 2), USUAL).why == "complaints (2 of 0)"
    both = "bounces 6.0 % (6 of 100), complaints 2.0 % (2 of 100)"
    assert judge(Counts(100, 6, 2), USUAL).why == both
    # What only warns isn't named beside what pauses.
    assert judge(Counts(100, 4, 2), USUAL).why == "complaints 2.0 % (2 of 100)"
    assert percent(1, 0) == ""


SIGNALS: list[tuple[Signal, Notice, Feedback | None]] = [
    (Signal.BOUNCED, Bounced(), Feedback.BOUNCE),
    (Signal.BOUNCED, Bounced(kind="soft"), None),
    (Signal.BOUNCED, Bounced(kind="block"), Feedback.BLOCK),
    (Signal.COMPLAINED, Notice(), Feedback.COMPLAINT),
    (Signal.UNSUBSCRIBED, Unsubscribed(by="reply"), Feedback.REMOVAL),
    (Signal.UNSUBSCRIBED, Unsubscribed(by="click"), None),
    (Signal.UNSUBSCRIBED, Unsubscribed(by="mail"), None),
    (Signal.UNSUBSCRIBED, Notice(), None),
    (Signal.REPLY_RECEIVED, Notice(), None),
]


@pytest.mark.parametrize(("signal", "notice", "kind"), SIGNALS)
def test_what_counts_against_a_mail(signal: Signal, notice: Notice, kind: Feedback | None) -> None:
    assert feedback(signal, notice) is kind


def test_an_unsubscribe_of_which_nothing_is_said_is_no_complaint() -> None:
    assert Unsubscribed.model_validate_json("{}").by == "click"


@pytest.mark.parametrize(
    ("reply", "recipient", "block"),
    [
        ("550 5.7.1 [192.0.2.1] likely unsolicited mail", False, True),
        ("554 5.7.26 unauthenticated", False, True),
        ("550 5.7.1 no such user", True, False),
        ("552 5.3.4 too big", False, False),
        ("554 by 192.5.7.1", False, False),
    ],
)
def test_a_refusal_for_policy_is_a_block(reply: str, recipient: bool, block: bool) -> None:  # noqa: FBT001 - a case of a table
    assert Refused(reply, recipient).block is block
