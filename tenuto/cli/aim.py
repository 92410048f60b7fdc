"""What a steering command means: a person, one of their enrollments, or all under a switch."""

from dataclasses import dataclass
from typing import Annotated

import typer

from db import mailboxes, sequences, views
from db.connection import Connection
from tenuto.domain.holds import HoldScope

Email = Annotated[str | None, typer.Argument(help="A person, by address.", show_default=False)]
Person = Annotated[str, typer.Argument(help="A person, by address.")]
Sequence_ = Annotated[str | None, typer.Option("--sequence", help="A sequence, by name.")]
Mailbox = Annotated[str | None, typer.Option(help="A mailbox of ours, by address.")]
Company = Annotated[str | None, typer.Option(help="A company, by its domain.")]
Everything = Annotated[bool, typer.Option("--everything", help="Whatever would be sent.")]


@dataclass(frozen=True)
class Aim:
    """What is meant: exactly one thing, or a person's one enrollment."""

    email: str | None
    sequence: str | None
    mailbox: str | None = None
    company: str | None = None
    everything: bool = False

    def __post_init__(self) -> None:
        wide = [self.mailbox, self.company, self.everything or None]
        chosen = [self.email or self.sequence, *wide]
        if sum(part is not None for part in chosen) != 1:
            raise typer.BadParameter(
                "name one: EMAIL (with --sequence for one of their enrollments), --sequence, "
                "--mailbox, --company or --everything"
            )

    @property
    def scope(self) -> HoldScope:
        if self.email:
            return HoldScope.ENROLLMENT if self.sequence else HoldScope.CONTACT
        if self.sequence:
            return HoldScope.SEQUENCE
        if self.mailbox:
            return HoldScope.MAILBOX
        return HoldScope.COMPANY if self.company else HoldScope.EVERYTHING

    @property
    def name(self) -> str:
        named = self.email or self.sequence or self.mailbox or self.company or "everything"
        return f"{named} in {self.sequence}" if self.email and self.sequence else named

    async def target(self, connection: Connection) -> str:
        """What `holds.target` says for a switch."""
        if self.sequence:
            return (await sequences.get(connection, self.sequence)).sequence_id
        if self.mailbox:
            return str(await mailboxes.get(connection, self.mailbox))
        if self.company:
            return str(await views.company(connection, self.company))
        return ""
