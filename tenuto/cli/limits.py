"""`tenuto limits`: how often anybody is written to, whatever the sequences say."""

import re
from itertools import pairwise
from typing import Annotated

import typer

from db import limits as stored
from db.connection import Connection
from db.engine import connected, transaction
from tenuto.cli.app import app
from tenuto.cli.output import show_json
from tenuto.cli.session import run, session
from tenuto.domain.delay import Gap
from tenuto.domain.duration import DurationError, describe, parse_duration
from tenuto.domain.errors import InputError
from tenuto.domain.limits import Cap, Limits, too_long
from tenuto.domain.waiting import describe_gap, parse_gap

limits = typer.Typer(
    help="How often anybody is written to, over all sequences.", no_args_is_help=True
)
app.add_typer(limits, name="limits")
_CAP_HINT = "write it like 3/7d: at most three mails in seven days, or none"
_CAP = re.compile(r"([0-9]{1,6})\s*/\s*(.+)")
Caps = Annotated[list[str] | None, typer.Option(help="Such as 3/7d; again for more; or none.")]


@limits.command()
def show(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """Show the installation's limits; a sequence may only be stricter."""

    async def read() -> Limits:
        async with session() as its, connected(its.engine) as connection:
            return await stored.read(connection)

    _print(run(read()), as_json=as_json)


@limits.command(name="set")
def set_(
    *,
    gap: Annotated[
        str | None, typer.Option(help="Between two mails to a person: 2 business days, 36h, 0.")
    ] = None,
    max_: Annotated[
        list[str] | None,
        typer.Option("--max", help="To a person: 3/7d; again for more; or none."),
    ] = None,
    per_domain: Caps = None,
    per_company: Annotated[
        str | None, typer.Option(help="Between two mails to people of a company; 0 for none.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who changes them; recorded.")] = "cli",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Change the installation's limits, at once and for everybody in flight."""
    changes: dict[str, object] = {}
    if gap is not None:
        changes["gap"] = _gap("--gap", gap)
    if max_ is not None:
        changes["caps"] = _caps("--max", max_)
    if per_domain is not None:
        changes["domain_caps"] = _caps("--per-domain", per_domain)
    if per_company is not None:
        changes["company_gap"] = _gap("--per-company", per_company) or None
    if not changes:
        msg = "say what to change: --gap, --max, --per-domain or --per-company"
        raise typer.BadParameter(msg)

    async def write() -> Limits:
        async def work(connection: Connection) -> Limits:
            new = (await stored.read(connection)).model_copy(update=changes)
            await stored.write(connection, new, by)
            return new

        async with session() as its:
            return await transaction(its.engine, work)

    _print(run(write()), as_json=as_json)


def _gap(option: str, written: str) -> Gap:
    try:
        gap = parse_gap(written)
    except DurationError as error:
        raise InputError(f"{option}: {error}") from None
    _kept(option, too_long(gap, ()))
    return gap


def _caps(option: str, written: list[str]) -> tuple[Cap, ...]:
    if written == ["none"]:
        return ()
    caps = sorted((_cap(option, one) for one in written), key=lambda cap: cap.seconds)
    for cap, other in pairwise(caps):
        if cap.seconds == other.seconds:
            msg = f"{option}: two caps for {describe(cap.seconds)}; write one"
            raise InputError(msg)
    _kept(option, too_long(None, caps))
    return tuple(caps)


def _kept(option: str, wrong: str | None) -> None:
    if wrong is not None:
        raise InputError(f"{option}: {wrong}")


def _cap(option: str, written: str) -> Cap:
    match = _CAP.fullmatch(written.strip())
    if match is None:
        raise InputError(f'{option}: "{written}" is no cap; {_CAP_HINT}')
    try:
        return Cap(count=int(match[1]), seconds=parse_duration(match[2]))
    except DurationError as error:
        raise InputError(f"{option}: {error}") from None
    except ValueError:
        raise InputError(f'{option}: "{written}" lets nothing through; {_CAP_HINT}') from None


def _print(found: Limits, *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    typer.echo(f"gap          {describe_gap(found.gap)}")
    typer.echo(f"max          {_described(found.caps)}")
    typer.echo(f"per domain   {_described(found.domain_caps)}")
    company = describe_gap(found.company_gap) if found.company_gap else "none"
    typer.echo(f"per company  {company}")


def _described(caps: tuple[Cap, ...]) -> str:
    return ", ".join(f"{cap.count}/{describe(cap.seconds)}" for cap in caps) or "none"
