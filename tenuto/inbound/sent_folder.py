"""A mail in the Sent folder: a copy of ours is evidence, anything else the owner wrote by hand."""

from contextlib import suppress

from db import hand_sent
from db.connection import Connection
from db.engine import transaction
from db.hand_sent import SentCopy
from db.mailbox_servers import MailboxServer
from db.occasion import Told
from tenuto.domain.arrival import Envelope
from tenuto.domain.errors import TokenError
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tenuto.inbound.pipeline import Pipeline
from tenuto.mail import delivered, mime
from tenuto.mail.delivery_status import addresses
from tenuto.mail.headers import TOKEN_FIELD
from tenuto.mail.mime import Mail
from tenuto.mail.parse import natural_key

#: Microsoft keeps in the second what we wrote into the first.
_IDS = ("Message-ID", "X-Microsoft-Original-Message-ID")
_RECIPIENTS = ("To", "Cc", "Bcc")
_RECIPIENTS_MAX = 50


async def take_sent(
    pipeline: Pipeline, server: MailboxServer, raw: bytes, envelope: Envelope
) -> None:
    """Take one in, once.

    :raises: one of `CANT_STORE`, and then nothing has happened that isn't done again alike.
    """
    head = delivered.header(raw)
    named = dict.fromkeys(a for name in _RECIPIENTS for a in addresses(mime.field(head, name)))
    copy = SentCopy(
        natural_key=natural_key(raw, head),
        mailbox_id=server.mailbox_id,
        message_id=mime.field(head, "Message-ID") or None,
        subject=mime.field(head, "Subject"),
        recipients=list(named)[:_RECIPIENTS_MAX],
        sent_at=envelope.received_at,
    )
    ref = _token(head, pipeline.signer)

    async def confirm(connection: Connection) -> list[Told] | None:
        known = ref or await hand_sent.ours(connection, _ids(head))
        if known is None:
            return None
        own = pipeline.signer.message_id(known, server.address.rpartition("@")[2])
        return await hand_sent.confirm(connection, known, own, copy)

    told = await transaction(pipeline.engine, confirm)
    if told is None and mime.field(head, "Auto-Submitted").lower() in {"", "no"}:
        await _by_hand(pipeline, copy)
    elif told:
        await pipeline.tell(told)


async def _by_hand(pipeline: Pipeline, copy: SentCopy) -> None:
    """Person by person: each has a lock of their own."""

    async def find(connection: Connection) -> list[Told]:
        told: list[Told] = []
        # In the order of their ids, as locks are taken everywhere.
        for contact_id in await hand_sent.people(connection, copy.recipients):
            told += await hand_sent.count(connection, contact_id, copy)
        return told

    await pipeline.tell(await transaction(pipeline.engine, find))


def _ids(head: Mail) -> list[str]:
    return [value for name in _IDS if (value := mime.field(head, name))]


def _token(head: Mail, signer: TokenSigner) -> SendRef | None:
    """Whose copy it is, by its own header."""
    with suppress(TokenError):
        return signer.parse(Purpose.HEADER, mime.field(head, TOKEN_FIELD))
    for message_id in _ids(head):
        with suppress(TokenError):
            return signer.parse_message_id(message_id)
    return None
