"""Who may use the dashboard, and what its answers allow a browser to do.

A workstation has other users, and 127.0.0.1 is open to all of them, so every request must carry the workspace's token:
once in the address that the program prints, from then on in a cookie.  Host must be loopback, against pages that
rebind their name to 127.0.0.1; Origin must be the page's own.  Any port will do, as `ssh -L` may change it.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as Answer

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

REFUSED = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} | CLT Lab</title><style>
:root{{color-scheme:light dark}}body{{font:15px/1.6 system-ui,sans-serif;max-width:34rem;margin:16vh auto;padding:0 1.5rem}}
h1{{font-size:1.25rem}}code{{font-size:.9em}}</style><h1>{title}</h1>{body}</html>"""

NO_TOKEN = REFUSED.format(
    title="This dashboard needs its token",
    body="<p>Open the whole address that <code>python app.py</code> printed when it started, the part after "
    "<code>?token=</code> included.  The browser remembers it from then on.</p>"
    '<p>If you have just done so, <a href="/">continue to the dashboard</a>.</p>',
)
WRONG_HOST = REFUSED.format(
    title="This dashboard answers on this machine only",
    body="<p>Open it as <code>http://127.0.0.1</code> or <code>http://localhost</code>; from another machine, forward its "
    "port first: <code>ssh -L 8050:127.0.0.1:8050 HOST</code>.</p>",
)
WRONG_ORIGIN = REFUSED.format(
    title="Refused: another page asked", body="<p>The dashboard answers only requests made by its own pages.</p>"
)


def access_token(workspace: Path) -> str:
    """The token of the workspace, made on first use and kept in a file that only its owner reads."""
    path = workspace / "access-token"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        token = path.read_text(encoding="ascii").strip()
        if token:
            return token
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    token = secrets.token_urlsafe(24)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token)
    return token


def derived_key(token: str, purpose: str) -> str:
    """A secret for `purpose` that stays the same as long as the token does."""
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def is_loopback(host: str) -> bool:
    """Whether `host`, with or without a port, is this machine's own name or address."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower() in LOOPBACK
    except ValueError:
        return False


def guard(server: Flask, token: str) -> None:
    """Let `server` answer only requests of this machine's own pages that bring the token."""
    cookie = f"clt-lab-{derived_key(token, 'cookie name')[:8]}"

    @server.before_request
    def check() -> Answer | None:
        if not is_loopback(request.headers.get("Host", "")):
            return Response(WRONG_HOST, status=403)
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return Response(WRONG_ORIGIN, status=403)
        if same(request.args.get("token"), token):
            return welcomed(cookie, token)
        return None if same(request.cookies.get(cookie), token) else Response(NO_TOKEN, status=401)


def same(given: str | None, token: str) -> bool:
    """Whether `given` is the token, in a time that tells nothing about it."""
    return given is not None and hmac.compare_digest(given.encode(), token.encode())


def welcomed(cookie: str, token: str) -> Answer:
    """A redirect to the same address without the token, which goes into a cookie that scripts cannot read."""
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != "token"]
    path = "/" + request.path.lstrip("/")
    answer = redirect(f"{path}?{urlencode(rest)}" if rest else path)
    answer.set_cookie(cookie, token, max_age=365 * 86400, httponly=True, samesite="Strict")
    return answer


def harden(server: Flask, script_hashes: Callable[[], list[str]]) -> None:
    """Let the answers of `server` load nothing from elsewhere, and nothing elsewhere frame them.

    Scripts are ours or one of `script_hashes`; styles may be inline, which Dash, Mantine and plotly need.
    """

    @server.after_request
    def add_headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = content_policy(script_hashes())
            response.headers["Cache-Control"] = "no-store"
        return response


def content_policy(script_hashes: list[str]) -> str:
    """The Content-Security-Policy of a page with the inline scripts that `script_hashes` name."""
    scripts = " ".join(["'self'", *script_hashes])
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
