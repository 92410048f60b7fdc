"""`tenuto inbox`: mail that somebody must look at."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from db import contacts, reviews, views
from db.connection import Connection
from db.engine import connected, transaction
from db.occasion import Told
from db.reviews import Meaning, Review
from starter.address import normalised
from tenuto.cli.app import app
from tenuto.cli.instants import clock
from tenuto.cli.output import printable, show_json, show_table
from tenuto.cli.session import run, session
from tenuto.cli.steering import SOURCE, tell
from tenuto.domain.errors import InputError
from tenuto.domain.notice import (
    Bounced,
    Notice,
    OutOfOffice,
    Removed,
    Signal,
    Unsubscribed,
)
from tenuto.domain.owner_notice import remarks

inbox = typer.Typer(
    name="inbox",
    help="Mail that no rule could judge: whom it is about, or what it means.",
    no_args_is_help=True,
)
app.add_typer(inbox)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Mail = Annotated[UUID, typer.Argument(help="As `tenuto inbox list` shows it.")]
_WORDS = 60
_DAYS_MAX = 400


class Means(StrEnum):
    """What a mail says of the person."""

    REPLY = "reply"
    OUT_OF_OFFICE = "out_of_office"
    UNSUBSCRIBE = "unsubscribe"
    COMPLAINT = "complaint"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    LEFT_COMPANY = "left_company"


_SIGNALS: dict[Means, tuple[Signal, Notice]] = {
    Means.REPLY: (Signal.REPLY_RECEIVED, Notice()),
    Means.OUT_OF_OFFICE: (Signal.OUT_OF_OFFICE, OutOfOffice()),
    Means.UNSUBSCRIBE: (Signal.UNSUBSCRIBED, Unsubscribed(by="reply")),
    Means.COMPLAINT: (Signal.COMPLAINED, Notice()),
    Means.HARD_BOUNCE: (Signal.BOUNCED, Bounced(kind="hard")),
    Means.SOFT_BOUNCE: (Signal.BOUNCED, Bounced(kind="soft")),
    Means.LEFT_COMPANY: (Signal.REMOVED, Removed(reason="left_company")),
}


@inbox.command("list")
def list_(
    *,
    decided: Annotated[bool, typer.Option("--all", help="Those that are decided, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """List what waits for a decision, the newest first."""
    found = run(_listed(limit, decided=decided))
    if json:
        show_json(found)
    elif found:
        columns = ("mail", "came (UTC)", "from", "subject", "looks like", "about", "decided")
        show_table(columns, (_cells(one) for one in found))
    else:
        typer.echo("Nothing waits for a decision.")


async def _listed(limit: int, *, decided: bool) -> list[Review]:
    async with session() as its, connected(its.engine) as connection:
        return await reviews.listed(connection, limit, decided=decided)


def _cells(one: Review) -> Sequence[str]:
    about = one.email or "nobody we know"
    subject = one.subject[:_WORDS]
    decided = one.decision or ""
    return (str(one.id), clock(one.received_at), one.from_address, subject, one.class_, about,
            decided)  # fmt: skip


@inbox.command()
def show(
    mail: Mail,
    *,
    raw: Annotated[bool, typer.Option("--raw", help="The mail as it came, byte by byte.")] = False,
    json: Json = False,
) -> None:
    """Show a mail: what it says, what the rules made of it, and whom it may be about."""
    whole = run(_whole(mail))
    if raw:
        typer.echo(whole.raw, nl=False)
    elif json:
        show_json(whole.review)
    else:
        for line in _lines(whole.review):
            typer.echo(printable(line))


async def _whole(mail: UUID) -> reviews.Whole:
    async with session() as its, connected(its.engine) as connection:
        return await reviews.get(connection, mail)


def _lines(one: Review) -> list[str]:
    matched = f"{one.email} (by {one.matched_by})" if one.email else "nobody we know"
    decided = f"{one.decision} by {one.decided_by}" if one.decision else "not yet"
    return [
        f"From:        {one.from_address}",
        f"Subject:     {one.subject}",
        f"Came:        {clock(one.received_at)} UTC by {one.door}",
        f"Looks like:  {one.class_} ({one.rule})",
        f"About:       {matched}{f', {one.sequence}' if one.sequence else ''}",
        f"Decided:     {decided}",
        *remarks(one.own_words, {one.from_address, one.email or ""}),
        "",
        one.own_words,
    ]


@inbox.command()
def assign(
    mail: Mail,
    *,
    to: Annotated[
        str | None, typer.Option(help="Whose it is, by address; without it, as it was matched.")
    ] = None,
    as_: Annotated[Means, typer.Option("--as", help="What it says.")] = Means.REPLY,
    sequence: Annotated[
        str | None, typer.Option(help="Only this sequence; without it, all of the person's.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="The day of the return, for out_of_office.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who decides; recorded.")] = SOURCE,
    json: Json = False,
) -> None:
    """Say whom a mail is about and what it means: all follows as if a rule had known."""
    signal, notice = _SIGNALS[as_]
    if until is not None:
        notice = OutOfOffice(until=_return(as_, until))
    told = run(_assigned(mail, to, sequence, as_, signal, notice, by))
    _report(mail, as_.value, told, json=json)


def _return(means: Means, day: datetime) -> datetime:
    if means is not Means.OUT_OF_OFFICE:
        raise InputError("--until goes with --as out_of_office only")
    day = day.replace(tzinfo=UTC)
    if not datetime.now(UTC) < day < datetime.now(UTC) + timedelta(days=_DAYS_MAX):
        raise InputError(f"--until {day:%Y-%m-%d} isn't within the next {_DAYS_MAX} days")
    return day


async def _assigned(
    mail: UUID,
    to: str | None,
    sequence: str | None,
    means: Means,
    signal: Signal,
    notice: Notice,
    by: str,
) -> list[Told]:
    async def work(connection: Connection) -> list[Told]:
        review = (await reviews.get(connection, mail)).review
        email = normalised(to) if to else review.email
        if email is None:
            msg = f"{mail} was matched to nobody: say whose it is with --to ADDRESS"
            raise InputError(msg)
        contact = await contacts.get(connection, email)
        enrollment = None if to else review.enrollment_id
        if sequence:
            enrollment = await views.live_enrollment(connection, email, sequence)
        if signal is Signal.BOUNCED and enrollment is None:
            msg = f"say by --sequence which mail to {email} came back: the address is that one's"
            raise InputError(msg)
        meaning = Meaning(contact, enrollment, signal, notice)
        return await reviews.decide(connection, mail, means.value, by, meaning)

    async with session() as its:
        told = await transaction(its.engine, work)
        await tell(its, told)
        return told


@inbox.command()
def dismiss(
    mail: Mail,
    *,
    by: Annotated[str, typer.Option(help="Who decides; recorded.")] = SOURCE,
    json: Json = False,
) -> None:
    """Say that nothing follows from a mail: whoever was held for it goes on."""
    told = run(_dismissed(mail, by))
    _report(mail, "dismissed", told, json=json)


async def _dismissed(mail: UUID, by: str) -> list[Told]:
    async def work(connection: Connection) -> list[Told]:
        return await reviews.decide(connection, mail, "dismissed", by, None)

    async with session() as its:
        told = await transaction(its.engine, work)
        await tell(its, told)
        return told


def _report(mail: UUID, decision: str, told: Sequence[Told], *, json: bool) -> None:
    changed = len({one.enrollment_id for one in told})
    if json:
        show_json({"mail": mail, "decision": decision, "changed": changed})
    else:
        typer.echo(f"{mail}: {decision}; {changed} enrollments changed")
