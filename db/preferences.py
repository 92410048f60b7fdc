"""What a recipient may choose by themselves: a pause, its end, and what they get now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db import happenings, holds, locks
from db.connection import Connection
from db.facts import SUPPRESSED
from db.occasion import Occasion, Told
from tenuto.domain.holds import ASKED_TO_PAUSE, HoldScope
from tenuto.domain.notice import Held, Notice, Signal


@dataclass(frozen=True)
class Preferences:
    """Where the person of an enrollment stands."""

    #: They get no mail at all any more.
    silenced: bool
    #: Mail of this enrollment may still follow.
    live: bool
    #: End of the pause that they asked for.
    paused_until: datetime | None


_READ = text(f"""
    SELECT e.status IN ('active', 'paused') AS live,
        a.status = 'dead' OR {SUPPRESSED.format(email="a.email")} IS NOT NULL AS silenced,
        (SELECT max(h.held_until) FROM holds h
         WHERE h.scope = 'contact' AND h.target = e.contact_id::text AND h.reason = :reason
            AND h.held_until > tenuto_now()) AS paused_until
    FROM enrollments e JOIN addresses a ON a.id = e.address_id WHERE e.id = :id
""")  # noqa: S608 - assembled from constants


async def read(connection: Connection, enrollment_id: UUID) -> Preferences | None:
    """What they get now; None when there is no such enrollment."""
    row = (await connection.execute(_READ, {"id": enrollment_id, "reason": ASKED_TO_PAUSE})).first()
    return row and Preferences(row.silenced, row.live, row.paused_until)


async def pause(
    connection: Connection, enrollment_id: UUID, until: datetime, source: str
) -> list[Told]:
    """Hold all of the person's mail until then, instead of until what they asked for before."""
    contact_id = await locks.lock_contact_of(connection, enrollment_id)
    now = await read(connection, enrollment_id)
    if contact_id is None or now is None or now.silenced or now.paused_until == until:
        return []
    held = Held(until=until, reason=ASKED_TO_PAUSE)
    return await happenings.record_for_person(
        connection, UUID(int=contact_id.int), Signal.HELD, held, source=source
    )


async def resume(connection: Connection, enrollment_id: UUID, source: str) -> list[Told]:
    """End the pause that they asked for, and no other hold."""
    contact_id = await locks.lock_contact_of(connection, enrollment_id)
    if contact_id is None:
        return []
    person = UUID(int=contact_id.int)
    if not await holds.release(connection, HoldScope.CONTACT, str(person), ASKED_TO_PAUSE):
        return []
    return await Occasion(connection, person, None, Signal.RESUMED, source).retime_all()


async def stop(connection: Connection, enrollment_id: UUID, source: str) -> list[Told]:
    """End this enrollment alone, as an operator would."""
    if await read(connection, enrollment_id) is None:
        return []
    return await happenings.record(
        connection, enrollment_id, Signal.REMOVED, Notice(), source=source
    )
