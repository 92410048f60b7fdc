from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tenuto.domain.limits import Cap
from tenuto.domain.pace import Pace, Turn

NOW = datetime(2026, 10, 19, 14, tzinfo=UTC)
DEADLINE = NOW + timedelta(seconds=30)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def pace(cap: int, gap: int, *sent: datetime) -> Pace:
    """What decides whether a mail may leave now."""
    made = Pace(
        cap=Cap(count=cap, seconds=3600),
        gap=gap * SECOND,
        zone=ZoneInfo("UTC"),
        today=NOW.date(),
        sent=sent,
    )
    return made.claimed(Turn())


def test_a_mail_on_its_way_may_leave_while_old_ones_still_count() -> None:
    old = NOW - HOUR + 20 * SECOND  # it counts for 20 s yet, the one on its way for longer
    assert pace(2, 0, old, DEADLINE).under_cap(NOW, Turn()) == old + HOUR
    assert pace(3, 0, old, DEADLINE).under_cap(NOW, Turn()) == NOW


def test_a_full_cap_of_mails_on_their_way_is_free_a_span_after_their_deadline() -> None:
    assert pace(1, 0, DEADLINE).under_cap(NOW, Turn()) == DEADLINE + HOUR


def test_no_mail_leaves_before_one_on_its_way_however_short_the_gap() -> None:
    assert pace(9, 10, DEADLINE).spacing(Turn(), 0)(NOW) == DEADLINE + 10 * SECOND


def test_without_a_gap_nobody_waits_for_one_on_its_way() -> None:
    assert pace(9, 0, DEADLINE).spacing(Turn(), 0)(NOW) == NOW
