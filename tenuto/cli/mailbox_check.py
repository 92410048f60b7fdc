"""`tenuto mailbox check`: what works of a mailbox's logins."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated

import typer

from db import mailbox_servers, mailboxes
from db.engine import connected
from db.mailbox_servers import MailboxServer
from starter.address import normalised
from tenuto.cli.app import DOWN
from tenuto.cli.mailboxes import mailbox
from tenuto.cli.output import show_json, show_table
from tenuto.cli.session import Session, run, session
from tenuto.domain.errors import DependencyError, TenutoError
from tenuto.mail import imap_login, smtp_login
from tenuto.mail.server import SmtpServer
from tenuto.runtime.logins import Logins


@dataclass(frozen=True)
class Checked:
    """One login, tried."""

    door: str
    server: str
    works: bool
    why_not: str | None = None
    #: Whether it isn't known, since something can't be reached.
    unknown: bool = False


@mailbox.command()
def check(
    address: Annotated[str, typer.Argument(help="The mailbox's address.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Log in to a mailbox's servers, and say what works.

    Exits with 1 when a login is refused, with 69 when a server can't be reached.
    """
    found = run(_checked(normalised(address)))
    if as_json:
        show_json(found)
    else:
        rows = ((c.door, c.server, "works" if c.works else c.why_not) for c in found)
        show_table(("door", "server", "login"), rows)
    if any(not c.works and not c.unknown for c in found):
        raise typer.Exit(1)
    if any(c.unknown for c in found):
        raise typer.Exit(DOWN)


async def _checked(address: str) -> list[Checked]:
    async with session() as opened:
        async with connected(opened.engine) as connection:
            mailbox_id = await mailboxes.get(connection, address)
            own = await mailbox_servers.of(connection, mailbox_id)
        hello = address.rpartition("@")[2]
        if own is None:
            return [await _installations(opened, hello)]
        return await _own(opened, own, hello)


async def _installations(opened: Session, hello: str) -> Checked:
    server = SmtpServer.parse(opened.settings.smtp_url.get_secret_value())
    where = f"{server.host}:{server.port} (SMTP_URL)"
    return await _tried("smtp", where, smtp_login.prove(server, hello))


async def _own(opened: Session, own: MailboxServer, hello: str) -> list[Checked]:
    async with Logins(opened.settings) as logins:
        login, imap = logins.of(own), own.servers.imap
        server = SmtpServer.at(own.servers.smtp, own.username, login)
        found = [await _tried("smtp", str(own.servers.smtp), smtp_login.prove(server, hello))]
        if imap is not None:
            proof = imap_login.prove(imap, own.username, login)
            found.append(await _tried("imap", str(imap), proof))
        return found


async def _tried(door: str, server: str, proof: Awaitable[None]) -> Checked:
    try:
        await proof
    except DependencyError as error:
        return Checked(door, server, works=False, why_not=str(error), unknown=True)
    except TenutoError as error:
        return Checked(door, server, works=False, why_not=str(error))
    return Checked(door, server, works=True)
