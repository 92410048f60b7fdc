"""Why a person's mails haven't left yet: one sentence for each live enrollment."""

from dataclasses import dataclass
from uuid import UUID

from db import contacts, facts, views
from db.connection import Connection
from db.facts import Facts
from tenuto.domain.company import company_domain
from tenuto.domain.enrollment import SendState
from tenuto.domain.why import Named, shown, why_not_yet


@dataclass(frozen=True)
class Why:
    """Where one enrollment stands, in words."""

    enrollment_id: UUID
    sequence: str
    status: str
    step: str
    why: str


async def person(connection: Connection, email: str) -> list[Why]:
    """A sentence for each live enrollment; for the last one that ended, where none is live.

    :raises NotFoundError: when the address belongs to nobody.
    """
    contact = await contacts.get(connection, email)
    theirs = await views.of_contact(connection, contact)
    live = [one for one in theirs if one.status.live] or theirs[-1:]
    told = []
    for one in live:
        seen = await facts.of(connection, one.enrollment_id)
        if seen is not None:
            why = _why(seen)
            told.append(Why(one.enrollment_id, one.sequence, one.status.value, one.step, why))
    return told


def _why(seen: Facts) -> str:
    row, scene = seen.enrollment, seen.scene
    name = row.sequence_id
    if row.ended_at is not None:
        return f"{name} ended {shown(row.ended_at, scene)}: {row.status} ({row.reason})"
    if seen.suppressed:
        return f"{name} ends when its next step is due: they get no mail ({seen.suppressed})"
    if seen.ledger is not None and seen.ledger.state is SendState.SENDING:
        return f"{name} is sending just now"
    company = company_domain(seen.email) or ""
    named = Named(seen.email, name, seen.mailbox.address, company)
    return why_not_yet(row, seen.version.bundle.plan, scene, named)
