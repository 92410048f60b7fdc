"""One test per edge of the table, named as a sentence, and what no sequence of events can do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.domain.enrollment import LIVE, ExitReason, Status
from tenuto.domain.transition import ENDED_BY, TABLE, Event, after

ACTIVE, PAUSED = Status.ACTIVE, Status.PAUSED
ENDS = set(Status) - LIVE

EDGES = {
    "an active enrollment stays active when it moves to its next step": (
        (ACTIVE, Event.MOVED),
        ACTIVE,
    ),
    "an active enrollment stays active when its step is deferred": (
        (ACTIVE, Event.DEFERRED),
        ACTIVE,
    ),
    "an active enrollment stays active when it is rescheduled": (
        (ACTIVE, Event.RESCHEDULED),
        ACTIVE,
    ),
    "an active enrollment is paused when it is held": ((ACTIVE, Event.HELD), PAUSED),
    "an active enrollment stays active when a mail's fate becomes known": (
        (ACTIVE, Event.SEND_RESOLVED),
        ACTIVE,
    ),
    "a paused enrollment stays paused when a mail under way moves it": (
        (PAUSED, Event.MOVED),
        PAUSED,
    ),
    "a paused enrollment stays paused when it is held again": ((PAUSED, Event.HELD), PAUSED),
    "a paused enrollment is active when it is resumed": ((PAUSED, Event.RESUMED), ACTIVE),
    "a paused enrollment stays paused when a mail's fate becomes known": (
        (PAUSED, Event.SEND_RESOLVED),
        PAUSED,
    ),
    "an active enrollment is completed when its last step is done": (
        (ACTIVE, Event.COMPLETED),
        Status.COMPLETED,
    ),
    "an active enrollment is replied when a person answers": (
        (ACTIVE, Event.REPLIED),
        Status.REPLIED,
    ),
    "an active enrollment is opted out when a person asks for it": (
        (ACTIVE, Event.OPTED_OUT),
        Status.OPTED_OUT,
    ),
    "an active enrollment is bounced when mail comes back": (
        (ACTIVE, Event.BOUNCED),
        Status.BOUNCED,
    ),
    "an active enrollment is complained when a person reports spam": (
        (ACTIVE, Event.COMPLAINED),
        Status.COMPLAINED,
    ),
    "an active enrollment is removed when it is taken out": (
        (ACTIVE, Event.REMOVED),
        Status.REMOVED,
    ),
    "an active enrollment is deleted with its contact": (
        (ACTIVE, Event.CONTACT_DELETED),
        Status.DELETED,
    ),
    "an active enrollment has met its goal when that happens": (
        (ACTIVE, Event.GOAL_REACHED),
        Status.GOAL_MET,
    ),
    "an active enrollment has failed when a message can't be made": (
        (ACTIVE, Event.FAILED),
        Status.FAILED,
    ),
    "a paused enrollment is completed when the mail under way was its last": (
        (PAUSED, Event.COMPLETED),
        Status.COMPLETED,
    ),
    "a paused enrollment is replied when a person answers": (
        (PAUSED, Event.REPLIED),
        Status.REPLIED,
    ),
    "a paused enrollment is opted out when a person asks for it": (
        (PAUSED, Event.OPTED_OUT),
        Status.OPTED_OUT,
    ),
    "a paused enrollment is bounced when mail comes back": (
        (PAUSED, Event.BOUNCED),
        Status.BOUNCED,
    ),
    "a paused enrollment is complained when a person reports spam": (
        (PAUSED, Event.COMPLAINED),
        Status.COMPLAINED,
    ),
    "a paused enrollment is removed when it is taken out": (
        (PAUSED, Event.REMOVED),
        Status.REMOVED,
    ),
    "a paused enrollment is deleted with its contact": (
        (PAUSED, Event.CONTACT_DELETED),
        Status.DELETED,
    ),
    "a paused enrollment has met its goal when that happens": (
        (PAUSED, Event.GOAL_REACHED),
        Status.GOAL_MET,
    ),
    "a paused enrollment has failed when a message can't be made": (
        (PAUSED, Event.FAILED),
        Status.FAILED,
    ),
}


@pytest.mark.parametrize(("edge", "to"), EDGES.values(), ids=EDGES.keys())
def test_edge(edge: tuple[Status, Event], to: Status) -> None:
    assert after(*edge) is to


def test_every_edge_has_its_sentence() -> None:
    assert dict(EDGES.values()) == TABLE


@pytest.mark.parametrize("end", sorted(ENDS))
@pytest.mark.parametrize("event", Event)
def test_an_end_is_never_left(end: Status, event: Event) -> None:
    assert after(end, event) is None


@pytest.mark.parametrize("reason", ExitReason)
@pytest.mark.parametrize("status", sorted(LIVE))
def test_every_exit_reason_has_an_event_that_leads_to_its_status(
    status: Status, reason: ExitReason
) -> None:
    assert after(status, ENDED_BY[reason]) is reason.status
    assert not reason.status.live


def test_every_end_has_an_exit_reason() -> None:
    assert {reason.status for reason in ExitReason} == ENDS


def test_nothing_but_an_exit_reasons_event_ends() -> None:
    assert {event for (_, event), to in TABLE.items() if to in ENDS} == set(ENDED_BY.values())


@given(st.sampled_from(sorted(LIVE)), st.lists(st.sampled_from(Event), max_size=40))
def test_whatever_arrives_the_first_end_stays(status: Status, events: list[Event]) -> None:
    ended: Status | None = None
    for event in events:
        new = after(status, event)
        assert ended is None or new is None
        status = new or status
        ended = ended or (None if status.live else status)
    assert ended is None or status is ended


@given(st.lists(st.sampled_from([e for e in Event if e not in ENDED_BY.values()]), max_size=40))
def test_without_a_stop_it_lives_on(events: list[Event]) -> None:
    status = ACTIVE
    for event in events:
        status = after(status, event) or status
    assert status.live
    assert Event.HELD in events or status is ACTIVE


@given(st.lists(st.sampled_from(Event), max_size=40), st.sampled_from(Event))
def test_an_event_that_arrives_twice_does_what_it_did_once(
    events: list[Event], event: Event
) -> None:
    status = ACTIVE
    for one in [*events, event]:
        status = after(status, one) or status
    assert (after(status, event) or status) is status
