"""The servers of mailboxes that don't use the installation's, and the names of their secrets."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from db import holds
from db.connection import Connection, Row
from tenuto.domain.holds import HoldScope
from tenuto.domain.mail_provider import Endpoint, Habits, Provider, Servers

#: Of the hold on a mailbox whose login is refused.
REASON = "login refused"


@dataclass(frozen=True)
class MailboxServer:
    """Where one mailbox's mail leaves and comes in, and as whom one logs in there."""

    mailbox_id: UUID
    #: The mailbox's.
    address: str
    provider: Provider
    servers: Servers
    username: str
    #: The name of the secret, as `tenuto.mail.secrets` knows it.
    secret: str
    #: Microsoft's directory; None elsewhere.
    tenant: str | None = None
    #: When it was saved; which login a refusal is about.
    connected_at: datetime | None = None


_SAVE = text("""
    INSERT INTO mailbox_servers (mailbox_id, provider, smtp_host, smtp_port, smtp_tls, imap_host,
        imap_port, imap_tls, username, secret, tenant)
    VALUES (:mailbox_id, CAST(:provider AS mail_provider), :smtp_host, :smtp_port, :smtp_tls,
        :imap_host, :imap_port, :imap_tls, :username, :secret, :tenant)
    ON CONFLICT (mailbox_id) DO UPDATE SET provider = excluded.provider,
        smtp_host = excluded.smtp_host, smtp_port = excluded.smtp_port,
        smtp_tls = excluded.smtp_tls, imap_host = excluded.imap_host,
        imap_port = excluded.imap_port, imap_tls = excluded.imap_tls,
        username = excluded.username, secret = excluded.secret, tenant = excluded.tenant,
        connected_at = excluded.connected_at
""")
_ALL = "SELECT s.*, m.address FROM mailbox_servers s JOIN mailboxes m ON m.id = s.mailbox_id"
_ONE = text(f"{_ALL} WHERE s.mailbox_id = :id")
_EVERY = text(f"{_ALL} ORDER BY m.address")
_LOCK = text("SELECT connected_at FROM mailbox_servers WHERE mailbox_id = :id FOR UPDATE")
_HEARD = text("""
    UPDATE holds SET held_until = greatest(held_from, tenuto_now())
    WHERE scope = 'mailbox' AND target = CAST(CAST(:id AS uuid) AS text) AND reason = :reason
        AND source = :source AND held_until IS NULL
""")
#: Another account's UIDs are other mails.
_FORGET = text("""
    DELETE FROM inbound_folders WHERE mailbox_id = :mailbox_id AND NOT EXISTS (
        SELECT FROM mailbox_servers WHERE mailbox_id = :mailbox_id
            AND (imap_host, username) IS NOT DISTINCT FROM
                (CAST(:imap_host AS text), CAST(:username AS text)))
""")
_ADAPT = text("""
    UPDATE mailboxes SET verp = :verp, keeps_message_id = :keeps_message_id,
        self_dkim = :self_dkim, sent_folder = :sent_folder
    WHERE id = :id
""")
_UNTROUBLE = text("UPDATE mailboxes SET trouble_at = NULL, trouble = NULL WHERE id = :id")


async def save(connection: Connection, server: MailboxServer) -> None:
    """Give a mailbox a server, or another one; its earlier troubles are forgotten."""
    smtp, imap = server.servers.smtp, server.servers.imap
    values = {
        "mailbox_id": server.mailbox_id,
        "provider": server.provider.value,
        "smtp_host": smtp.host,
        "smtp_port": smtp.port,
        "smtp_tls": smtp.tls,
        "imap_host": imap.host if imap else None,
        "imap_port": imap.port if imap else None,
        "imap_tls": imap.tls if imap else None,
        "username": server.username,
        "secret": server.secret,
        "tenant": server.tenant,
    }
    await connection.execute(_FORGET, values)
    await connection.execute(_SAVE, values)
    await connection.execute(_UNTROUBLE, {"id": server.mailbox_id})


async def of(connection: Connection, mailbox_id: UUID) -> MailboxServer | None:
    """A mailbox's server; None when it uses the installation's."""
    row = (await connection.execute(_ONE, {"id": mailbox_id})).first()
    return None if row is None else _server(row)


async def every(connection: Connection) -> list[MailboxServer]:
    """Every server, in the order of their mailboxes' addresses."""
    return [_server(row) for row in await connection.execute(_EVERY)]


async def adapt(connection: Connection, mailbox_id: UUID, habits: Habits) -> None:
    """Write letters as the mailbox's provider leaves them."""
    values = {
        "id": mailbox_id,
        "verp": habits.verp,
        "keeps_message_id": habits.keeps_message_id,
        "self_dkim": habits.self_dkim,
        "sent_folder": habits.sent_folder,
    }
    await connection.execute(_ADAPT, values)


async def hold_refused(
    connection: Connection, server: MailboxServer, source: str = "dispatch"
) -> bool:
    """Keep back a mailbox's mail until it is connected again.

    False, and nothing is held, where it was connected again already: what was refused then was
    the login before.
    """
    connected_at = await connection.scalar(_LOCK, {"id": server.mailbox_id})
    if connected_at != server.connected_at:
        return False
    await holds.place(
        connection,
        HoldScope.MAILBOX,
        str(server.mailbox_id),
        reason=REASON,
        until=None,
        source=source,
    )
    return True


async def heard_again(connection: Connection, server: MailboxServer, source: str) -> None:
    """A login that `source` had found refused works: what it held goes on."""
    await connection.execute(_HEARD, {"id": server.mailbox_id, "reason": REASON, "source": source})


def _server(row: Row) -> MailboxServer:
    imap = None if row.imap_host is None else Endpoint(row.imap_host, row.imap_port, row.imap_tls)
    return MailboxServer(
        mailbox_id=UUID(int=row.mailbox_id.int),
        address=row.address,
        provider=Provider(row.provider),
        servers=Servers(Endpoint(row.smtp_host, row.smtp_port, row.smtp_tls), imap),
        username=row.username,
        secret=row.secret,
        tenant=row.tenant,
        connected_at=row.connected_at,
    )
