"""`tenuto mailbox add`, `mailbox list`: who mail is sent from."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from db import mailboxes
from db.connection import Connection
from db.engine import connected, transaction
from db.mailboxes import MailboxSettings
from starter.address import normalised
from starter.sequence_rules import POOL
from starter.sequence_window import option_window
from starter.zones import zone_name
from tenuto.cli.app import app
from tenuto.cli.instants import clock
from tenuto.cli.output import show_json, show_table
from tenuto.cli.session import run, session
from tenuto.domain.calendar import Window
from tenuto.domain.duration import DurationError, describe, parse_duration
from tenuto.domain.errors import InputError
from tenuto.domain.limits import Cap

#: Caps look back no further; more mails than that no mailbox sends.
_DAY = 86_400
_MONTH, _MOST = 30 * _DAY, 1_000_000
mailbox = typer.Typer(help="Mailboxes that mail is sent from.", no_args_is_help=True)
app.add_typer(mailbox, name="mailbox")


@mailbox.command()
def add(
    address: Annotated[str, typer.Argument(help="Its address.")],
    *,
    name: Annotated[str, typer.Option(help="The sender's name.")],
    postal_address: Annotated[str, typer.Option(help="The law wants one in commercial mail.")],
    cap: Annotated[
        int | None, typer.Option(min=1, max=_MOST, help="At most so many mails (30) …")
    ] = None,
    cap_seconds: Annotated[
        int | None, typer.Option(min=1, max=_MONTH, help="… in so many seconds (86400).")
    ] = None,
    verp: Annotated[
        bool | None, typer.Option("--verp/--no-verp", help="Lets us choose the envelope sender.")
    ] = None,
    keeps_message_id: Annotated[
        bool | None,
        typer.Option(
            "--keeps-message-id/--no-keeps-message-id", help="Leaves our Message-ID alone."
        ),
    ] = None,
    reply_tag: Annotated[
        bool | None, typer.Option("--reply-tag/--no-reply-tag", help="Takes tags in Reply-To.")
    ] = None,
    self_dkim: Annotated[
        bool | None,
        typer.Option("--self-dkim/--no-self-dkim", help="Leaves our DKIM signature valid."),
    ] = None,
    sent_folder: Annotated[
        bool | None, typer.Option("--sent-folder/--no-sent-folder", help="Keeps sent mail.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(help="Who writes from it: their contacts come first; '' for none.")
    ] = None,
    notify: Annotated[
        str | None,
        typer.Option(help="An address that is told of replies; '' for the mailbox itself."),
    ] = None,
    pool: Annotated[
        list[str] | None, typer.Option(help="A pool that it is in; again for more; '' for none.")
    ] = None,
    gap: Annotated[str | None, typer.Option(help="Between two mails, at least (10m).")] = None,
    new_per_day: Annotated[
        int | None,
        typer.Option(
            min=0, max=_MOST, help="First mails in a day (10); 0: as many as the cap lets through."
        ),
    ] = None,
    ramp: Annotated[
        bool | None, typer.Option("--ramp/--no-ramp", help="Begin with 5 a day, and grow.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Its days and hours: an IANA name (UTC).")
    ] = None,
    days: Annotated[
        str | None, typer.Option(help="Only on these: business, all, or mon,tue,wed.")
    ] = None,
    hours: Annotated[
        str | None, typer.Option(help="Only in these: 09:00-11:30,13:30-16:30.")
    ] = None,
) -> None:
    """Add a mailbox, or change what is said of the one with this address."""
    if not name.strip() or not postal_address.strip():
        msg = "--name and --postal-address can't be blank: they stand in every mail"
        raise InputError(msg)
    if not name.isprintable():
        msg = "--name stands in the From of every mail: write it in one line"
        raise InputError(msg)
    said: dict[str, Any] = {
        "name": name.strip(),
        "postal_address": postal_address.strip(),
        "verp": verp,
        "keeps_message_id": keeps_message_id,
        "reply_tag": reply_tag,
        "self_dkim": self_dkim,
        "sent_folder": sent_folder,
        "gap": None if gap is None else _gap(gap),
        "ramp": ramp,
        "zone": None if zone is None else zone_name(zone),
    }
    changes = {key: value for key, value in said.items() if value is not None}
    # What can be taken away again has a word for it.
    if owner is not None:
        changes["owner"] = owner.strip() or None
    if notify is not None:
        changes["notify"] = normalised(notify) if notify.strip() else None
    if pool is not None:
        changes["pools"] = tuple(_pool(one) for one in pool if one)
    if new_per_day is not None:
        changes["new_per_day"] = new_per_day or None

    where, window = normalised(address), option_window(days, hours)

    async def save() -> MailboxSettings:
        async def work(connection: Connection) -> MailboxSettings:
            known = await mailboxes.settings(connection, where)
            new = known or MailboxSettings(where, "", "")
            capped = Cap(count=cap or new.cap.count, seconds=cap_seconds or new.cap.seconds)
            new = _ramped(replace(new, cap=capped, **changes), ramp)
            if window is not None:
                new = replace(new, window=_merged(window, new.window, days, hours))
            await mailboxes.save(connection, new)
            return new

        async with session() as its:
            return await transaction(its.engine, work)

    saved = run(save())
    often = f"at most {saved.cap.count} mails in {describe(saved.cap.seconds)}"
    pools = f", in {', '.join(saved.pools)}" if saved.pools else ""
    typer.echo(f"{saved.address}: saved, {often}{pools}")


def _merged(said: Window, known: Window | None, days: str | None, hours: str | None) -> Window:
    """The window as it is said; what isn't said of it stays."""
    if known is None:
        return said
    return Window(
        days=said.days if days is not None else known.days,
        hours=said.hours if hours is not None else known.hours,
    )


