"""Mailboxes that mail is sent from, with what their servers do to mail."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from db import facts
from db.connection import Connection
from db.facts import Mailbox
from tenuto.domain.calendar import Window
from tenuto.domain.errors import NotFoundError
from tenuto.domain.limits import Cap


@dataclass(frozen=True)
class MailboxSettings:
    """A mailbox as it is set up. The defaults are those of a server of one's own."""

    address: str
    name: str
    #: The law wants it in every commercial mail.
    postal_address: str
    cap: Cap = Cap(count=30, seconds=86_400)
    #: Lets us choose the envelope sender, so that bounces name their mail.
    verp: bool = True
    #: Leaves our Message-ID alone.
    keeps_message_id: bool = True
    #: Accepts plus-tags in Reply-To.
    reply_tag: bool = False
    #: Leaves a DKIM signature of ours valid.
    self_dkim: bool = True
    #: Keeps copies of what was sent.
    sent_folder: bool = False
    #: Who of ours writes from it: their contacts come first.
    owner: str | None = None
    #: Who is told of replies; None: the mailbox itself.
    notify: str | None = None
    pools: tuple[str, ...] = ()
    #: Seconds between two mails, at least.
    gap: int = 600
    #: First mails of an enrollment in a day; None: as many as the cap lets through.
    new_per_day: int | None = 10
    #: Whether the cap grows with the days on which it sends, as a new mailbox's must.
    ramp: bool = True
    #: An IANA name: its days, and its hours where it has some.
    zone: str = "UTC"
    #: None: always open.
    window: Window | None = None


_SAVE = text("""
    INSERT INTO mailboxes (address, name, postal_address, cap_count, cap_seconds, verp,
        keeps_message_id, reply_tag, self_dkim, sent_folder, owner, pools, gap_seconds,
        new_per_day, ramp, zone, sending_window, notify)
    VALUES (:address, :name, :postal_address, :cap_count, :cap_seconds, :verp,
        :keeps_message_id, :reply_tag, :self_dkim, :sent_folder, :owner, :pools, :gap,
        :new_per_day, :ramp, :zone, CAST(:window AS jsonb), :notify)
    ON CONFLICT (address) DO UPDATE SET name = excluded.name,
        postal_address = excluded.postal_address, cap_count = excluded.cap_count,
        cap_seconds = excluded.cap_seconds, verp = excluded.verp,
        keeps_message_id = excluded.keeps_message_id, reply_tag = excluded.reply_tag,
        self_dkim = excluded.self_dkim, sent_folder = excluded.sent_folder,
        owner = excluded.owner, pools = excluded.pools, gap_seconds = excluded.gap_seconds,
        new_per_day = excluded.new_per_day, ramp = excluded.ramp, zone = excluded.zone,
        sending_window = excluded.sending_window, notify = excluded.notify
    RETURNING id
""")
_SETTINGS = text("""
    SELECT m.*, m.sending_window::text AS window FROM mailboxes m WHERE address = :address
    FOR NO KEY UPDATE
""")
_FIND = text("SELECT id FROM mailboxes WHERE address = :address")
_ONE = text(f"SELECT {facts.MAILBOX} FROM mailboxes m WHERE id = :id")  # noqa: S608 - a constant
_ALL = text("""
    SELECT m.*, (SELECT count(*) FROM sends s WHERE s.mailbox_id = m.id
        AND s.counts_at > tenuto_now() - make_interval(secs => m.cap_seconds)) AS used,
        (SELECT string_agg(h.reason, ', ' ORDER BY h.held_from) FROM holds h
         WHERE h.scope = 'mailbox' AND h.target = m.id::text
            AND (h.held_until IS NULL OR h.held_until > tenuto_now())) AS held,
        (SELECT f.read_at FROM inbound_folders f
         WHERE f.mailbox_id = m.id AND f.folder = 'INBOX') AS read_at
    FROM mailboxes m ORDER BY address
""")


async def save(connection: Connection, mailbox: MailboxSettings) -> UUID:
    """Add a mailbox, or change the one with this address."""
    values = {
        "address": mailbox.address.strip().lower(),
        "name": mailbox.name,
        "postal_address": mailbox.postal_address,
        "cap_count": mailbox.cap.count,
        "cap_seconds": mailbox.cap.seconds,
        "verp": mailbox.verp,
        "keeps_message_id": mailbox.keeps_message_id,
        "reply_tag": mailbox.reply_tag,
        "self_dkim": mailbox.self_dkim,
        "sent_folder": mailbox.sent_folder,
        "owner": mailbox.owner,
        "notify": mailbox.notify,
        "pools": list(mailbox.pools),
        "gap": mailbox.gap,
        "new_per_day": mailbox.new_per_day,
        "ramp": mailbox.ramp,
        "zone": mailbox.zone,
        "window": mailbox.window and mailbox.window.model_dump_json(),
    }
    saved: UUID = await connection.scalar(_SAVE, values)
    return UUID(int=saved.int)


async def settings(connection: Connection, address: str) -> MailboxSettings | None:
    """How the mailbox with an address is set up, locked for a change; None when there is none."""
    row = (await connection.execute(_SETTINGS, {"address": address.strip().lower()})).first()
    if row is None:
        return None
    return MailboxSettings(
        address=row.address,
        name=row.name,
        postal_address=row.postal_address,
        cap=Cap(count=row.cap_count, seconds=row.cap_seconds),
        verp=row.verp,
        keeps_message_id=row.keeps_message_id,
        reply_tag=row.reply_tag,
        self_dkim=row.self_dkim,
        sent_folder=row.sent_folder,
        owner=row.owner,
        notify=row.notify,
        pools=tuple(row.pools),
        gap=row.gap_seconds,
        new_per_day=row.new_per_day,
        ramp=row.ramp,
        zone=row.zone,
        window=row.window and Window.model_validate_json(row.window),
    )


async def get(connection: Connection, address: str) -> UUID:
    """The id of a mailbox.

    :raises NotFoundError: with what to type to add it.
    """
    found: UUID | None = await connection.scalar(_FIND, {"address": address.strip().lower()})
    if found is None:
        msg = (
            f"no mailbox {address}; add it: "
            f"tenuto mailbox add {address} --name … --postal-address …"
        )
        raise NotFoundError(msg)
    return UUID(int=found.int)


async def one(connection: Connection, mailbox_id: UUID) -> Mailbox:
    """A mailbox as letters need it."""
    row = (await connection.execute(_ONE, {"id": mailbox_id})).one()
    return facts.mailbox(row, mailbox_id)


async def overview(connection: Connection) -> list[dict[str, Any]]:
    """Every mailbox with its settings and how much of its cap is used."""
    return [row._asdict() for row in await connection.execute(_ALL)]
