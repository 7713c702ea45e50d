"""Every page in dark and light: it draws without an error, asks nobody but this machine, and fits its window."""

import pytest
from playwright.sync_api import Page

from clt_core.graphs import GraphMeta
from store.graphs import list_graphs
from tests.browser.conftest import Scheme
from tests.browser.dashboard import ROOT
from tests.browser.driving import FEATURES, click_node, enter, graph_shown, until
from tests.browser.laboratory import PROMPT, Laboratory

pytestmark = pytest.mark.slow

PATHS = {
    "home": "/",
    "new-graph": "/graphs/new",
    "graphs": "/graphs",
    "dictionaries": "/dictionaries?name=tiny-plt",
    "jobs": "/jobs",
    "unknown": "/no/such/page",
}
PICTURES = ROOT / "build" / "screenshots"
SETTLE_MS = 800


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return request.param


@pytest.fixture(scope="module")
def graph(laboratory: Laboratory) -> GraphMeta:
    """A graph of the laboratory."""
    laboratory.attribute(PROMPT, "tiny-plt")
    return list_graphs(laboratory.workspace)[0].meta


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like, for people."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def fits(page: Page) -> bool:
    """Whether the page needs no sideways scrolling."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", PATHS)
def test_a_page_draws_in_the_scheme_of_the_system_and_fits(laboratory: Laboratory, graph, page: Page, scheme: str, name: str):
    enter(page, laboratory.dashboard, PATHS[name])
    page.wait_for_timeout(SETTLE_MS)
    picture(page, f"{name}-{scheme}")
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == scheme
    assert fits(page)


def test_the_graph_draws_in_the_scheme_of_the_system_and_fits(laboratory: Laboratory, graph, page: Page, scheme: str):
    enter(page, laboratory.dashboard, f"/graph/{graph.id}")
    graph_shown(page)
    click_node(page, page.evaluate(FEATURES)[0])
    page.wait_for_selector("#graph-card .heatmap")
    page.wait_for_timeout(SETTLE_MS)
    picture(page, f"graph-{scheme}")
    assert fits(page)


def test_moving_between_pages_keeps_the_chosen_scheme(laboratory: Laboratory, page: Page, scheme: str):
    enter(page, laboratory.dashboard, "/")
    page.click("[aria-label='dark or light']")
    other = {"light": "dark", "dark": "light"}[scheme]
    until(page, f"document.documentElement.dataset.mantineColorScheme === '{other}'")
    enter(page, laboratory.dashboard, "/jobs")
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == other
