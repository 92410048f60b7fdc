"""Tells the owners of mailboxes by mail: who answered, and with what words."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.dispatch import MailTools
from db import owner_notices
from db.connection import Connection
from db.engine import transaction
from db.owner_notices import Due
from tenuto.domain.delivery import Sent, Unclear
from tenuto.domain.errors import InputError
from tenuto.domain.owner_notice import HEADLINES, remarks
from tenuto.inbound.pipeline import CANT_STORE
from tenuto.mail import header_field, safety, smtp
from tenuto.mail.letter import Letter
from tenuto.mail.safety import Blocked

#: Seconds between two looks; a notice is to be there within a minute.
_LOOK_EVERY = 2.0
_AT_ONCE = 10
_GIVE_UP = timedelta(days=3)
_WORDS_MAX = 20_000

log = structlog.get_logger()


async def tell_owners(engine: AsyncEngine, tools: MailTools) -> None:
    """Until it is cancelled. One that is cut off in mid-send is sent again: better twice."""
    while True:
        try:
            while await tell_some(engine, tools):
                pass
        except CANT_STORE as error:
            log.warning("owners_not_told", error=type(error).__name__)
        await asyncio.sleep(_LOOK_EVERY)


async def tell_some(engine: AsyncEngine, tools: MailTools) -> int:
    """Send what is due; how many there were."""

    async def take(connection: Connection) -> list[Due]:
        for forgotten in await owner_notices.give_up(connection, _GIVE_UP):
            log.error("owner_not_told", notice=str(forgotten))
        return await owner_notices.take(connection, _AT_ONCE)

    due = await transaction(engine, take)
    done = await asyncio.gather(*(_send(engine, tools, one) for one in due), return_exceptions=True)
    for one, error in zip(due, done, strict=True):
        if isinstance(error, BaseException):
            # The others go out; this one comes again, later and later.
            log.error("owner_notice_failed", notice=str(one.id), error=type(error).__name__)
    return len(due)


async def _send(engine: AsyncEngine, tools: MailTools, due: Due) -> None:
    way = await tools.servers.of(engine, due.mailbox_id)
    letter = written(due, datetime.now(UTC))
    route = safety.route(letter.envelope_to, tools.safe_mode, way.server)
    if isinstance(route, Blocked):
        # Safe mode is on, and nobody said where its mail goes.
        log.info("owner_notice_blocked", notice=str(due.id), kind=due.kind.value)
    else:
        letter = replace(letter, envelope_to=route.envelope_to)
        seconds = tools.time_to_send.total_seconds()
        fate = await smtp.deliver(letter, route.server, seconds, tools.connections)
        if not isinstance(fate, Sent | Unclear):
            log.warning("owner_notice_refused", notice=str(due.id), fate=type(fate).__name__)
            return

    async def done(connection: Connection) -> None:
        await owner_notices.mark_over(connection, due.id)

    await transaction(engine, done)


def written(due: Due, now: datetime) -> Letter:
    """The mail to the owner; an answer to it goes to the person."""
    who = header_field.one_line(due.from_address) or "somebody"
    mail = EmailMessage(policy=SMTP)
    about = header_field.one_line(due.subject)
    headline = HEADLINES[due.kind]
    mail["Subject"] = header_field.one_line(f"{who} {headline.partition('.')[0]}: {about}")[:200]
    mail["From"] = formataddr((header_field.one_line(due.mailbox_name), due.mailbox))
    mail["To"] = due.to
    with suppress(InputError):
        # Whatever stands in somebody's From: only what can be written to.
        mail["Reply-To"] = header_field.checked_address(due.from_address, "the sender's")
    mail["Date"] = format_datetime(now)
    message_id = f"<notice.{due.id}@{due.mailbox.rpartition('@')[2]}>"
    mail["Message-ID"] = message_id
    # No auto-responder is to answer it, ours included.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    known = {due.from_address, due.mailbox, due.to}
    noted = "".join(f"\n{remark}" for remark in remarks(due.own_words, known))
    sequence = f"Sequence: {due.sequence}\n" if due.sequence else ""
    mail.set_content(
        f"{who} {headline}{noted}\n\n{due.own_words[:_WORDS_MAX]}\n\n-- \n"
        f"{sequence}Whole mail: tenuto inbox show {due.inbound_id}\n"
    )
    return Letter(message_id, about, due.mailbox, due.to, mail.as_bytes(), keeps_message_id=True)
