"""Reads the folders of an IMAP mailbox without a trace. It blocks: it works in a thread.

Nothing is marked as seen, moved or deleted: folders are only examined, and bodies peeked at.
"""

import imaplib
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BufferedReader
from typing import cast

from imap_tools import AND, BaseMailBox
from imap_tools.errors import UnexpectedCommandStatusError

from tenuto.domain.mail_folder import INBOX, Folder, Mark, read_folders

#: What a server that hangs up, or answers what it shouldn't, raises here.
FAILURES = (OSError, imaplib.IMAP4.error, UnexpectedCommandStatusError)
_IDLE = b"IDLE"
#: Octets that are fetched of a mail: what is longer is cut off.
SIZE_MAX = 10 * 1024 * 1024


@dataclass(frozen=True)
class Fetched:
    """One mail as it lies there."""

    uid: int
    raw: bytes
    #: INTERNALDATE, UTC: when it came.
    arrived_at: datetime


class FolderReader:
    """Given a mailbox that is logged in. Methods raise one of `FAILURES`."""

    def __init__(self, mailbox: BaseMailBox) -> None:
        self._mailbox = mailbox
        # Many servers tell what they can only to those who are logged in.
        _, said = mailbox.client.capability()
        self.idles = _IDLE in (said[0] or b"").upper().split()

    @property
    def socket(self) -> socket.socket:
        return self._mailbox.client.sock

    def folders(self) -> list[Folder]:
        """Those that are read."""
        try:
            listed = self._mailbox.folder.list()
        except (UnicodeError, ValueError):
            # Somebody's folder has a name that isn't in the modified UTF-7 of RFC 3501.
            return [INBOX]
        return read_folders((each.name, each.delim, each.flags) for each in listed)

    def end_of(self, folder: Folder) -> Mark | None:
        """The mark of one who has read all of it; None where the server doesn't say."""
        said = self._mailbox.folder.status(folder.name, ["UIDNEXT", "UIDVALIDITY"])
        if "UIDVALIDITY" not in said or "UIDNEXT" not in said:
            return None
        return Mark(said["UIDVALIDITY"], said["UIDNEXT"] - 1)

    def examine(self, folder: Folder) -> Mark:
        """Open it without the right to change it; as `end_of`."""
        self._mailbox.folder.set(folder.name, readonly=True)
        uid_next = self._told("UIDNEXT")
        last = uid_next - 1 if uid_next else max(self._found("UID *"), default=0)
        return Mark(self._told("UIDVALIDITY"), last)

    def after(self, last_uid: int) -> list[int]:
        """UIDs in the open folder beyond `last_uid`, in their order."""
        # `n:*` names the last mail even where its UID is smaller than n.
        return [uid for uid in self._found(f"UID {last_uid + 1}:*") if uid > last_uid]

    def since(self, day: date) -> list[int]:
        """UIDs in the open folder of what came on that day or later."""
        return self._found(str(AND(date_gte=day)))

    def fetch(self, uid: int) -> Fetched | None:
        """One mail of the open folder; None when it is gone."""
        wanted = f"(UID INTERNALDATE BODY.PEEK[]<0.{SIZE_MAX}>)"
        status, answer = self._mailbox.client.uid("FETCH", str(uid), wanted)
        if status != "OK":
            raise UnexpectedCommandStatusError((status, answer), "OK")
        whole = next((each for each in answer if isinstance(each, tuple)), None)
        if whole is None:
            return None
        rest = b" ".join(each for each in answer if isinstance(each, bytes))
        return Fetched(uid, whole[1], _instant(whole[0] + b" " + rest))

    def begin_idle(self) -> bool:
        """Ask to be told of news in the open folder; True when some is here already."""
        self._mailbox.idle.start()  # type: ignore[no-untyped-call]
        client = self._mailbox.client
        patience = client.sock.gettimeout()
        client.sock.settimeout(0)
        try:
            return bool(cast("BufferedReader", client.file).peek(1))
        except OSError:
            return False
        finally:
            client.sock.settimeout(patience)

    def end_idle(self) -> None:
        """Before any other command."""
        self._mailbox.idle.stop()  # type: ignore[no-untyped-call]

    def hang_up(self) -> None:
        """From any thread: whoever waits for an answer in another one gets an error."""
        with suppress(OSError):
            self._mailbox.client.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """After `hang_up`, in the thread that reads."""
        with suppress(OSError):
            self._mailbox.client.shutdown()

    def _told(self, name: str) -> int:
        _, values = self._mailbox.client.response(name)
        return int(values[-1] or b"0") if values else 0

    def _found(self, criteria: str) -> list[int]:
        status, answer = self._mailbox.client.uid("SEARCH", criteria)
        if status != "OK":
            raise UnexpectedCommandStatusError((status, answer), "OK")
        return sorted(int(uid) for line in answer if line for uid in line.split())


def _instant(answer: bytes) -> datetime:
    local = imaplib.Internaldate2tuple(answer)
    try:
        return datetime.fromtimestamp(time.mktime(local), UTC) if local else datetime.now(UTC)
    except (OverflowError, ValueError):
        return datetime.now(UTC)
