"""A real Chromium, pages that fail on any error or request to the outside, and a running dashboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize

from tests.browser.chromium import browser
from tests.browser.laboratory import Laboratory

LOOPBACK = ("http://127.0.0.1", "data:", "blob:")
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
Scheme = Literal["light", "dark"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium that no test shares a profile in."""
    with browser() as chromium:
        yield chromium


def watch(page: Page, faults: list[str]) -> None:
    """Note in `faults` every JavaScript error, every console error and every request that leaves this machine."""

    def outside(request: Request) -> None:
        if not request.url.startswith(LOOPBACK):
            faults.append(f"request to {request.url}")

    page.on("pageerror", lambda error: faults.append(f"JavaScript error: {error}"))
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("request", outside)
    page.on("websocket", lambda socket: faults.append(f"websocket to {socket.url}"))


@pytest.fixture
def scheme() -> Scheme:
    """The colour scheme that the browser's system asks for."""
    return "light"


@pytest.fixture
def context(chromium: Browser, scheme: Scheme) -> Iterator[BrowserContext]:
    """A fresh browser profile."""
    context = chromium.new_context(viewport=VIEWPORT, color_scheme=scheme)
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def faults() -> list[str]:
    """What went wrong on `page` so far; a test that provokes a fault empties it."""
    return []


@pytest.fixture
def page(context: BrowserContext, faults: list[str]) -> Iterator[Page]:
    """A fresh page.  The test fails on a JavaScript error, a console error, or a request that leaves loopback."""
    page = context.new_page()
    watch(page, faults)
    yield page
    assert faults == []


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """A served workspace with a tiny model and the dictionary tiny-plt, shared by tests that leave it whole."""
    laboratory = Laboratory(tmp_path_factory.mktemp("laboratory"))
    laboratory.train("tiny-plt")
    yield laboratory
    laboratory.close()


@pytest.fixture
def fresh_laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    """A served workspace of the test's own, with a tiny model and no dictionary."""
    laboratory = Laboratory(tmp_path)
    yield laboratory
    laboratory.close()
