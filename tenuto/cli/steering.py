"""`tenuto pause`, `resume`, `remove` and `reschedule`: committed first, then the workflows hear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from db import contacts, happenings, switches, views
from db.connection import Connection
from db.engine import connected, transaction
from db.occasion import Told
from db.views import Listed
from starter.address import normalised
from tenuto.cli.aim import Aim, Company, Email, Everything, Mailbox, Person, Sequence_
from tenuto.cli.app import app, errors
from tenuto.cli.instants import instant
from tenuto.cli.listing import show_enrollments
from tenuto.cli.output import show_json
from tenuto.cli.session import Session, run, session
from tenuto.domain.errors import DependencyError, ForbiddenError, InputError
from tenuto.domain.holds import HoldScope
from tenuto.domain.notice import Held, Notice, Rescheduled, Signal

SOURCE = "cli"

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@dataclass(frozen=True)
class Steered:
    """What a command did."""

    scope: HoldScope
    target: str
    #: How many enrollments changed at once; a switch is met later, by each claim.
    changed: int
    #: A person's, as they stand now.
    enrollments: Sequence[Listed] = ()


@app.command()
def pause(
    email: Email = None,
    *,
    sequence: Sequence_ = None,
    mailbox: Mailbox = None,
    company: Company = None,
    everything: Everything = False,
    until: Annotated[
        str | None, typer.Option(help="ISO 8601 with an offset; without it, until resumed.")
    ] = None,
    reason: Annotated[str, typer.Option(help="What is shown wherever it holds.")] = "operator",
    json: Json = False,
) -> None:
    """Hold mail. Time under a hold uses up no wait."""
    aim = Aim(email, sequence, mailbox, company, everything)
    end = instant(until) if until else None
    if end is not None and end <= datetime.now(UTC):
        raise InputError(f"--until {until} is over; name an instant to come")
    if aim.email:
        _report(run(_steer_person(aim, Signal.HELD, Held(until=end, reason=reason))), aim, json)
        return
    said = f"{aim.name}: paused; each enrollment stops there when its next step is due."
    _report(run(_switch_off(aim, reason, end)), aim, json, said)


@app.command()
def resume(
    email: Email = None,
    *,
    sequence: Sequence_ = None,
    mailbox: Mailbox = None,
    company: Company = None,
    everything: Everything = False,
    json: Json = False,
) -> None:
    """End a hold: each enrollment goes on with the wait that it had left."""
    aim = Aim(email, sequence, mailbox, company, everything)
    if aim.email:
        _report(run(_steer_person(aim, Signal.RESUMED, Notice())), aim, json)
        return
    done = run(_switch_on(aim))
    _report(done, aim, json, f"{aim.name}: resumed; {done.changed} enrollments go on.")


@app.command()
def remove(email: Person, sequence: Sequence_ = None, json: Json = False) -> None:
    """Take a person out of one sequence, or of all. They may be enrolled again."""
    aim = Aim(email, sequence)
    _report(run(_steer_person(aim, Signal.REMOVED, Notice())), aim, json)


@app.command()
def reschedule(
    email: Person,
    sequence: Annotated[str, typer.Option(help="A sequence, by name.")],
    at: Annotated[str, typer.Option(help="ISO 8601 with an offset.")],
    json: Json = False,
) -> None:
    """Set when the current step is due. The rules are asked again when that time comes."""
    aim = Aim(email, sequence)
    due = instant(at)
    done = run(_steer_person(aim, Signal.RESCHEDULED, Rescheduled(due=due)))
    if not done.changed:
        raise ForbiddenError(f"{aim.name} is paused: `tenuto resume` comes first")
    _report(done, aim, json)


async def _steer_person(aim: Aim, signal: Signal, notice: Notice) -> Steered:
    email = normalised(aim.email or "")

    async def work(connection: Connection) -> list[Told]:
        if aim.sequence:
            meant = await views.live_enrollment(connection, email, aim.sequence)
            return await happenings.record(connection, meant, signal, notice, source=SOURCE)
        contact = await contacts.get(connection, email)
        return await happenings.record_for_person(
            connection, contact, signal, notice, source=SOURCE
        )

    async with session() as opened:
        told = await transaction(opened.engine, work)
        async with connected(opened.engine) as connection:
            contact = await contacts.get(connection, email)
            theirs = await views.of_contact(connection, contact)
        await tell(opened, told)
    changed = {one.enrollment_id for one in told}
    standing = [one for one in theirs if one.status.live or one.enrollment_id in changed]
    return Steered(aim.scope, aim.name, len(changed), standing)


async def _switch_off(aim: Aim, reason: str, until: datetime | None) -> Steered:
    async with session() as opened:
        async with connected(opened.engine) as connection:
            target = await aim.target(connection)
        await switches.switch_off(
            opened.engine, aim.scope, target, reason=reason, until=until, source=SOURCE
        )
    return Steered(aim.scope, aim.name, 0)


async def _switch_on(aim: Aim) -> Steered:
    told: list[Told] = []
    async with session() as opened:
        async with connected(opened.engine) as connection:
            target = await aim.target(connection)
        async for some in switches.switch_on(opened.engine, aim.scope, target, source=SOURCE):
            told += some
        await tell(opened, told)
    return Steered(aim.scope, aim.name, len(told))


async def tell(opened: Session, told: Sequence[Told]) -> None:
    """Tell the workflows; without Temporal, the reconciler does it later."""
    if not told:
        return
    try:
        await (await opened.steering()).tell(told)
    except DependencyError as error:
        errors.print(
            f"{error}. It is committed all the same: the reconciler tells them.", markup=False
        )


def _report(done: Steered, aim: Aim, json: bool, said: str = "") -> None:
    if json:
        show_json(done)
    elif aim.email is None:
        typer.echo(said)
    elif not done.changed:
        typer.echo(f"{aim.name}: nothing changed. `tenuto show {aim.email}` tells why.")
    if not json and done.enrollments:
        show_enrollments(done.enrollments)
