"""The demo's audit can fail: what it counts as nought, it does find."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tenuto.devstack.demo_people import Habit, cast
from tenuto.devstack.demo_result import Line, after_stop, disagreements
from tenuto.domain.enrollment import SendState
from tenuto.domain.ids import SendRef

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REF = SendRef(UUID(int=1), 0)
ONCE = {REF: 1}


def line(state: SendState, *, ended_after: timedelta | None = None) -> Line:
    ended_at = None if ended_after is None else NOON + ended_after
    return Line(state, claimed_at=NOON, ended_at=ended_at)


@pytest.mark.parametrize("state", [SendState.SENT, SendState.UNKNOWN])
def test_a_mail_that_the_ledger_knows_of_is_in_order(state: SendState) -> None:
    assert disagreements(ONCE, {REF: line(state)}) == []


def test_a_sent_mail_that_never_arrived_is_found() -> None:
    assert disagreements({}, {REF: line(SendState.SENT)}) == [REF]


@pytest.mark.parametrize("state", [SendState.PENDING, SendState.CANCELLED, SendState.REFUSED])
def test_a_mail_that_arrived_though_the_ledger_says_no_is_found(state: SendState) -> None:
    assert disagreements(ONCE, {REF: line(state)}) == [REF]


def test_a_mail_without_a_line_in_the_ledger_is_found() -> None:
    assert disagreements(ONCE, {}) == [REF]


def test_a_mail_claimed_after_the_stop_is_found() -> None:
    ledger = {REF: line(SendState.SENT, ended_after=-timedelta(milliseconds=1))}
    assert after_stop(ONCE, ledger) == 1


@pytest.mark.parametrize("ended_after", [None, timedelta(milliseconds=1)])
def test_a_mail_claimed_before_the_stop_is_in_order(ended_after: timedelta | None) -> None:
    assert after_stop(ONCE, {REF: line(SendState.SENT, ended_after=ended_after)}) == 0


def test_the_cast_is_sixty_four_people_of_every_habit_and_twenty_in_two_sequences() -> None:
    people = cast()
    assert len({person.email for person in people}) == 64
    assert {person.habit for person in people} == set(Habit)
    assert sum(len(person.sequences) == 2 for person in people) == 20
