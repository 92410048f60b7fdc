"""`tenuto mailbox connect`: a mailbox gets servers of its own, by a browser or a password."""

import getpass
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from starter.address import normalised
from tenuto.cli.mailbox_saving import Wanted, keep, readied
from tenuto.cli.mailboxes import mailbox
from tenuto.cli.session import run, session
from tenuto.cli.sign_in import signed_in
from tenuto.domain.errors import InputError
from tenuto.domain.mail_provider import GOOGLE, MICROSOFT, Endpoint, Provider, Servers
from tenuto.mail.login import Given
from tenuto.mail.secrets import PREFIX, Secrets, name_for
from tenuto.runtime.logins import oauth_client
from tenuto.runtime.settings import Settings

connect = typer.Typer(help="Connect a mailbox to its own servers.", no_args_is_help=True)
mailbox.add_typer(connect, name="connect")

Address = Annotated[str, typer.Argument(help="The mailbox's address.")]
Name = Annotated[str | None, typer.Option(help="The sender's name; for a new mailbox.")]
Postal = Annotated[
    str | None, typer.Option("--postal-address", help="Stands in each mail; for a new mailbox.")
]
Browser = Annotated[bool, typer.Option(help="Open one here; else the address is only printed.")]
Smtp = Annotated[str | None, typer.Option(help="HOST:PORT; 465 is TLS, others are STARTTLS.")]
Imap = Annotated[str | None, typer.Option(help="HOST:PORT; 993 is TLS, others are STARTTLS.")]

_SMTP_PORT, _SMTP_TLS = 587, 465
_IMAP_PORT = _IMAP_TLS = 993


@connect.command()
def google(
    address: Address, *, name: Name = None, postal_address: Postal = None, browser: Browser = True
) -> None:
    """Connect a mailbox of Google Workspace or Gmail. Sign in as that mailbox."""
    wanted = Wanted(normalised(address), Provider.GOOGLE, GOOGLE, name, postal_address)
    run(_by_browser(wanted, browser=browser))


@connect.command()
def microsoft(
    address: Address,
    *,
    name: Name = None,
    postal_address: Postal = None,
    tenant: Annotated[str | None, typer.Option(help="Else TENUTO_MICROSOFT_TENANT.")] = None,
    smtp: Smtp = None,
    imap: Imap = None,
    browser: Browser = True,
) -> None:
    """Connect a mailbox of Microsoft 365. Sign in as that mailbox.

    --smtp and --imap are for Microsoft's national clouds.
    """
    servers = Servers(
        _smtp(smtp) if smtp else MICROSOFT.smtp, _imap(imap) if imap else MICROSOFT.imap
    )
    wanted = Wanted(
        normalised(address), Provider.MICROSOFT, servers, name, postal_address, tenant=tenant
    )
    run(_by_browser(wanted, browser=browser))


@connect.command(name="smtp")
def by_password(
    address: Address,
    *,
    smtp: Annotated[str, typer.Option(help="HOST:PORT; 465 is TLS, others are STARTTLS.")],
    imap: Imap = None,
    name: Name = None,
    postal_address: Postal = None,
    username: Annotated[str | None, typer.Option(help="Else the address.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="Holds the password; else it is asked for.")
    ] = None,
) -> None:
    """Connect a mailbox of any server that takes a password."""
    wanted = Wanted(
        normalised(address),
        Provider.SMTP,
        Servers(_smtp(smtp), _imap(imap) if imap else None),
        name,
        postal_address,
        username=username,
    )
    run(_by_password(wanted, password_file))


async def _by_browser(wanted: Wanted, *, browser: bool) -> None:
    async with session() as opened:
        wanted = await readied(opened, wanted)
        if wanted.provider is Provider.MICROSOFT and wanted.tenant is None:
            wanted = replace(wanted, tenant=opened.settings.microsoft_tenant)
        client = oauth_client(
            opened.settings, wanted.provider, wanted.address, wanted.servers, wanted.tenant
        )
        grant = await signed_in(client, browser=browser)
        login = Given(grant.access_token, oauth=True)
        await keep(opened, wanted, login, grant.refresh_token)
    typer.echo(f"{wanted.address}: connected to {wanted.provider.value}")


async def _by_password(wanted: Wanted, file: Path | None) -> None:
    async with session() as opened:
        wanted = await readied(opened, wanted)
        password = _password(opened.settings, wanted.address, file)
        login = Given(password.value, oauth=False)
        await keep(opened, wanted, login, password.value if password.ours else None)
    typer.echo(f"{wanted.address}: connected to {wanted.servers.smtp}")


@dataclass(frozen=True, repr=False)
class _Password:
    value: str
    #: Whether it is ours to keep; else the environment has it.
    ours: bool


def _password(settings: Settings, address: str, file: Path | None) -> _Password:
    """From the file, the environment, or the keyboard."""
    name = name_for(address)
    if file is not None:
        try:
            found = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            msg = f"--password-file {file} can't be read: {type(error).__name__}"
            raise InputError(msg) from None
    elif given := Secrets(settings.secrets_dir).from_environment(name):
        return _Password(given, ours=False)
    else:
        found = getpass.getpass(f"password of {address} (or set {PREFIX}{name}): ")
    if not found:
        raise InputError(f"the password of {address} is empty; type it, or use --password-file")
    return _Password(found, ours=True)


def _smtp(text: str) -> Endpoint:
    return Endpoint.parse(text, _SMTP_PORT, _SMTP_TLS)


def _imap(text: str) -> Endpoint:
    return Endpoint.parse(text, _IMAP_PORT, _IMAP_TLS)
