"""The main job: from a prompt to a graph whose features can be read."""

import pytest
from playwright.sync_api import Page

from store.graphs import list_graphs
from tests.browser.driving import FEATURES, click_node, enter, graph_shown
from tests.browser.laboratory import PROMPT, Laboratory

pytestmark = pytest.mark.slow


def test_from_a_prompt_to_the_examples_of_a_feature(laboratory: Laboratory, page: Page):
    enter(page, laboratory.dashboard, "/graphs/new")
    page.fill("#new_graph-prompt", PROMPT)
    page.wait_for_selector("#new_graph-preview .chip:not(.ghost)", timeout=60_000)
    page.wait_for_selector("#new_graph-preview .guess")
    page.click("#new_graph-submit:enabled")
    graph_shown(page)
    click_node(page, page.evaluate(FEATURES)[0])
    page.wait_for_selector("#graph-card .heatmap .heatmap-peak")
    assert page.locator("#graph-card .logit-bar").count() == 20
    assert page.locator("#graph-lists .link-row").count() > 0


def test_the_new_graph_is_listed_and_opens_from_its_address(laboratory: Laboratory, page: Page):
    graph = list_graphs(laboratory.workspace)[0].meta
    enter(page, laboratory.dashboard, "/graphs")
    page.wait_for_selector(f".ag-row:has-text('{PROMPT}')")
    enter(page, laboratory.dashboard, f"/graph/{graph.id}")
    graph_shown(page)
    assert page.locator(".graph-page", has_text=graph.dictionary).count() == 1


def test_an_empty_prompt_cannot_be_submitted(laboratory: Laboratory, page: Page):
    enter(page, laboratory.dashboard, "/graphs/new")
    page.fill("#new_graph-prompt", "  ")
    page.wait_for_selector("#new_graph-submit:disabled")


def test_a_prompt_over_the_context_is_explained_on_the_page(laboratory: Laboratory, page: Page):
    enter(page, laboratory.dashboard, "/graphs/new")
    page.fill("#new_graph-prompt", "The capital of Spain is Madrid. " * 20)
    page.wait_for_selector("#new_graph-preview :text('context')", timeout=60_000)
