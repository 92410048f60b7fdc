"""A person's own mailbox on a test's Dovecot: mail is put there, and looked at, as they would."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from imap_tools import BaseMailBox, MailBoxUnencrypted

from tests.dovecot import PASSWORD, Dovecot


@dataclass(frozen=True)
class ImapBox:
    """Given the server and the user's name."""

    server: Dovecot
    user: str

    async def put(
        self, mail: bytes, folder: str = "INBOX", *, seen: bool = False, at: datetime | None = None
    ) -> None:
        """As a delivery does."""
        flags = ["\\Seen"] if seen else []
        await asyncio.to_thread(self._put, mail, folder, flags, at or datetime.now(UTC))

    def _put(self, mail: bytes, folder: str, flags: list[str], at: datetime) -> None:
        with self._open() as box:
            box.append(mail, folder, at, flags)

    async def flags(self, folder: str = "INBOX") -> list[tuple[str, ...]]:
        """Of each mail there."""
        return await asyncio.to_thread(self._flags, folder)

    def _flags(self, folder: str) -> list[tuple[str, ...]]:
        with self._open() as box:
            box.folder.set(folder, readonly=True)
            # \\Recent belongs to sessions, not to the mailbox.
            return [
                tuple(flag for flag in mail.flags if flag != "\\Recent")
                for mail in box.fetch(mark_seen=False)
            ]

    async def move_all(self, folder: str) -> None:
        """From the inbox."""
        await asyncio.to_thread(self._move_all, folder)

    def _move_all(self, folder: str) -> None:
        with self._open() as box:
            box.folder.set("INBOX")
            box.move(box.uids(), folder)

    def _open(self) -> BaseMailBox:
        box = MailBoxUnencrypted("127.0.0.1", self.server.endpoint.port, timeout=20)
        return box.login(self.user, PASSWORD, initial_folder=None)
