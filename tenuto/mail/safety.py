"""Safe mode: until it is switched off, no mail reaches a stranger."""

from dataclasses import dataclass

from tenuto.mail.header_field import checked_address
from tenuto.mail.server import SmtpServer


@dataclass(frozen=True)
class SafeMode:
    """What may leave. On until somebody switches it off."""

    on: bool = True
    #: The one address that all mail goes to instead.
    redirect_all: str | None = None
    #: Addresses and domains that mail may really go to.
    allow: frozenset[str] = frozenset()
    #: Takes and shows what mustn't leave.
    catcher: SmtpServer | None = None

    def __post_init__(self) -> None:
        if self.redirect_all is not None:
            checked_address(self.redirect_all, "the redirect")


@dataclass(frozen=True)
class Route:
    """Where a letter goes, and to which address."""

    server: SmtpServer
    envelope_to: str


@dataclass(frozen=True)
class Blocked:
    """The letter mustn't go anywhere."""

    reason: str


def route(recipient: str, mode: SafeMode, real: SmtpServer) -> Route | Blocked:
    """Where a letter to the recipient goes under this mode."""
    if not mode.on:
        return Route(real, recipient)
    if mode.redirect_all is not None:
        return Route(real, mode.redirect_all)
    if _allows(mode.allow, recipient):
        return Route(real, recipient)
    if mode.catcher is not None:
        return Route(mode.catcher, recipient)
    return Blocked("safe mode is on, the recipient isn't on its allow-list, there is no catcher")


def _allows(allow: frozenset[str], recipient: str) -> bool:
    address = recipient.casefold()
    allowed = {entry.casefold().removeprefix("@") for entry in allow}
    return not allowed.isdisjoint({address, address.rpartition("@")[2]})
