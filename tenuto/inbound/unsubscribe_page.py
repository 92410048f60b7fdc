"""The pages and the one-click door of List-Unsubscribe (RFC 8058).

Only POST acts, without login, cookie or redirect, and as often as one likes: mail scanners fetch
every link. No page repeats anything of the request.
"""

from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import text

from db.engine import connected
from tenuto.domain.errors import TokenError
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tenuto.inbound.pipeline import CANT_STORE, Pipeline

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
_ASK = _PAGE.format(
    title="Unsubscribe",
    body="""<p>Press the button, and you get no more mail from us.</p>
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Unsubscribe</button>
</form>""",
)
_DONE = _PAGE.format(
    title="You are unsubscribed",
    body="<p>You get no more mail from us. You can close this page.</p>",
)
_UNKNOWN = _PAGE.format(
    title="This link doesn’t work",
    body="<p>Perhaps it was cut off: copy the whole link, or answer the mail with “stop”.</p>",
)
_LATER = _PAGE.format(
    title="Please try again", body="<p>We couldn’t save this now. Try again in a few minutes.</p>"
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
        known = _ref(pipeline.signer, token) is not None
        return HTMLResponse(_ASK) if known else HTMLResponse(_UNKNOWN, 404)

    @app.post("/u/{token}")
    async def unsubscribe(token: str) -> HTMLResponse:
        ref = _ref(pipeline.signer, token)
        if ref is None:
            return HTMLResponse(_UNKNOWN, 404)
        try:
            known = await pipeline.unsubscribe(ref, "unsubscribe link")
        except CANT_STORE as error:
            log.warning("door_closed", door="http", error=type(error).__name__)
            return HTMLResponse(_LATER, 503, {"Retry-After": "120"})
        return HTMLResponse(_DONE) if known else HTMLResponse(_UNKNOWN, 404)

    @app.get("/healthz")
    async def health() -> Response:
        try:
            async with connected(pipeline.engine) as connection:
                await connection.execute(text("SELECT 1"))
        except CANT_STORE:
            return Response("no Postgres\n", 503, media_type="text/plain")
        return Response("ok\n", media_type="text/plain")

    return app


def _ref(signer: TokenSigner, token: str) -> SendRef | None:
    try:
        return signer.parse(Purpose.UNSUBSCRIBE, token)
    except TokenError:
        return None
