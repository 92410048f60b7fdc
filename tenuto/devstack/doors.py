"""How a prospect's answer reaches us: over SMTP, or through the unsubscribe URL."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import aiosmtplib
import httpx

from tenuto.devstack.prospects import Answer, one_click_url
from tenuto.domain.errors import DependencyError, ForbiddenError, InputError

TIMEOUT_S = 30


@dataclass(frozen=True)
class Doors:
    """The real doors of the `inbound` process."""

    #: Where its SMTP listener is.
    smtp_host: str
    smtp_port: int
    #: Where unsubscribe links lead: nothing else is ever fetched.
    public_url: str

    async def deliver(self, answer: Answer) -> None:
        """Hand a mail in, as the prospect's server would. Raises `DependencyError`."""
        client = aiosmtplib.SMTP(
            hostname=self.smtp_host, port=self.smtp_port, start_tls=False, timeout=TIMEOUT_S
        )
        options = [] if answer.raw.isascii() else ["BODY=8BITMIME"]
        try:
            async with client:
                await client.sendmail(
                    answer.envelope_from, [answer.recipient], answer.raw, mail_options=options
                )
        except aiosmtplib.SMTPException as error:
            raise DependencyError(
                f"the inbound door at {self.smtp_host}:{self.smtp_port} doesn't take the mail: "
                f"{error}"
            ) from error

    async def unsubscribe(self, raw: bytes) -> None:
        """POST to the mail's one-click URL (RFC 8058 section 3.1), which must be ours.

        Raises `InputError` without one, `ForbiddenError` for a foreign one, `DependencyError`.
        """
        url = one_click_url(raw)
        if url is None:
            raise InputError("this mail has no one-click List-Unsubscribe URL")
        if urlsplit(url)[:2] != urlsplit(self.public_url)[:2]:
            raise ForbiddenError(f"{url} doesn't lead to {self.public_url}, so it isn't fetched")
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
                response = await client.post(url, data={"List-Unsubscribe": "One-Click"})
                response.raise_for_status()
        except httpx.HTTPError as error:
            raise DependencyError(f"unsubscribing failed: {error}") from error