def _ramped(new: MailboxSettings, ramp: bool | None) -> MailboxSettings:
    """A ramp counts the mails of a day: a cap of any other span has none."""
    if new.cap.seconds == _DAY:
        return new
    if ramp:
        msg = "--ramp grows the cap of a day; leave --cap-seconds out, or write --no-ramp"
        raise InputError(msg)
    return replace(new, ramp=False)


def _pool(name: str) -> str:
    if not POOL.fullmatch(name):
        msg = f'--pool: "{name}" can\'t name a pool; write lower-case letters, digits, - and _'
        raise InputError(msg)
    return name


def _gap(written: str) -> int:
    try:
        seconds = parse_duration(written)
    except DurationError as error:
        raise InputError(f"--gap: {error}") from None
    if seconds > _MONTH:
        msg = f'--gap: "{written}" is too long; write at most {describe(_MONTH)}'
        raise InputError(msg)
    return seconds


@mailbox.command(name="list")
def list_(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """List the mailboxes with how much of their caps is used."""

    async def overview() -> list[dict[str, Any]]:
        async with session() as its, connected(its.engine) as connection:
            return await mailboxes.overview(connection)

    found = run(overview())
    if as_json:
        show_json(found)
        return
    columns = ("address", "name", "owner", "pools", "used", "gap", "new a day", "ramp")
    show_table((*columns, "answers read", "trouble"), map(_columns, found))


def _columns(one: dict[str, Any]) -> list[str]:
    ramp = f"day {one['sending_days']}" if one["ramp"] else "over"
    held = f"held: {one['held']}" if one["held"] else ""
    return [
        one["address"],
        one["name"],
        one["owner"] or "",
        ", ".join(one["pools"]),
        f"{one['used']} of {one['cap_count']} in {describe(one['cap_seconds'])}",
        describe(one["gap_seconds"]),
        str(one["new_per_day"] or "any"),
        ramp,
        clock(one["read_at"]) if one["read_at"] else "",
        "; ".join(filter(None, (held, one["trouble"]))),
    ]
