"""The preference page: less mail, or none, by one's own choice.

Reached by a token from the unsubscribe page. GET shows, POST acts: no login, no cookie, no
redirect, and pressing twice is pressing once.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from urllib.parse import parse_qs

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.requests import ClientDisconnect

from db import preferences
from db.connection import Connection
from db.engine import connected, transaction
from db.occasion import Told
from db.preferences import Preferences
from tenuto.domain.errors import TokenError
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tenuto.inbound.page import later, page, unknown
from tenuto.inbound.pipeline import CANT_STORE, Pipeline

SOURCE = "preference page"
#: In octets; what our own form sends is some twenty.
BODY_MAX = 2048
_FORM = "application/x-www-form-urlencoded"
#: Else the rest of a body that nobody reads would be taken in, however long it is.
_CLOSE = {"Connection": "close"}
_DAYS = (30, 90)
_ALL, _SERIES, _RESUME = "all", "series", "resume"
_PAUSES = {f"pause-{days}": days for days in _DAYS}
_SAID = {_SERIES: "This series has stopped.", _RESUME: "The pause is over."}

_BUTTON = """<button name="choice" value="{value}">{label}<small>{more}</small></button>"""
_SILENCED = page(
    "You get no more mail",
    "<p>We have stopped all mail to you. You can close this page.</p>",
)
_UNREADABLE = page(
    "That didn’t work", "<p>Go back, load the page again, and press one of its buttons.</p>"
)

log = structlog.get_logger()


def add(app: FastAPI, pipeline: Pipeline) -> None:
    """Serve the page at `/p/{token}`."""

    @app.api_route("/p/{token}", methods=["GET", "HEAD"])
    async def show(token: str) -> HTMLResponse:
        ref = _ref(pipeline.signer, token)
        return unknown() if ref is None else await _shown(pipeline, ref)

    @app.post("/p/{token}")
    async def choose(token: str, request: Request) -> Response:
        ref = _ref(pipeline.signer, token)
        if ref is None:
            return unknown()
        try:
            choice = await _choice(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if isinstance(choice, HTMLResponse):
            return choice
        try:
            await _act(pipeline, ref, choice)
        except CANT_STORE as error:
            log.warning("door_closed", door="http", error=type(error).__name__)
            return later()
        return await _shown(pipeline, ref, done=choice)


async def _choice(request: Request) -> str | HTMLResponse:
    """What was pressed, or what is wrong with the request."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return HTMLResponse(_UNREADABLE, 415, _CLOSE)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return HTMLResponse(_UNREADABLE, 413, _CLOSE)
    # Every octet is a character of Latin-1; of percent-escapes, what can't be read is replaced.
    fields = parse_qs(body.decode("latin-1"))
    match fields.get("choice"):
        case [choice] if choice in {_ALL, _SERIES, _RESUME, *_PAUSES}:
            return choice
        case _:
            return HTMLResponse(_UNREADABLE, 400)


async def _act(pipeline: Pipeline, ref: SendRef, choice: str) -> None:
    if choice == _ALL:
        await pipeline.unsubscribe(ref, SOURCE)
        return
    told = await transaction(pipeline.engine, _work(ref, choice))
    log.info("preference_chosen", choice=choice, changed=len(told))
    await pipeline.tell(told)


def _work(ref: SendRef, choice: str) -> Callable[[Connection], Awaitable[list[Told]]]:
    enrollment = ref.enrollment
    if choice == _SERIES:
        return partial(preferences.stop, enrollment_id=enrollment, source=SOURCE)
    if choice == _RESUME:
        return partial(preferences.resume, enrollment_id=enrollment, source=SOURCE)
    # Whole days, so that the same choice on the same day is the same pause.
    day = datetime.now(UTC).date() + timedelta(days=_PAUSES[choice])
    until = datetime.combine(day, time(), UTC)
    return partial(preferences.pause, enrollment_id=enrollment, until=until, source=SOURCE)


async def _shown(pipeline: Pipeline, ref: SendRef, done: str = "") -> HTMLResponse:
    """The page as things stand; `done`: what was chosen just now."""
    try:
        async with connected(pipeline.engine) as connection:
            found = await preferences.read(connection, ref.enrollment)
    except CANT_STORE as error:
        log.warning("door_closed", door="http", error=type(error).__name__)
        return later()
    if found is None:
        return unknown()
    return HTMLResponse(_SILENCED if found.silenced else _choices(found, done))


def _choices(found: Preferences, done: str) -> str:
    buttons = [_button(choice, f"Pause for {days} days", "Then it goes on where it was")
               for choice, days in _PAUSES.items()]  # fmt: skip
    if found.paused_until is not None:
        buttons.insert(0, _button(_RESUME, "End the pause", "Mail comes again from now on"))
    if found.live:
        buttons.append(_button(_SERIES, "Stop this series", "You may still get other mail of ours"))
    buttons.append(_button(_ALL, "No more mail at all", "You won’t hear from us again"))
    note = f'<p class="note" role="status">{_standing(found, done)}</p>'
    return page("Your mail from us", f'{note}\n<form method="post">\n{"".join(buttons)}\n</form>')


def _button(value: str, label: str, more: str) -> str:
    return _BUTTON.format(value=value, label=label, more=more)


def _standing(found: Preferences, done: str) -> str:
    said = [_SAID[done]] if done in _SAID else []
    if (until := found.paused_until) is not None:
        said.append(f"Your mail is paused until {until.day} {until:%B %Y}.")
    return " ".join(said) or "You may get mail from us. Choose what suits you."


def _ref(signer: TokenSigner, token: str) -> SendRef | None:
    try:
        return signer.parse(Purpose.PREFERENCES, token)
    except TokenError:
        return None
