"""What a page costs on the wire: every byte that Chromium received for it, headers included."""

import time
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page

from tests.browser.dashboard import Dashboard
from tests.browser.driving import drawn

FIRST_BAR = 2_600_000
"""Bytes that the first visit may cost, with an empty cache."""

RELOAD_BAR = 50_000
"""Bytes that a reload may cost."""

SETTLE_MS = 1500
"""Time for what a page asks for after it is drawn."""


class Visit(NamedTuple):
    """One load of a page."""

    n_requests: int
    n_bytes: int
    seconds: float
    """From the start until Dash has drawn the page."""


def visits(chromium: Browser, dashboard: Dashboard, path: str) -> tuple[Visit, Visit]:
    """The first visit to `path` in a fresh profile, and a reload."""
    context = chromium.new_context()
    try:
        page = context.new_page()
        received: list[int] = []
        session = context.new_cdp_session(page)
        session.send("Network.enable")

        def note(event: dict[str, Any]) -> None:
            received.append(int(event["encodedDataLength"]))

        session.on("Network.loadingFinished", note)
        first = visit(page, received, lambda: page.goto(dashboard.address(path)))
        return first, visit(page, received, page.reload)
    finally:
        context.close()


def visit(page: Page, received: list[int], load: Any) -> Visit:
    """What one call of `load` costs; `received` collects the size of each answer."""
    received.clear()
    started = time.monotonic()
    load()
    drawn(page)
    seconds = time.monotonic() - started
    page.wait_for_timeout(SETTLE_MS)
    return Visit(len(received), sum(received), seconds)
