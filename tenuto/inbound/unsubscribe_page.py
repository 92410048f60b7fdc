"""The pages and the one-click door of List-Unsubscribe (RFC 8058).

Only POST acts, without login, cookie or redirect, and as often as one likes: mail scanners fetch
every link. Whatever the POST holds: it isn't read, so that no program fails at its wording.
"""

from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import text

from db import preferences
from db.engine import connected
from tenuto.domain.errors import TokenError
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tenuto.inbound import preference_page
from tenuto.inbound.page import HEADERS, later, page, unknown
from tenuto.inbound.pipeline import CANT_STORE, Pipeline

_ASK = """<p>Press the button, and you get no more mail from us.</p>
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit" class="strong">Unsubscribe</button>
</form>
<p class="quiet">Or <a href="../p/{token}">get less mail</a>: pause for a while, or stop this
series of mails only.</p>"""
_DONE = page(
    "You are unsubscribed", "<p>You get no more mail from us. You can close this page.</p>"
)

log = structlog.get_logger()


def application(pipeline: Pipeline) -> FastAPI:
    """The web door."""
    app = FastAPI(openapi_url=None)

    @app.middleware("http")
    async def guarded(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    @app.api_route("/u/{token}", methods=["GET", "HEAD"])
    async def ask(token: str) -> HTMLResponse:
        ref = _ref(pipeline.signer, token)
        return unknown() if ref is None else await _asked(pipeline, ref)

    @app.post("/u/{token}")
    async def unsubscribe(token: str) -> HTMLResponse:
        ref = _ref(pipeline.signer, token)
        if ref is None:
            return unknown()
        try:
            known = await pipeline.unsubscribe(ref, "unsubscribe link")
        except CANT_STORE as error:
            log.warning("door_closed", door="http", error=type(error).__name__)
            return later()
        return HTMLResponse(_DONE) if known else unknown()

    @app.get("/healthz")
    async def health() -> Response:
        try:
            async with connected(pipeline.engine) as connection:
                await connection.execute(text("SELECT 1"))
        except CANT_STORE:
            return Response("no Postgres\n", 503, media_type="text/plain")
        return Response("ok\n", media_type="text/plain")

    preference_page.add(app, pipeline)
    return app


async def _asked(pipeline: Pipeline, ref: SendRef) -> HTMLResponse:
    token = pipeline.signer.token(Purpose.PREFERENCES, ref)
    asked = HTMLResponse(page("Unsubscribe", _ASK.format(token=token)))
    try:
        async with connected(pipeline.engine) as connection:
            found = await preferences.read(connection, ref.enrollment)
    except CANT_STORE:
        # Whoever wants to go finds the button, and Postgres may be back when they press it.
        return asked
    if found is None:
        return unknown()
    return HTMLResponse(_DONE) if found.silenced else asked


def _ref(signer: TokenSigner, token: str) -> SendRef | None:
    try:
        return signer.parse(Purpose.UNSUBSCRIBE, token)
    except TokenError:
        return None
