"""Folders of a mailbox that are read, and how far."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a folder is for."""

    #: Its name is the same everywhere (RFC 9051 section 5.1).
    INBOX = "inbox"
    SPAM = "spam"
    SENT = "sent"
    #: Where a rule or its owner puts what was in the inbox a moment ago.
    KEPT = "kept"


@dataclass(frozen=True)
class Folder:
    """One that is read."""

    name: str
    role: Role


INBOX = Folder("INBOX", Role.INBOX)
_ORDER = (Role.SENT, Role.INBOX, Role.SPAM, Role.KEPT)


@dataclass(frozen=True, order=True)
class Mark:
    """How far a folder is read: a UID means something only with the folder's UIDVALIDITY."""

    uid_validity: int
    last_uid: int


#: What servers say that a folder is for (RFC 6154), and what it is called where they don't.
_USES = {
    "\\junk": Role.SPAM,
    "\\sent": Role.SENT,
    "\\all": Role.KEPT,
    "\\archive": Role.KEPT,
    "\\trash": Role.KEPT,
}
_NAMES = {
    "spam": Role.SPAM,
    "junk": Role.SPAM,
    "junk email": Role.SPAM,
    "junk e-mail": Role.SPAM,
    "bulk mail": Role.SPAM,
    "sent": Role.SENT,
    "sent items": Role.SENT,
    "sent mail": Role.SENT,
    "sent messages": Role.SENT,
    "archive": Role.KEPT,
    "trash": Role.KEPT,
    "deleted items": Role.KEPT,
}
_CANT_BE_READ = {"\\noselect", "\\nonexistent"}


def read_folders(listed: Iterable[tuple[str, str, Iterable[str]]]) -> list[Folder]:
    """Those of a server's (name, delimiter, flags) that are read, in that order.

    A folder called as a known one counts only where no other says that it is for that.
    """
    open_ = [
        (name, delimiter, flags)
        for name, delimiter, raw in listed
        if not (flags := {flag.lower() for flag in raw}) & _CANT_BE_READ
    ]
    said = {name: role for name, _, flags in open_ for use, role in _USES.items() if use in flags}
    found = [INBOX, *(Folder(name, role) for name, role in said.items())]
    for name, delimiter, _ in open_:
        last = name.rpartition(delimiter)[2] if delimiter else name
        role = _NAMES.get(last.lower())
        if role and name not in said and (role is Role.KEPT or role not in said.values()):
            found.append(Folder(name, role))
    # Sent first: it tells the names by which answers to Microsoft's mails are known.
    return sorted(found, key=lambda folder: _ORDER.index(folder.role))
