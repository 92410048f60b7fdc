"""What every door hands its mail to: parse, correlate, classify, commit, tell.

Idempotent: a mail that is here already changes nothing. When `receive` returns, the mail and all
that follows from it are durable; when it raises, nothing is, and the door says "later".
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from db import happenings, inbound, locks
from db.connection import Connection
from db.engine import QUERY_ERRORS, transaction
from db.inbound import Match, Record
from db.occasion import Told
from tenuto.domain.arrival import Arrival, Envelope
from tenuto.domain.classify import classify
from tenuto.domain.correlate import Clues, MatchedBy, clues
from tenuto.domain.errors import TenutoError
from tenuto.domain.ids import SendRef, TokenSigner
from tenuto.domain.mail_class import Class, Classified
from tenuto.domain.notice import Signal, Unsubscribed
from tenuto.inbound.reaction import MAILBOX, STORED, Reaction, react
from tenuto.mail.parse import parse

#: What a commit that couldn't be made raises: a door answers it with "later".
CANT_STORE = (TenutoError, *QUERY_ERRORS, OSError, TimeoutError)
#: A workflow that can't be told in this time is told by the reconciler.
_TELL_S = 10

log = structlog.get_logger()


@dataclass(frozen=True)
class Receipt:
    """What became of a mail."""

    class_: Class
    rule: str
    effect: str
    #: False: it was here already, and nothing was done.
    new: bool
    told: tuple[Told, ...] = ()


class Pipeline:
    """Given Postgres, our keys, and how to tell workflows (`Steering.tell`)."""

    def __init__(
        self,
        engine: AsyncEngine,
        signer: TokenSigner,
        tell: Callable[[Sequence[Told]], Awaitable[None]],
    ) -> None:
        self.engine = engine
        self.signer = signer
        self._tell = tell

    async def receive(self, raw: bytes, envelope: Envelope, door: str) -> Receipt:
        """Take a mail in, once.

        :raises: one of `CANT_STORE`, and then nothing has happened.
        """
        # In a thread: a megabyte of hostile MIME mustn't keep the other conversations waiting.
        mail = await asyncio.to_thread(parse, raw, envelope)
        hints = clues(mail, self.signer)

        async def work(connection: Connection) -> Receipt:
            return await _commit(connection, mail, hints, raw, door)

        receipt = await transaction(self.engine, work)
        log.info("mail_received", door=door, class_=receipt.class_.value, rule=receipt.rule,
                 effect=receipt.effect, new=receipt.new)  # fmt: skip
        await self.tell(receipt.told)
        return receipt

    async def unsubscribe(self, ref: SendRef, door: str) -> bool:
        """End all mail to the person of a send; False when there is no such enrollment.

        :raises: one of `CANT_STORE`, and then nothing has happened.
        """

        async def work(connection: Connection) -> list[Told] | None:
            if await inbound.by_ref(connection, ref, MatchedBy.ENVELOPE) is None:
                return None
            return await happenings.record(
                connection,
                ref.enrollment,
                Signal.UNSUBSCRIBED,
                Unsubscribed(by="click"),
                source=door,
            )

        told = await transaction(self.engine, work)
        log.info("unsubscribed", door=door, known=told is not None)
        await self.tell(told or ())
        return told is not None

    async def tell(self, told: Sequence[Told]) -> None:
        """Tell the workflows what is committed; promptness only, so that nothing here fails."""
        try:
            await asyncio.wait_for(self._tell(told), _TELL_S)
        except CANT_STORE as error:
            log.warning("telling_failed", error=type(error).__name__, workflows=len(told))


async def _commit(
    connection: Connection, mail: Arrival, hints: Clues, raw: bytes, door: str
) -> Receipt:
    match = await inbound.match(connection, hints)
    if match is not None:
        # Before the first write; what is recorded below takes it again, and has it.
        await locks.lock_contact(connection, match.contact_id)
    about = match.mail if match else None
    classified = classify(mail, about, to_unsubscribe=hints.to_unsubscribe)
    if await inbound.is_mailbox(connection, mail.from_address):
        classified = Classified(Class.OTHER, "from a mailbox of ours")
        reaction = Reaction(STORED)
    else:
        reaction = react(classified, match, to_unsubscribe=hints.to_unsubscribe)
    row = _record(mail, door, classified, reaction, match)
    new = await inbound.store(connection, mail.envelope, raw, row)
    told = await _effect(connection, reaction, match, mail, door) if new and match else []
    return Receipt(classified.class_, classified.rule, reaction.effect, new, tuple(told))


def _record(
    mail: Arrival, door: str, classified: Classified, reaction: Reaction, match: Match | None
) -> Record:
    kind = f"_{classified.kind}" if classified.kind else ""
    return Record(
        natural_key=mail.natural_key,
        door=door,
        class_=f"{classified.class_}{kind}",
        rule=classified.rule,
        effect=reaction.effect,
        contact_id=match.contact_id if match else None,
        enrollment_id=match.enrollment_id if match else None,
        matched_by=match.by.value if match else None,
    )


async def _effect(
    connection: Connection, reaction: Reaction, match: Match, mail: Arrival, door: str
) -> list[Told]:
    signal, notice, enrollment = reaction.signal, reaction.notice, match.enrollment_id
    if reaction.effect == MAILBOX and enrollment is not None:
        await inbound.mark_trouble(connection, enrollment, _refusal(mail))
    if signal is None or notice is None:
        return []
    if reaction.whole_person or enrollment is None:
        return await happenings.record_for_person(
            connection, match.contact_id, signal, notice, source=door
        )
    return await happenings.record(connection, enrollment, signal, notice, source=door)


def _refusal(mail: Arrival) -> str:
    """What the server said against us, for the mailbox's owner."""
    said = next((s.diagnostic for s in mail.statuses if s.diagnostic), mail.subject)
    words = "".join(c for c in said if c.isprintable())
    return f"refused after delivery: {words}"[:500]
