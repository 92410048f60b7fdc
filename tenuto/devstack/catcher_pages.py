"""The catcher's pages: the mails, and buttons that do what their recipients would."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.middleware.trustedhost import TrustedHostMiddleware

from tenuto.devstack.doors import Doors
from tenuto.devstack.mail_log import CaughtMail, MailLog, parse
from tenuto.devstack.prospects import (
    Answer,
    Original,
    bounce,
    complaint,
    one_click_url,
    out_of_office,
    reply,
)
from tenuto.domain.errors import TenutoError

SHOWN = 200
AWAY = timedelta(days=7)
LONGEST_FORM = 100_000
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'"
#: A mail's HTML is a stranger's: no scripts, no forms, nothing from the network.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"

Action = Literal["reply", "out-of-office", "bounce", "complain", "unsubscribe"]


class CatcherPages:
    """`app` shows a log's mails; its buttons go through the real doors."""

    def __init__(self, log: MailLog, doors: Doors) -> None:
        self._log = log
        self._doors = doors
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
        )
        self.app = FastAPI(openapi_url=None)
        self.app.middleware("http")(_same_origin_only)
        # A foreign name that resolves to loopback (DNS rebinding) must not read the mails.
        self.app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        self.app.get("/")(self.show_list)
        self.app.get("/mails/{number}")(self.show_mail)
        self.app.get("/mails/{number}/html")(self.show_html)
        self.app.get("/mails/{number}/raw")(self.show_raw)
        self.app.post("/mails/{number}/{action}")(self.act)

    async def show_list(self) -> HTMLResponse:
        mails = self._log.mails
        return self._page("list.html", mails=mails[: -SHOWN - 1 : -1], total=len(mails))

    async def show_mail(self, number: int, done: Action | None = None) -> HTMLResponse:
        return self._mail_page(self._find(number), done=done)

    async def show_html(self, number: int) -> HTMLResponse:
        content = _part(parse(self._log.raw(self._find(number))), "html")
        return HTMLResponse(content, headers={"Content-Security-Policy": MAIL_POLICY})

    async def show_raw(self, number: int) -> PlainTextResponse:
        text = self._log.raw(self._find(number)).decode(errors="replace")
        return PlainTextResponse(text, headers={"X-Content-Type-Options": "nosniff"})

    async def act(self, number: int, action: Action, request: Request) -> Response:
        """Do what the button says, then show the mail again."""
        mail = self._find(number)
        try:
            await self._act(mail, action, await _form_text(request))
        except TenutoError as error:
            return self._mail_page(mail, error=str(error), status_code=502)
        return RedirectResponse(f"/mails/{number}?done={action}", status_code=303)

    async def _act(self, mail: CaughtMail, action: Action, text: str) -> None:
        raw = self._log.raw(mail)
        if action == "unsubscribe":
            await self._doors.unsubscribe(raw)
        else:
            original = Original(mail.envelope_from, mail.recipients[0], raw)
            await self._doors.deliver(_answer(original, action, text))

    def _find(self, number: int) -> CaughtMail:
        mail = self._log.find(number)
        if mail is None:
            raise HTTPException(404, f"there is no mail {number}")
        return mail

    def _mail_page(
        self,
        mail: CaughtMail,
        *,
        done: Action | None = None,
        error: str | None = None,
        status_code: int = 200,
    ) -> HTMLResponse:
        raw = self._log.raw(mail)
        message = parse(raw)
        return self._page(
            "mail.html",
            status_code,
            mail=mail,
            headers=[(name, str(value)) for name, value in message.items()],
            text=_part(message, "plain"),
            has_html=bool(_part(message, "html")),
            can_unsubscribe=one_click_url(raw) is not None,
            done=done,
            error=error,
        )

    def _page(self, template: str, status_code: int = 200, **values: object) -> HTMLResponse:
        content = self._templates.get_template(template).render(values)
        headers = {"Content-Security-Policy": PAGE_POLICY}
        return HTMLResponse(content, status_code, headers)


def _answer(
    original: Original,
    action: Literal["reply", "out-of-office", "bounce", "complain"],
    text: str,
) -> Answer:
    now = datetime.now(UTC)
    match action:
        case "reply":
            return reply(original, now, text)
        case "out-of-office":
            return out_of_office(original, now, (now + AWAY).date())
        case "bounce":
            return bounce(original, now)
        case "complain":
            return complaint(original, now)


async def _same_origin_only(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Refuse a POST from another site's page: browsers send Origin with each of them."""
    own = f"http://{request.headers.get('host')}"
    if request.method not in {"GET", "HEAD"} and request.headers.get("origin") != own:
        return PlainTextResponse("this button is for the catcher's own pages\n", 403)
    return await call_next(request)


async def _form_text(request: Request) -> str:
    if int(request.headers.get("content-length", "0")) > LONGEST_FORM:
        raise HTTPException(413, f"a text may have {LONGEST_FORM} bytes")
    fields = parse_qs((await request.body()).decode(errors="replace"))
    return fields.get("text", [""])[0]


def _part(message: EmailMessage, kind: Literal["plain", "html"]) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part else ""
