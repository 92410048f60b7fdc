"""One thing that became known of a person, while its effects are written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from db import facts, transitions
from db.connection import Connection
from db.facts import Facts
from tenuto.domain import progress
from tenuto.domain.enrollment import Enrollment, ExitReason, Standing
from tenuto.domain.notice import Signal
from tenuto.domain.progress import Change
from tenuto.domain.scene import Scene


@dataclass(frozen=True)
class Told:
    """A workflow must be told that its row has changed."""

    enrollment_id: UUID
    signal: Signal
    standing: Standing


@dataclass(frozen=True)
class Occasion:
    """Who it is about, in a transaction that holds the contact's lock."""

    connection: Connection
    contact_id: UUID
    #: The enrollment it came through; None when only the person is known.
    enrollment_id: UUID | None
    signal: Signal
    #: Which door or command learned of it.
    source: str
    #: Whether the enrollment's own workflow asked: then it needs no telling.
    own: bool = False
    #: As in `facts.of`.
    in_turn: bool = True

    async def live(self) -> list[UUID]:
        """Every live enrollment of the person."""
        rows = await self.connection.execute(_LIVE, {"contact": self.contact_id})
        return [UUID(int=row.id.int) for row in rows]

    async def change(
        self,
        enrollments: Iterable[UUID],
        decide: Callable[[Facts], Change | None],
        *,
        others: bool = True,
    ) -> list[Told]:
        """Apply to each live one what `decide` says, and list those whose workflow must hear.

        `others`: those of the person's that go behind give way to the slots that these get.
        """
        told = []
        for enrollment_id in enrollments:
            seen = await facts.of(self.connection, enrollment_id, in_turn=self.in_turn)
            if seen is None or not seen.enrollment.status.live:
                continue
            own = self.own and enrollment_id == self.enrollment_id
            change = decide(seen)
            if change is None:
                continue
            plan = seen.version.bundle.plan
            new = await transitions.apply(
                self.connection, seen.enrollment, change, plan, source=self.source, told=own
            )
            if not own:
                told.append(Told(enrollment_id, self.signal, new.standing))
            if others:
                told += await make_way(self.connection, seen, new, self.source)
        return told

    async def end(self, enrollments: Iterable[UUID], reason: ExitReason) -> list[Told]:
        """End the live ones among them."""
        return await self.change(
            enrollments, lambda seen: progress.end(seen.enrollment, reason, seen.now)
        )

    async def end_all(self, reason: ExitReason) -> list[Told]:
        """End everything that could still mail the person."""
        return await self.end(await self.live(), reason)

    async def retime_all(self) -> list[Told]:
        """Let every live enrollment follow the holds as they are now."""
        return await self.change(await self.live(), retimed)


def retimed(seen: Facts) -> Change | None:
    """What the present holds mean for one enrollment."""
    return progress.retime(seen.enrollment, seen.version.bundle.plan, seen.scene)


async def make_way(connection: Connection, seen: Facts, new: Enrollment, source: str) -> list[Told]:
    """Move the person's bookings that go behind the slot which a row was given just now."""
    return await give_way(connection, new.contact_id, seen.scene, new, source)


async def give_way(
    connection: Connection, contact_id: UUID, scene: Scene, new: Enrollment, source: str
) -> list[Told]:
    """As `make_way`, with the scene in which the slot was found."""
    if new.slot is None or not scene.bookings:
        return []
    behind = [booking.enrollment_id for booking in scene.behind(new, new.slot)]
    # Each in turn, from the first to go: it finds those before it as they are now.
    occasion = Occasion(connection, contact_id, None, Signal.RESCHEDULED, source)
    return await occasion.change(behind, retimed, others=False) if behind else []


_LIVE = text("""
    SELECT id FROM enrollments
    WHERE contact_id = :contact AND status IN ('active', 'paused') ORDER BY id
""")
