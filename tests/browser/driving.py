"""What a person does in the pages."""

import time

from playwright.sync_api import Page

from tests.browser.dashboard import Dashboard

CYTOSCAPE = "document.getElementById('graph-cy')?._cyreg?.cy"
FEATURES = f"{CYTOSCAPE}.nodes('[kind = \"feature\"]').map(node => node.id())"
MOUNTED = f"{CYTOSCAPE}?.nodes().length > 0 && graphPage.workbench() !== null"


def enter(page: Page, dashboard: Dashboard, path: str = "/") -> None:
    """Open `path` with the token, as from the address that the dashboard printed."""
    page.goto(dashboard.address(path))
    drawn(page)


def until(page: Page, expression: str, *, seconds: float = 15) -> None:
    """Wait until `expression` is true in the page.

    Playwright's own wait_for_function evaluates strings inside the page, which the page's security policy forbids.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(50)


def drawn(page: Page) -> None:
    """Wait until Dash has drawn the page."""
    until(page, "document.querySelector('.navigation') && !document.querySelector('._dash-loading')")


def graph_shown(page: Page) -> None:
    """Wait until the link graph is there and listens."""
    page.wait_for_url("**/graph/*", timeout=90_000)
    until(page, MOUNTED)


def click_node(page: Page, node: str) -> None:
    """Click a node of the link graph with the mouse."""
    x, y = page.evaluate(
        """node => {
            const cy = document.getElementById('graph-cy')._cyreg.cy;
            const at = cy.getElementById(node).renderedPosition(), box = cy.container().getBoundingClientRect();
            return [box.x + at.x, box.y + at.y];
        }""",
        node,
    )
    page.mouse.click(x, y)
