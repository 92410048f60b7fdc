"""Passwords and refresh tokens, in files of our own or, where others keep them, the environment."""

import asyncio
import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tenuto.domain.errors import DependencyError, InputError

PREFIX = "TENUTO_SECRET_"
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_OTHERS = 0o077
#: Seconds. Whoever holds the lock talks to a sign-in service, for at most twenty.
_PATIENCE = 40.0
_LOOK_AGAIN = 0.05


def name_for(address: str) -> str:
    """The name of a mailbox's secret: readable, fit for a variable, and no other mailbox's."""
    words = re.sub(r"[^A-Z0-9]+", "_", address.upper()).strip("_")[:60]
    return f"MAILBOX_{words}_{hashlib.sha256(address.encode()).hexdigest()[:8].upper()}"


class Secrets:
    """A folder that only we may read, one file a secret, and the environment before it."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        self._environment = environment

    def from_environment(self, name: str) -> str | None:
        """What `TENUTO_SECRET_<name>` says; fit for a password, which we never write."""
        return self._environment.get(PREFIX + _checked(name)) or None

    def read(self, name: str) -> str | None:
        """What the file says, or None without one.

        :raises InputError: when others may read the folder, or we may not read the file.
        """
        path = self._folder / _checked(name)
        if not self._folder.is_dir():
            return None
        self._check_folder()
        try:
            return path.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            msg = f"the secret file {path} can't be read ({type(error).__name__}); check its owner"
            raise InputError(msg) from None

    async def write(self, name: str, value: str) -> None:
        """Replace the file as a whole: after a crash it holds the old value or the new one.

        :raises InputError: when the folder or the file can't be written.
        """
        try:
            await asyncio.to_thread(self._write, _checked(name), value)
        except OSError as error:
            msg = (
                f"secrets can't be written into {self._folder} ({type(error).__name__}); "
                "check its owner, or set TENUTO_SECRETS_DIR"
            )
            raise InputError(msg) from None

    @asynccontextmanager
    async def locked(self, name: str) -> AsyncIterator[None]:
        """Only one task of one process at a time, on this machine.

        :raises DependencyError: when another holds it for too long.
        :raises InputError: when the folder can't be used.
        """
        descriptor = self._lock_file(name)
        try:
            try:
                async with asyncio.timeout(_PATIENCE):
                    while not _taken(descriptor):  # noqa: ASYNC110 - no event is heard between processes
                        await asyncio.sleep(_LOOK_AGAIN)
            except TimeoutError:
                msg = f"another process holds the secret {name} for too long; it is tried again"
                raise DependencyError(msg) from None
            yield
        finally:
            os.close(descriptor)  # frees the lock, too

    def _lock_file(self, name: str) -> int:
        try:
            self._make_folder()
            path = self._folder / f".{_checked(name)}.lock"
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            msg = (
                f"the folder {self._folder} can't be used ({type(error).__name__}); "
                "check its owner, or set TENUTO_SECRETS_DIR"
            )
            raise InputError(msg) from None

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_folder()

    def _check_folder(self) -> None:
        if self._folder.stat().st_mode & _OTHERS:
            msg = f"others may look into {self._folder}, where secrets are: chmod 700 it"
            raise InputError(msg)

    def _write(self, name: str, value: str) -> None:
        self._make_folder()
        # mkstemp gives it mode 0600.
        descriptor, path = tempfile.mkstemp(prefix=f".{name}.", dir=self._folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(value)
                file.flush()
                os.fsync(file.fileno())
            Path(path).replace(self._folder / name)
        except BaseException:
            Path(path).unlink(missing_ok=True)
            raise
        _sync_folder(self._folder)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Else the new name itself could be lost with the machine's power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        msg = "a secret's name is of capitals, digits and underscores; connect the mailbox again"
        raise InputError(msg)
    return name
