"""A mail whose fate nobody knows: the enrollment goes on, and whoever goes behind gives way."""

from datetime import timedelta

from tests.factories import Stage, bundle, emails

GAP = timedelta(minutes=10)


async def test_a_new_start_gives_way_to_what_follows_a_lost_mail(stage: Stage) -> None:
    gap = GAP // timedelta(seconds=1)
    one, two = [await stage.publish(bundle(f"s{i}", emails([0, 0]), gap=gap)) for i in range(2)]
    first = await stage.enrolled(one)
    await stage.claimed(first)
    start = await stage.enrolled(two)
    await stage.claim(first)  # by another worker: the first has died
    follow_up, behind = await stage.row(first), await stage.row(start)
    assert follow_up.current_step_index == 1
    assert follow_up.next_scheduled_at
    assert behind.next_scheduled_at
    assert behind.next_scheduled_at >= follow_up.next_scheduled_at + GAP
