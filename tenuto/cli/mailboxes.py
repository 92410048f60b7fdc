"""`tenuto mailbox add`, `mailbox list`: who mail is sent from."""

from typing import Annotated

import typer

from db import mailboxes
from db.connection import Connection
from db.engine import connected, transaction
from starter.address import normalised
from starter.sequence_rules import POOL
from starter.sequence_window import option_window
from starter.zones import zone_name
from tenuto.cli.app import app
from tenuto.cli.output import show_json, show_table
from tenuto.cli.session import run, session
from tenuto.domain.duration import DurationError, parse_duration
from tenuto.domain.errors import InputError
from tenuto.domain.limits import Cap

mailbox = typer.Typer(help="Mailboxes that mail is sent from.", no_args_is_help=True)
app.add_typer(mailbox, name="mailbox")


@mailbox.command()
def add(
    address: Annotated[str, typer.Argument(help="Its address.")],
    *,
    name: Annotated[str, typer.Option(help="The sender's name.")],
    postal_address: Annotated[str, typer.Option(help="The law wants one in commercial mail.")],
    cap: Annotated[int, typer.Option(min=1, help="At most so many mails …")] = 30,
    cap_seconds: Annotated[int, typer.Option(min=1, help="… in so many seconds.")] = 86_400,
    verp: Annotated[bool, typer.Option(help="Lets us choose the envelope sender.")] = True,
    keeps_message_id: Annotated[bool, typer.Option(help="Leaves our Message-ID alone.")] = True,
    reply_tag: Annotated[bool, typer.Option(help="Takes plus-tags in Reply-To.")] = False,
    self_dkim: Annotated[bool, typer.Option(help="Leaves our DKIM signature valid.")] = True,
    sent_folder: Annotated[bool, typer.Option(help="Keeps copies of sent mail.")] = False,
    owner: Annotated[
        str | None, typer.Option(help="Who writes from it: their contacts come first.")
    ] = None,
    pool: Annotated[
        list[str] | None, typer.Option(help="A pool that it is in; again for more.")
    ] = None,
    gap: Annotated[str, typer.Option(help="Between two mails, at least.")] = "10m",
    new_per_day: Annotated[
        int, typer.Option(min=0, help="First mails in a day; 0: as many as the cap lets through.")
    ] = 10,
    ramp: Annotated[bool, typer.Option(help="Begin with 5 a day, and grow.")] = True,
    zone: Annotated[str, typer.Option(help="Its days and hours: an IANA name.")] = "UTC",
    days: Annotated[
        str | None, typer.Option(help="Only on these: business, all, or mon,tue,wed.")
    ] = None,
    hours: Annotated[
        str | None, typer.Option(help="Only in these: 09:00-11:30,13:30-16:30.")
    ] = None,
) -> None:
    """Add a mailbox, or change the one with this address."""
    if not name.strip() or not postal_address.strip():
        msg = "--name and --postal-address can't be blank: they stand in every mail"
        raise InputError(msg)
    settings = mailboxes.MailboxSettings(
        address=normalised(address),
        name=name.strip(),
        postal_address=postal_address.strip(),
        cap=Cap(count=cap, seconds=cap_seconds),
        verp=verp,
        keeps_message_id=keeps_message_id,
        reply_tag=reply_tag,
        self_dkim=self_dkim,
        sent_folder=sent_folder,
        owner=owner,
        pools=tuple(_pool(name) for name in pool or ()),
        gap=_seconds("--gap", gap),
        new_per_day=new_per_day or None,
        ramp=ramp,
        zone=zone_name(zone),
        window=option_window(days, hours),
    )

    async def save() -> None:
        async def work(connection: Connection) -> None:
            await mailboxes.save(connection, settings)

        async with session() as its:
            await transaction(its.engine, work)

    run(save())
    typer.echo(f"{settings.address}: saved, at most {cap} mails in {cap_seconds} s")


def _pool(name: str) -> str:
    if not POOL.fullmatch(name):
        msg = f'--pool: "{name}" can\'t name a pool; write lower-case letters, digits, - and _'
        raise InputError(msg)
    return name


def _seconds(option: str, written: str) -> int:
    try:
        return parse_duration(written)
    except DurationError as error:
        raise InputError(f"{option}: {error}") from None


@mailbox.command(name="list")
def list_(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """List the mailboxes with how much of their caps is used."""

    async def overview() -> list[dict[str, object]]:
        async with session() as its, connected(its.engine) as connection:
            return await mailboxes.overview(connection)

    found = run(overview())
    if as_json:
        show_json(found)
        return
    columns = ("address", "name", "used", "cap_count", "cap_seconds", "trouble")
    show_table(columns, ([_cell(one[column]) for column in columns] for one in found))


def _cell(value: object) -> str:
    return "" if value is None else str(value)
