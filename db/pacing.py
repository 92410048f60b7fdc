"""A mailbox's pace, as Postgres knows it: limits, what left, what is booked, what will follow."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from db import sequences
from db.connection import Connection, Row
from tenuto.domain.calendar import Clock, Opening, Window
from tenuto.domain.limits import Cap
from tenuto.domain.outlook import Outlook, outlook
from tenuto.domain.pace import Pace
from tenuto.domain.zone import zone

LIMITS = """
    m.cap_count, m.cap_seconds, m.gap_seconds, m.new_per_day, m.ramp, m.sending_days,
    m.last_sending_day, m.zone AS mailbox_zone, m.sending_window::text AS sending_window
"""
_PACED = "(m.gap_seconds > 0 OR m.new_per_day IS NOT NULL)"
#: In every mailbox whose cap is within reach: a crowd that waits for it must not wake all at once.
#: A server that sends by the thousand has none, and its slots would be too many to look at.
_NEAR = "m.cap_count <= 1000"
_SLOTS = """
    CASE WHEN {paced} OR {near} THEN ARRAY(
        SELECT b.booked_at FROM sends b
        WHERE b.mailbox_id = m.id AND b.state = 'pending' AND b.booked_at > {now} - interval '1 day'
            AND b.starts = {starts} AND b.enrollment_id <> {mine}
            AND ({starting} OR b.booked_at < {now} + interval '60 days')
        ORDER BY b.booked_at) END
"""
#: The newest decide, and no more of them than the cap's own number. Where nothing is booked one by
#: one, none matters below the cap but the last, which says how far the gap is over.
_SENT = """
    ARRAY(SELECT counts_at FROM sends
          WHERE mailbox_id = m.id
              AND counts_at > {now} - make_interval(secs => greatest(m.cap_seconds, m.gap_seconds))
          ORDER BY counts_at DESC
          LIMIT CASE WHEN {paced} OR {near} OR m.ramp OR EXISTS (
              SELECT FROM sends WHERE mailbox_id = m.id
                  AND counts_at > {now} - make_interval(secs => m.cap_seconds)
              OFFSET m.cap_count - 1
          ) THEN m.cap_count ELSE 1 END)
"""
#: `kind`: whether the mail that waits is a new start, and whether it comes after the one in hand.
_EXPECTED = """
    CASE WHEN {starting} AND ({paced} OR {limited}) THEN (
        SELECT json_agg(json_build_array(version, step, waits, day, kind, number) ORDER BY version)
        FROM (
            SELECT x.sequence_version_id AS version, x.current_step_index AS step,
                x.branch_deadline IS NOT NULL AS waits,
                (x.next_scheduled_at AT TIME ZONE m.zone)::date AS day,
                -- Not a join: before a new table is analyzed, one is planned as a nested loop.
                (SELECT ARRAY[b.starts, coalesce((b.rank, x.enrolled_at, x.id) > ({order}), false)]
                    FROM sends b WHERE b.enrollment_id = x.id
                    AND b.step_index = x.current_step_index AND b.state = 'pending') AS kind,
                count(*) AS number
            FROM enrollments x
            WHERE x.mailbox_id = m.id AND x.status = 'active' AND x.id <> {mine}
            GROUP BY 1, 2, 3, 4, 5
        ) g) END
"""
_STARTED = """
    CASE WHEN {starting} AND (m.new_per_day IS NOT NULL OR {limited}) THEN ARRAY(
        SELECT o.sequence_id FROM sends b JOIN enrollments o ON o.id = b.enrollment_id
        WHERE b.mailbox_id = m.id AND b.starts AND b.counts_at >=
            date_trunc('day', {now} AT TIME ZONE m.zone) AT TIME ZONE m.zone) END
"""


def columns(now: str, mine: str, starting: str, limited: str, order: str, in_turn: str) -> str:
    """The columns that `pace` reads, beside `LIMITS`.

    SQL expressions: the instant, the enrollment whose own slot doesn't count, whether no mail of it
    has been sent yet, whether its sequence limits new starts, rank, begin and id by which it is
    ordered, and whether it keeps its place by them. The mailbox is `m`.
    """
    values = {
        "now": now, "mine": mine, "starting": starting, "limited": limited, "order": order,
        "paced": _PACED, "near": _NEAR,
    }  # fmt: skip
    follow_ups = _SLOTS.format(starts="false", **values)
    starts = _SLOTS.format(starts="true", **values)
    expected, started = _EXPECTED.format(**values), _STARTED.format(**values)
    return f"""
        ({now} AT TIME ZONE m.zone)::date AS today,
        {_SENT.format(**values)} AS mailbox_sent,
        {follow_ups} AS mailbox_follow_ups, {starts} AS mailbox_starts,
        {expected} AS mailbox_expected, {started} AS mailbox_started, {in_turn} AS in_turn
    """


async def pace(connection: Connection, row: Row, sequence: str) -> Pace:
    """From `LIMITS` and `columns`; `sequence` is the one that the send belongs to."""
    starts_on, of_sequence_on, expected_on = Counter[date](), Counter[date](), Counter[date]()
    for version_id, dates in groupby(row.mailbox_expected or (), itemgetter(0)):
        version = await sequences.by_id(connection, UUID(version_id))
        ahead = dict[tuple[int, bool], Outlook]()
        for _, step, waits, written, kind, number in dates:
            starts, behind = kind or (False, False)
            if (step, waits) not in ahead:
                bundle, days = version.bundle, version.bundle.rules.window.days
                ahead[step, waits] = outlook(bundle.plan, step, days, waits=waits)
            day = date.fromisoformat(written)
            if starts and not (behind and row.in_turn):
                starts_on[day] += number
                of_sequence_on[day] += number * (version.sequence_id == sequence)
            if starts and behind:
                # Its follow-ups go before their mails, as any do before a new start.
                continue
            for after in ahead[step, waits][day.weekday()]:
                expected_on[day + timedelta(days=after)] += number
    started: Sequence[str] = row.mailbox_started or ()
    # Today is no sending day behind it, whether or not it has sent something already.
    sent_today = row.last_sending_day == row.today
    return Pace(
        cap=Cap(count=row.cap_count, seconds=row.cap_seconds),
        gap=timedelta(seconds=row.gap_seconds),
        zone=zone(row.mailbox_zone),
        today=row.today,
        sending_days=row.sending_days - sent_today if row.ramp else None,
        new_per_day=row.new_per_day,
        sent=tuple(reversed(row.mailbox_sent)),
        follow_ups=tuple(row.mailbox_follow_ups or ()),
        starts=tuple(row.mailbox_starts or ()),
        started=len(started),
        started_of_sequence=sum(one == sequence for one in started),
        starts_on=starts_on,
        of_sequence_on=of_sequence_on,
        expected_on=expected_on,
    )


def opening(row: Row) -> Opening | None:
    """The mailbox's own window; None: always open."""
    written = row.sending_window
    return None if written is None else _opening(written, row.mailbox_zone)


@lru_cache(maxsize=200)
def _opening(written: str, zone_name: str) -> Opening:
    return Opening(Window.model_validate_json(written), Clock(zone(zone_name)))
