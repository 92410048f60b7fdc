"""A sequence's own limit on first mails in a day."""

from collections.abc import Sequence
from uuid import UUID

from db.claims import Claim
from tests.factories import Stage, bundle, emails

LIMIT = 2


async def started(stage: Stage, enrollments: Sequence[UUID]) -> int:
    claims = [await stage.claim(enrollment) for enrollment in enrollments]
    return sum(isinstance(claim, Claim) for claim in claims)


async def test_it_holds_in_a_mailbox_that_has_none(stage: Stage) -> None:
    version = await stage.publish(bundle(steps=emails([0]), new_per_day=LIMIT))
    people = [await stage.enrolled(version, f"p{i}@firm.example") for i in range(5)]
    days = [(await stage.row(one)).next_scheduled_at for one in people]
    assert len({day.date() for day in days if day}) == 3, "as they are booked"
    for enrollment in people:
        await stage.due_now(enrollment)
    assert await started(stage, people) == LIMIT
    other = await stage.publish(bundle("other", emails([0])))
    assert await started(stage, [await stage.enrolled(other, "sam@firm.example")]) == 1
