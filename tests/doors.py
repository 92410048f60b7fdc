"""The inbound doors as the world meets them: real SMTP, real HTTP, real Postgres."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import aiosmtplib
import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from db.occasion import Told
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tenuto.inbound.http_door import http_door
from tenuto.inbound.pipeline import Pipeline
from tenuto.inbound.providers.event import Provider
from tenuto.inbound.smtp_door import smtp_door
from tests.factories import Stage

KEY = "a key of at least 16 bytes"
SIGNER = TokenSigner([KEY.encode()])
HOST = "127.0.0.1"


@dataclass
class Doors:
    """Open doors, and what workflows would have been told."""

    smtp_port: int
    lmtp_port: int
    url: str
    told: list[Told] = field(default_factory=list)

    async def deliver(self, mail: bytes, to: Sequence[str], sender: str = "") -> str:
        """The last reply; raises aiosmtplib's error for a refusal."""
        client = aiosmtplib.SMTP(hostname=HOST, port=self.smtp_port, start_tls=False, timeout=30)
        async with client:
            _, reply = await client.sendmail(
                sender, list(to), mail, mail_options=["BODY=8BITMIME", "SMTPUTF8"]
            )
        return reply

    async def request(self, method: str, path: str, **options: object) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type]


@asynccontextmanager
async def open_doors(
    engine: AsyncEngine, providers: Mapping[str, Provider] | None = None
) -> AsyncIterator[Doors]:
    told: list[Told] = []

    async def tell(news: Sequence[Told]) -> None:
        told.extend(news)

    pipeline = Pipeline(engine, SIGNER, tell)
    async with (
        smtp_door(pipeline, HOST, 0) as smtp,
        smtp_door(pipeline, HOST, 0, lmtp=True) as lmtp,
        http_door(pipeline, HOST, 0, providers) as http,
    ):
        yield Doors(smtp, lmtp, f"http://{HOST}:{http}", told)


@dataclass(frozen=True)
class Addresses:
    """Where answers to one send go."""

    enrollment: UUID
    step: int = 0

    @property
    def ref(self) -> SendRef:
        return SendRef(self.enrollment, self.step)

    @property
    def bounce(self) -> str:
        return f"{SIGNER.bounce_local_part(self.ref)}@sender.example"

    @property
    def reply(self) -> str:
        return f"{SIGNER.reply_local_part(self.ref, 'anna')}@sender.example"

    @property
    def unsubscribe(self) -> str:
        return f"{SIGNER.unsubscribe_local_part(self.ref)}@sender.example"

    @property
    def page(self) -> str:
        return f"/u/{SIGNER.token(Purpose.UNSUBSCRIBE, self.ref)}"

    @property
    def message_id(self) -> str:
        return SIGNER.message_id(self.ref, "sender.example")


async def everything(stage: Stage) -> dict[str, list[tuple[object, ...]]]:
    """Every row that a mail could change."""
    tables = ("enrollments", "transition_log", "sends", "holds", "suppressions", "addresses",
              "inbound_messages", "mailboxes")  # fmt: skip
    return {
        table: sorted((tuple(row) for row in await stage.all(f"SELECT * FROM {table}")), key=repr)
        for table in tables
    }
