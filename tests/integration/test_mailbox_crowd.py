"""Many who wait for one mailbox's cap: each comes back when there is room for it."""

from datetime import timedelta

import pytest

from tenuto.domain.limits import Cap
from tests.factories import Stage, bundle, emails

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("waits", [[0], [0, 0]])
async def test_a_crowd_books_one_span_after_the_other(stage: Stage, waits: list[int]) -> None:
    await stage.mailbox(Cap(count=2, seconds=3600))
    version = await stage.publish(bundle(steps=emails(waits)))
    people = [await stage.enrolled(version, f"p{i}@firm.example") for i in range(7)]
    rows = [await stage.row(one) for one in people]
    due = sorted(row.next_scheduled_at for row in rows if row.next_scheduled_at)
    assert [(at - due[0]) // HOUR for at in due] == [0, 0, 1, 1, 2, 2, 3]
