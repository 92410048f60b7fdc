"""A person with mail of ours, and providers who tell what becomes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tenuto.domain.enrollment import Status
from tenuto.domain.ids import Purpose, SendRef
from tenuto.inbound.providers.event import Provider
from tenuto.inbound.providers.postmark import Postmark
from tenuto.inbound.providers.ses import Ses
from tests import postmark_hooks as postmark
from tests import sns_sender as sns
from tests.doors import SIGNER, Doors, open_doors
from tests.factories import Stage, bundle

#: Both of Pat's enrollments.
LIVE = (Status.ACTIVE, Status.ACTIVE)


@dataclass
class Scene:
    """Pat got a mail of one sequence, and is in another one too."""

    stage: Stage
    doors: Doors
    amazon: sns.Amazon
    first: UUID
    second: UUID

    @property
    def token(self) -> str:
        return SIGNER.token(Purpose.HEADER, SendRef(self.first, 0))

    async def statuses(self) -> tuple[Status, Status]:
        return (await self.stage.row(self.first)).status, (await self.stage.row(self.second)).status

    async def kept(self) -> list[tuple[object, ...]]:
        found = await self.stage.all(
            "SELECT door, class, effect, matched_by FROM inbound_messages ORDER BY received_at, id"
        )
        return [tuple(row) for row in found]

    async def suppressed(self) -> list[str]:
        return [row[0] for row in await self.stage.all("SELECT reason FROM suppressions")]

    async def holds(self) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await self.stage.all("SELECT scope, reason FROM holds")]

    async def ses(self, message: Any, **changes: Any) -> httpx.Response:
        body = sns.notification(message, **changes)
        return await self.doors.request("POST", "/webhooks/ses", content=body)

    async def postmark(self, hook: postmark.Hook, **options: Any) -> httpx.Response:
        values = {"auth": postmark.AUTH, "content": postmark.body(hook)} | options
        return await self.doors.request("POST", "/webhooks/postmark", **values)

    def mail(self) -> sns.Changes:
        return sns.mail(("Subject", "Hello Pat"), ("X-Tenuto-Token", self.token))

    def content(self) -> dict[str, str]:
        return {"Content": f"Return-Path: <>\r\n\r\nX-Tenuto-Token: {self.token}\r\n"}


def heard(amazon: sns.Amazon) -> dict[str, Provider]:
    return {"ses": Ses(frozenset([sns.TOPIC]), amazon.fetch), "postmark": Postmark(postmark.LOGIN)}


@asynccontextmanager
async def scene_on(stage: Stage) -> AsyncIterator[Scene]:
    first = await stage.enrolled(await stage.publish(bundle("first")))
    second = await stage.enrolled(await stage.publish(bundle("second")))
    await stage.settle(await stage.claimed(first))
    amazon = sns.Amazon()
    async with open_doors(stage.engine, heard(amazon)) as doors:
        yield Scene(stage, doors, amazon, first, second)
