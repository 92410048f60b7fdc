"""Access tokens of one mailbox: kept until they are about to end, then fetched anew.

Microsoft may give a new refresh token for the old one, which is void from then on: who loses the
new one has lost the mailbox. So a refresh is never cut off with the send that asked for it, holds
a lock that other processes see, and stores the new refresh token before the access token is used.
"""

import asyncio
from dataclasses import dataclass, field

from tenuto.domain.errors import LoginError
from tenuto.mail import oauth
from tenuto.mail.oauth import OAuthClient
from tenuto.mail.secrets import Secrets

#: An access token isn't used in the last part of its life: at most so many seconds, or a tenth.
_SHORTLY_BEFORE = 60.0
_TENTH = 0.1


@dataclass(frozen=True)
class _Cached:
    token: str = field(repr=False)
    #: By the event loop's clock.
    until: float


class AccessTokens:
    """A `Login` by OAuth. Belongs to one event loop."""

    oauth = True

    def __init__(self, client: OAuthClient, secrets: Secrets, name: str, again: str) -> None:
        """`name`: of the refresh token's secret; `again`: the command that connects the mailbox."""
        self._client = client
        self._secrets = secrets
        self._name = name
        self._again = again
        self._cached: _Cached | None = None
        self._refreshing: asyncio.Task[str] | None = None

    async def credential(self, refused: str | None = None) -> str:
        cached, now = self._cached, asyncio.get_running_loop().time()
        if cached is not None and cached.token != refused and now < cached.until:
            return cached.token
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add_done_callback(self._refreshed)
        # Whoever asked may give up; the refresh goes on.
        return await asyncio.shield(self._refreshing)

    async def finished(self) -> None:
        """Until no refresh is under way: before the event loop ends."""
        if self._refreshing is not None:
            await asyncio.wait([self._refreshing])

    def _refreshed(self, task: asyncio.Task[str]) -> None:
        self._refreshing = None
        if not task.cancelled():
            task.exception()  # perhaps nobody waits for it any more

    async def _refresh(self) -> str:
        async with self._secrets.locked(self._name):
            # Only now: another process may have stored a newer one while we waited.
            stored = self._secrets.read(self._name)
            if stored is None:
                raise LoginError(f"there is no refresh token; connect it: {self._again}")
            try:
                grant = await oauth.refresh(self._client, stored)
            except LoginError as error:
                raise LoginError(f"{error}; connect it again: {self._again}") from None
            if grant.refresh_token and grant.refresh_token != stored:
                await self._secrets.write(self._name, grant.refresh_token)
        margin = min(_SHORTLY_BEFORE, grant.seconds * _TENTH)
        until = asyncio.get_running_loop().time() + grant.seconds - margin
        self._cached = _Cached(grant.access_token, until)
        return grant.access_token
