"""The door that providers of mail use: `POST /webhooks/<provider>`.

Its status codes make them repeat exactly what is worth it: 200 when all of it is committed, or
was before; 503 when it can't be now; 401, 403, 413 and 422 for what no repetition makes better.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import SecretStr
from starlette.requests import ClientDisconnect

from tenuto.domain.errors import InputError
from tenuto.inbound.events import take_event
from tenuto.inbound.pipeline import CANT_STORE, Pipeline
from tenuto.inbound.providers import postmark, ses
from tenuto.inbound.providers.event import (
    LOGIN,
    TOO_LARGE,
    InboundMail,
    Provider,
    RefusedError,
    TrackingEvent,
)

#: Each is made from its setting, `TENUTO_WEBHOOKS__<NAME>`.
PROVIDERS: dict[str, Callable[[str], Provider]] = {
    "postmark": postmark.provider,
    "ses": ses.provider,
}
#: For one body to arrive.
_PATIENCE_S = 30
_LATER = {"Retry-After": "60"}

log = structlog.get_logger()


def configured(settings: Mapping[str, SecretStr]) -> dict[str, Provider]:
    """The providers that there are settings for; no other is listened to.

    :raises InputError: when there is no such provider, or it can't be made of its setting.
    """
    unknown = settings.keys() - PROVIDERS.keys()
    if unknown:
        raise InputError(
            f"TENUTO_WEBHOOKS__{min(unknown).upper()}: no such provider; "
            f"there are {', '.join(sorted(PROVIDERS)).upper()}"
        )
    return {name: PROVIDERS[name](value.get_secret_value()) for name, value in settings.items()}


def webhooks(pipeline: Pipeline, providers: Mapping[str, Provider]) -> APIRouter:
    """The route that all providers share."""
    router = APIRouter()

    @router.post("/webhooks/{name}")
    async def told(name: str, request: Request) -> Response:
        provider = providers.get(name)
        if provider is None:
            return Response(status_code=404)
        try:
            await _take(pipeline, provider, name, request)
        except ClientDisconnect:
            return Response(status_code=400)
        except RefusedError as error:
            log.warning("webhook_refused", door=name, status=error.status, why=str(error))
            return _refusal(provider, error.status)
        except CANT_STORE as error:
            log.warning("door_closed", door=name, error=type(error).__name__)
            return Response(status_code=503, headers=_LATER)
        return Response(status_code=200)

    return router


async def _take(pipeline: Pipeline, provider: Provider, name: str, request: Request) -> None:
    provider.admit(request.headers)
    async with asyncio.timeout(_PATIENCE_S):
        body = await _body(request, provider.size_max)
    for one in await provider.news(body, datetime.now(UTC)):
        match one:
            case TrackingEvent():
                await take_event(pipeline, one, name)
            case InboundMail():
                await pipeline.receive(one.raw, one.envelope, name)


async def _body(request: Request, size_max: int) -> bytes:
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > size_max:
            raise RefusedError(TOO_LARGE, f"larger than {size_max} bytes")
    return bytes(found)


def _refusal(provider: Provider, status: int) -> Response:
    if status == LOGIN:
        # A wrong password is mended, and then it is worth a repetition.
        return Response(status_code=status, headers={"WWW-Authenticate": 'Basic realm="tenuto"'})
    return Response(status_code=provider.gives_up_at or status)
