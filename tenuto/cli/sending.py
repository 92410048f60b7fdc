"""`tenuto send-test`: one mail of a sequence to oneself, before anybody else gets it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from activities.writing import Addressee, letter
from db import pools, sequences
from db.engine import connected
from db.facts import Mailbox
from db.sequences import SequenceVersion
from tenuto.cli.app import app
from tenuto.cli.session import Session, run, session
from tenuto.domain.delivery import Sent
from tenuto.domain.errors import DependencyError, InputError, NotFoundError
from tenuto.domain.ids import SendRef
from tenuto.mail import smtp
from tenuto.mail.letter import Letter
from tenuto.runtime.mailing import mail_tools, pen

#: Belongs to nobody: an unsubscribe by it is refused, a bounce of it goes to the review queue.
_NOBODY = UUID(int=0)


@app.command("send-test")
def command(
    sequence: Annotated[str, typer.Argument(help="A published sequence.")],
    step: Annotated[str, typer.Argument(help="The id of one of its email steps.")],
    to: Annotated[str, typer.Option(help="Your own address.")],
    values: Annotated[
        list[str] | None, typer.Option("--set", help="An attribute: first_name=Ann. Repeatable.")
    ] = None,
) -> None:
    """Send one mail of a sequence to yourself, by its mailbox's server, also in safe mode.

    Nothing is written; attributes that the template names and you don't set get their own name.
    """
    given = dict(_pair(value) for value in values or [])
    reply = run(_send(sequence, step, to, given))
    typer.echo(f"sent to {to}: {reply}")


def _pair(value: str) -> tuple[str, str]:
    name, equals, content = value.partition("=")
    if not equals:
        msg = f"--set {value}: write it like first_name=Ann"
        raise InputError(msg)
    return name.strip(), content


async def _send(sequence: str, step: str, to: str, given: dict[str, str]) -> str:
    async with session() as at:
        made, mailbox = await _letter(at, sequence, step, to, given)
        async with mail_tools(at.settings) as tools:
            server = (await tools.servers.of(at.engine, mailbox.id)).server
            seconds = tools.time_to_send.total_seconds()
            fate = await smtp.deliver(made, server, seconds, tools.connections)
    if not isinstance(fate, Sent):
        where = f"{server.host}:{server.port}"
        msg = (
            f"{where} did not take it: {getattr(fate, 'reply', '') or getattr(fate, 'reason', '')}"
        )
        raise DependencyError(msg)
    return fate.reply


async def _letter(
    at: Session, sequence: str, step: str, to: str, given: dict[str, str]
) -> tuple[Letter, Mailbox]:
    async with connected(at.engine) as connection:
        version = await sequences.get(connection, sequence)
        mailbox = await pools.mailbox(connection, version.bundle.rules)
    attributes = {name: f"[{name}]" for name in version.bundle.requires} | given
    ref = SendRef(_NOBODY, _index(version, step))
    made = letter(
        version.bundle,
        step,
        ref,
        Addressee(to, attributes, mailbox),
        datetime.now(UTC),
        pen(at.settings),
    )
    return replace(made, envelope_from=mailbox.address), mailbox


def _index(version: SequenceVersion, step: str) -> int:
    messages = version.bundle.messages
    if step not in messages:
        msg = f"{version.sequence_id} has no email step {step}; it has {', '.join(messages)}"
        raise NotFoundError(msg)
    return [s.id for s in version.bundle.plan.steps].index(step)
