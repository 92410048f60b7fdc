"""Proves a mailbox's login, keeps it, and lets its mail go on."""

from dataclasses import dataclass, replace
from uuid import UUID

from db import mailbox_servers, mailboxes, switches
from db.connection import Connection
from db.engine import connected, transaction
from db.mailbox_servers import REASON, MailboxServer
from db.mailboxes import MailboxSettings
from db.occasion import Told
from tenuto.cli.session import Session
from tenuto.cli.steering import SOURCE, tell
from tenuto.domain.errors import DependencyError, InputError, NotFoundError
from tenuto.domain.holds import HoldScope
from tenuto.domain.mail_provider import HABITS, Provider, Servers
from tenuto.mail import imap_login, smtp_login
from tenuto.mail.login import Login
from tenuto.mail.secrets import Secrets, name_for
from tenuto.mail.server import SmtpServer


@dataclass(frozen=True)
class Wanted:
    """A mailbox as somebody wants it connected."""

    address: str
    provider: Provider
    servers: Servers
    #: Of a mailbox that isn't there yet, as the next one.
    name: str | None = None
    postal_address: str | None = None
    #: None: the address.
    username: str | None = None
    #: Microsoft's directory.
    tenant: str | None = None
    #: None: the mailbox is to be made.
    mailbox_id: UUID | None = None


async def readied(opened: Session, wanted: Wanted) -> Wanted:
    """With the mailbox's id, if there is one: asked before a person is sent to sign in.

    :raises InputError: when there is none, and what makes one is missing.
    """
    try:
        async with connected(opened.engine) as connection:
            return replace(wanted, mailbox_id=await mailboxes.get(connection, wanted.address))
    except NotFoundError:
        if (wanted.name or "").strip() and (wanted.postal_address or "").strip():
            return wanted
        msg = (
            f"there is no mailbox {wanted.address} yet: "
            "add --name and --postal-address, which stand in every mail"
        )
        raise InputError(msg) from None


async def keep(opened: Session, wanted: Wanted, login: Login, secret: str | None) -> None:
    """Try the login, then store it; its mailbox's mail goes on. `secret` None: it is elsewhere.

    :raises LoginError: when a server refuses it: then nothing is stored.
    :raises DependencyError: when a server can't be reached: then all is stored, untried.
    """
    untried = await _tried(wanted, login)
    name = name_for(wanted.address)
    if secret is not None:
        secrets = Secrets(opened.settings.secrets_dir)
        async with secrets.locked(name):
            await secrets.write(name, secret)
    mailbox_id = await _saved(opened, wanted, name)
    told: list[Told] = []
    async for some in switches.switch_on(
        opened.engine, HoldScope.MAILBOX, str(mailbox_id), source=SOURCE, reason=REASON
    ):
        told += some
    await tell(opened, told)
    if untried is not None:
        msg = (
            f"{wanted.address} is stored, but untried: {untried}. "
            f"Try it later: tenuto mailbox check {wanted.address}"
        )
        raise DependencyError(msg)


async def _tried(wanted: Wanted, login: Login) -> DependencyError | None:
    username = wanted.username or wanted.address
    untried = None
    try:
        server = SmtpServer.at(wanted.servers.smtp, username, login)
        await smtp_login.prove(server, wanted.address.rpartition("@")[2])
    except DependencyError as error:
        untried = error
    if wanted.servers.imap is None:
        return untried
    try:
        await imap_login.prove(wanted.servers.imap, username, login)
    except DependencyError as error:
        return untried or error
    return untried


async def _saved(opened: Session, wanted: Wanted, secret: str) -> UUID:
    async def work(connection: Connection) -> UUID:
        mailbox_id = wanted.mailbox_id
        if mailbox_id is None:
            name, postal_address = (
                (wanted.name or "").strip(),
                (wanted.postal_address or "").strip(),
            )
            made = MailboxSettings(wanted.address, name, postal_address)
            mailbox_id = await mailboxes.save(connection, made)
        server = MailboxServer(
            mailbox_id=mailbox_id,
            address=wanted.address,
            provider=wanted.provider,
            servers=wanted.servers,
            username=wanted.username or wanted.address,
            secret=secret,
            tenant=wanted.tenant,
        )
        await mailbox_servers.save(connection, server)
        if wanted.provider in HABITS:
            await mailbox_servers.adapt(connection, mailbox_id, HABITS[wanted.provider])
        return mailbox_id

    return await transaction(opened.engine, work)
