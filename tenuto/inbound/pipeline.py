"""What every door hands its mail to: parse, correlate, classify, commit, tell.

Idempotent: a mail that is here already changes nothing. When `receive` returns, the mail and all
that follows from it are durable; when it raises, nothing is, and the door says "later".
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from db import hand_sent, happenings, inbound
from db.connection import Connection
from db.engine import QUERY_ERRORS, refuses_data, transaction
from db.occasion import Told
from tenuto.domain.arrival import Arrival, Envelope
from tenuto.domain.bounce_kind import Kind
from tenuto.domain.classify import classify
from tenuto.domain.correlate import Clues, MatchedBy, clues
from tenuto.domain.errors import TenutoError
from tenuto.domain.ids import SendRef, TokenSigner
from tenuto.domain.mail_class import Class, Classified
from tenuto.domain.mail_folder import Role
from tenuto.domain.notice import SendResolved, Signal, Unsubscribed
from tenuto.domain.reply_says import says
from tenuto.domain.sender_block import refuses_sender
from tenuto.inbound.keeping import Judged, Receipt, keep
from tenuto.inbound.reaction import NOT_OURS, STORED, Reaction, react
from tenuto.mail.parse import parse, unreadable

#: What a commit that couldn't be made raises: a door answers it with "later".
CANT_STORE = (TenutoError, *QUERY_ERRORS, OSError, TimeoutError)
#: The rule before all others.
_OWN = "from a mailbox of ours"
#: A workflow that can't be told in this time is told by the reconciler.
_TELL_S = 10

log = structlog.get_logger()


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

    async def receive(
        self, raw: bytes, envelope: Envelope, door: str, *, mailbox_id: UUID | None = None
    ) -> Receipt:
        """Take a mail in, once.

        `mailbox_id`: it lies in this mailbox, among its owner's other mail, which is no concern of
        ours: what is about nobody we know isn't kept.

        :raises: one of `CANT_STORE`, and then nothing has happened.
        """
        # In a thread: a megabyte of hostile MIME mustn't keep the other conversations waiting.
        mail = await asyncio.to_thread(parse, raw, envelope)
        try:
            receipt = await self._commit(mail, raw, door, mailbox_id)
        except QUERY_ERRORS as error:
            if not refuses_data(error):
                raise
            # No later try could store these words: the bytes can be, for somebody to look at.
            log.warning("mail_unreadable", door=door, error=type(error).__name__)
            receipt = await self._commit(unreadable(raw, envelope), raw, door, mailbox_id)
        log.info("mail_received", door=door, class_=receipt.class_.value, rule=receipt.rule,
                 effect=receipt.effect, new=receipt.new)  # fmt: skip
        await self.tell(receipt.told)
        return receipt

    async def _commit(
        self, mail: Arrival, raw: bytes, door: str, mailbox_id: UUID | None
    ) -> Receipt:
        hints = clues(mail, self.signer)

        async def work(connection: Connection) -> Receipt:
            return await _commit(connection, mail, hints, raw, door, mailbox_id)

        return await transaction(self.engine, work)

    async def unsubscribe(self, ref: SendRef, door: str) -> bool:
        """End all mail to the person of a send; False when there is no such enrollment.

        :raises: one of `CANT_STORE`, and then nothing has happened.
        """

        async def work(connection: Connection) -> list[Told] | None:
            match = await inbound.by_ref(connection, ref, MatchedBy.ENVELOPE)
            if match is None:
                return None
            settled = SendResolved(step=ref.step, outcome="sent")
            told = await happenings.record(
                connection, ref.enrollment, Signal.SEND_RESOLVED, settled, source=door
            )
            return told + await happenings.record(
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
    connection: Connection,
    mail: Arrival,
    hints: Clues,
    raw: bytes,
    door: str,
    mailbox_id: UUID | None,
) -> Receipt:
    match = await inbound.match(connection, hints, mail.envelope.received_at)
    about = match.mail if match else None
    classified = classify(mail, about, to_unsubscribe=hints.to_unsubscribe)
    if await _our_own(connection, mail, door):
        classified = Classified(Class.OTHER, _OWN)
        reaction = Reaction(STORED)
    else:
        reaction = react(
            classified,
            match,
            to_unsubscribe=hints.to_unsubscribe,
            # Who names the day of a return speaks of somebody else.
            left_company=not mail.returns and says(mail.text).left_company,
            stranger=match is not None
            and classified.class_ is Class.UNSUBSCRIBE
            and not await inbound.is_theirs(connection, match.contact_id, mail.from_address),
            sender_blocked=classified.kind is Kind.BLOCK and refuses_sender(mail),
        )
    if mailbox_id and (match is None or match.idle or classified.rule == _OWN):
        return Receipt(classified.class_, classified.rule, NOT_OURS, new=False)
    judged = Judged(mail, classified, reaction, match, door, mailbox_id)
    return await keep(connection, judged, raw)


async def _our_own(connection: Connection, mail: Arrival, door: str) -> bool:
    """From a mailbox of ours, or what its owner wrote under another name: Sent has that, too."""
    if await inbound.is_mailbox(connection, mail.from_address):
        return True
    kept = door == f"imap {Role.KEPT}"
    return kept and await hand_sent.known(connection, mail.natural_key)
