"""The lives whose histories are kept: each kind of wait, step, signal and end once."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from tenuto.domain.condition import EventHappened
from tenuto.domain.notice import Held, Notice, OutOfOffice, Signal
from tenuto.domain.plan import Arm, BranchStep, Edge, EmailStep, ExitStep
from tests.factories import bundle, emails, plan
from tests.house import House

Life = Callable[[House], Awaitable[UUID]]


async def five_mails(house: House) -> UUID:
    """Mails and waits, to the end."""
    return await house.start(await house.stage.publish(bundle(steps=emails([0, 1, 1, 1, 1]))))


async def branch_and_exit(house: House) -> UUID:
    """A branch that nobody decides in time, a wait before the exit."""
    arm = Arm(when=EventHappened(name="never"), within=1, next=Edge(to=2))
    steps = plan(
        Edge(to=0),
        [
            EmailStep(id="a", next=Edge(to=1, wait=1)),
            BranchStep(id="b", arms=(arm,), otherwise=Edge(to=2, wait=1)),
            ExitStep(id="end"),
        ],
    )
    return await house.start(await house.stage.publish(bundle(steps=steps)))


async def spaced(house: House) -> UUID:
    """A send that the gap defers at the claim."""
    first = await house.start(await house.stage.publish(bundle("one", emails([0]), gap=2)))
    await house.ended(first)
    return await house.start(await house.stage.publish(bundle("two", emails([0]), gap=2)))


async def held_and_resumed(house: House) -> UUID:
    """A pause and a resume by our own doors."""
    enrollment = await house.start(await house.stage.publish(bundle(steps=emails([2, 0]))))
    for signal, notice in [(Signal.HELD, Held()), (Signal.RESUMED, Notice())]:
        await house.steering.tell(await house.stage.record(enrollment, signal, notice))
    return enrollment


async def foreign_signals(house: House) -> UUID:
    """What another service says, each committed by an activity; a reply ends it."""
    enrollment = await house.start(await house.stage.publish(bundle(steps=emails([3600, 0]))))
    back = (await house.stage.row(enrollment)).enrolled_at + timedelta(days=3)
    for name, values in [
        ("engaged", {"event": "seen"}),
        ("out_of_office", OutOfOffice(until=back).model_dump(mode="json", exclude_unset=True)),
        ("held", {"reason": "legal"}),
        ("resumed", {}),
        ("rescheduled", {"due": back.isoformat()}),
        ("reply_received", {}),
    ]:
        await house.handle(enrollment).signal(name, values)
    return enrollment


async def unsubscribed_at_the_end(house: House) -> UUID:
    """A signal that is heard while the last mail completes the row."""
    enrollment = await house.start(await house.stage.publish(bundle(steps=emails([1]))))
    await house.handle(enrollment).signal("unsubscribed")
    return enrollment


LIVES: dict[str, Life] = {
    life.__name__: life
    for life in (
        five_mails,
        branch_and_exit,
        spaced,
        held_and_resumed,
        foreign_signals,
        unsubscribed_at_the_end,
    )
}
