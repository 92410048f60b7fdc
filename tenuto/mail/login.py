"""How one logs in to a mailbox's servers: by a password, or by an access token."""

from typing import Protocol

from tenuto.domain.errors import LoginError
from tenuto.mail.secrets import PREFIX, Secrets


class Login(Protocol):
    """Knows what to show to a server. Equal only to itself, unless it is a value."""

    @property
    def oauth(self) -> bool:
        """Whether it shows an access token (XOAUTH2); else a password."""

    async def credential(self, refused: str | None = None) -> str:
        """What to show; never again what was just refused.

        :raises LoginError: when there is nothing else: the mailbox must be connected again.
        :raises InputError: when settings or secrets are missing.
        :raises DependencyError: when there is none just now.
        """


class StoredPassword:
    """A password that is read anew each time, so that it can be changed under a worker."""

    oauth = False

    def __init__(self, secrets: Secrets, name: str, again: str) -> None:
        """`again`: the command that connects the mailbox."""
        self._secrets = secrets
        self._name = name
        self._again = again

    async def credential(self, refused: str | None = None) -> str:
        found = self._secrets.from_environment(self._name) or self._secrets.read(self._name)
        if found is None:
            msg = f"there is no password: set {PREFIX}{self._name}, or connect it: {self._again}"
            raise LoginError(msg)
        if found == refused:
            raise LoginError(f"the password is refused; connect it again: {self._again}")
        return found


class Given:
    """What was given a moment ago, to try it before it is kept."""

    def __init__(self, credential: str, *, oauth: bool) -> None:
        self.oauth = oauth
        self._credential = credential

    async def credential(self, refused: str | None = None) -> str:
        if refused is not None:
            raise LoginError("the server refuses it")
        return self._credential


class NoLogin:
    """Can't log in as things are, and says why."""

    oauth = True

    def __init__(self, why: LoginError) -> None:
        self._why = why

    async def credential(self, refused: str | None = None) -> str:
        del refused
        raise self._why
