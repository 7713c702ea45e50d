"""The picture of the README.  No check: `make screenshots` asks for it, and nothing else does."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from clt_core.config import DEMO_PROMPT
from store.graphs import list_graphs
from store.workspace import Workspace
from tests.browser.dashboard import ROOT, Dashboard
from tests.browser.driving import CYTOSCAPE, click_node, enter, graph_shown

WORKSPACE = os.environ.get("CLT_LAB_PICTURE_OF")

pytestmark = pytest.mark.skipif(WORKSPACE is None, reason="`make screenshots` renews the picture")

LARGEST = f"{CYTOSCAPE}.nodes('[kind = \"feature\"]').toArray().sort((a, b) => b.data('size') - a.data('size'))[0].id()"


@pytest.fixture
def demo() -> Iterator[Dashboard]:
    """A dashboard on the workspace that holds the demo."""
    dashboard = Dashboard(Path(str(WORKSPACE)).resolve())
    yield dashboard
    dashboard.stop()


def test_the_graph_of_the_demo_with_its_most_influential_feature_selected(demo: Dashboard, page: Page):
    workspace = Workspace.open(demo.workspace)
    graph = next(row.meta for row in list_graphs(workspace) if row.meta.prompt == DEMO_PROMPT)
    enter(page, demo, f"/graph/{graph.id}")
    graph_shown(page)
    click_node(page, page.evaluate(LARGEST))
    page.wait_for_selector("#graph-card .heatmap-peak")
    page.add_style_tag(content=".workspace { visibility: hidden }")  # a path of this machine tells a reader nothing
    page.wait_for_timeout(1000)
    page.screenshot(path=ROOT / "docs" / "images" / "graph.png")
