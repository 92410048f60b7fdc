"""How the pages for recipients look, and the header fields that keep them harmless.

No script, no cookie, nothing from elsewhere; no page repeats anything of the request.
"""

import base64
import hashlib

from fastapi.responses import HTMLResponse

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --quiet: #5b6370; --paper: #fff;
  --edge: #c9ced6; --strong: #1d4ed8; --on-strong: #fff; --note: #eef2ff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --quiet: #a5adba;
  --paper: #16181c; --edge: #454b55; --strong: #9db8ff; --on-strong: #10131a; --note: #202637; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 12vh 1.25rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 1rem; }
p { margin: 0 0 1.25rem; }
.quiet { color: var(--quiet); font-size: .95rem; margin-top: 1.75rem; }
.note { background: var(--note); border-radius: .5rem; padding: .75rem 1rem; }
form { display: grid; gap: .75rem; }
button { font: inherit; text-align: left; padding: .75rem 1rem; min-height: 3rem; cursor: pointer;
  color: var(--ink); background: transparent; border: 1px solid var(--edge);
  border-radius: .5rem; }
button small { display: block; color: var(--quiet); font-size: .9rem; }
button.strong { color: var(--on-strong); background: var(--strong); border-color: var(--strong);
  text-align: center; font-weight: 600; }
button:hover { border-color: var(--strong); }
a { color: var(--strong); }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 3px; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def page(title: str, body: str) -> str:
    """A whole page; both are HTML of ours."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


_UNKNOWN = page(
    "This link doesn’t work",
    "<p>Perhaps it was cut off: copy the whole link, or answer the mail with “stop”.</p>",
)
_LATER = page("Please try again", "<p>We couldn’t save this now. Try again in a few minutes.</p>")


def unknown() -> HTMLResponse:
    """For a link that isn't ours, or leads nowhere any more."""
    return HTMLResponse(_UNKNOWN, 404)


def later() -> HTMLResponse:
    """For what can't be stored now."""
    return HTMLResponse(_LATER, 503, {"Retry-After": "120"})
