"""What is kept of a mail or a provider's event, with all that follows, in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from db import happenings, inbound, locks, owner_notices
from db.connection import Connection
from db.inbound import Match, Record
from db.occasion import Told
from tenuto.domain.arrival import Arrival
from tenuto.domain.mail_class import Class, Classified
from tenuto.domain.notice import SendResolved, Signal
from tenuto.domain.owner_notice import OwnerNotice
from tenuto.inbound.reaction import MAILBOX, REVIEW, Reaction

#: What proves that the mail which it answers was sent.
_EVIDENCE = frozenset({Class.REPLY, Class.UNSURE, Class.OUT_OF_OFFICE, Class.AUTO,
                       Class.UNSUBSCRIBE, Class.COMPLAINT})  # fmt: skip


@dataclass(frozen=True)
class Receipt:
    """What became of a mail."""

    class_: Class
    rule: str
    effect: str
    #: False: it was here already, and nothing was done.
    new: bool
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Judged:
    """One that came in, and what was made of it."""

    mail: Arrival
    classified: Classified
    reaction: Reaction
    match: Match | None
    #: By which it came.
    door: str
    #: In whose folder it lay.
    mailbox_id: UUID | None = None


async def keep(connection: Connection, judged: Judged, raw: bytes) -> Receipt:
    """Store it once, and commit what follows. The connection must not have written yet."""
    if judged.match is not None:
        # Before the first write; what is recorded below takes it again, and has it.
        await locks.lock_contact(connection, judged.match.contact_id)
    stored = await inbound.store(connection, judged.mail.envelope, raw, _record(judged))
    told: list[Told] = []
    if stored is not None:
        if judged.match is not None:
            told = await _effect(connection, judged, judged.match)
        for kind in _notices(judged.reaction, told):
            await owner_notices.add(connection, kind, stored)
    classified = judged.classified
    effect, new = judged.reaction.effect, stored is not None
    return Receipt(classified.class_, classified.rule, effect, new, tuple(told))


def _record(judged: Judged) -> Record:
    mail, classified, match = judged.mail, judged.classified, judged.match
    kind = f"_{classified.kind}" if classified.kind else ""
    return Record(
        natural_key=mail.natural_key,
        door=judged.door,
        class_=f"{classified.class_}{kind}",
        rule=classified.rule,
        effect=judged.reaction.effect,
        contact_id=match.contact_id if match else None,
        enrollment_id=match.enrollment_id if match else None,
        matched_by=match.by.value if match else None,
        mailbox_id=judged.mailbox_id,
        from_address=mail.from_address,
        subject=mail.subject,
        own_words=mail.reply,
    )


async def _effect(connection: Connection, judged: Judged, match: Match) -> list[Told]:
    reaction, door, enrollment = judged.reaction, judged.door, match.enrollment_id
    told: list[Told] = []
    evident = judged.classified.class_ in _EVIDENCE and match.by.proven
    if evident and enrollment is not None and match.step is not None:
        settled = SendResolved(step=match.step, outcome="sent")
        told += await happenings.record(
            connection, enrollment, Signal.SEND_RESOLVED, settled, source=door
        )
    if reaction.effect == MAILBOX and enrollment is not None:
        await inbound.mark_trouble(connection, enrollment, _refusal(judged.mail))
    signal, notice = reaction.signal, reaction.notice
    if signal is None or notice is None:
        return told
    notice = notice.model_copy(update={"came_at": judged.mail.envelope.received_at})
    if reaction.whole_person or enrollment is None:
        return told + await happenings.record_for_person(
            connection, match.contact_id, signal, notice, source=door
        )
    return told + await happenings.record(connection, enrollment, signal, notice, source=door)


def _refusal(mail: Arrival) -> str:
    """What the server said against us, for the mailbox's owner."""
    said = next((s.diagnostic for s in mail.statuses if s.diagnostic), mail.subject)
    words = "".join(c for c in said if c.isprintable())
    return f"refused after delivery: {words}"[:500]


def _notices(reaction: Reaction, told: Sequence[Told]) -> Iterator[OwnerNotice]:
    """What the mailbox's owner has to hear of."""
    if reaction.signal is Signal.REPLY_RECEIVED:
        yield OwnerNotice.REPLY
    if reaction.effect == REVIEW:
        yield OwnerNotice.REVIEW
    reasons = {one.standing.reason for one in told}
    yield from (kind for kind in (OwnerNotice.AWAY, OwnerNotice.LEFT) if kind.value in reasons)
