"""What the first page of an empty workspace costs, and who gets to see it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.dashboard import Dashboard
from tests.browser.wire import FIRST_BAR, RELOAD_BAR, visits


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard on an empty workspace."""
    dashboard = Dashboard(tmp_path_factory.mktemp("empty") / "workspace")
    yield dashboard
    dashboard.stop()


def test_the_first_page_and_a_reload_stay_under_their_sizes(chromium: Browser, empty: Dashboard):
    first, again = visits(chromium, empty, "/")
    assert 100_000 < first.n_bytes <= FIRST_BAR
    assert again.n_bytes <= RELOAD_BAR


def test_the_first_page_says_what_to_do_and_has_one_button_for_it(page: Page, empty: Dashboard):
    page.goto(empty.entry)
    page.wait_for_selector("#home-build:visible")
    assert page.locator("button:visible", has_text="demo").count() == 1


def test_the_token_leaves_the_address(page: Page, empty: Dashboard):
    page.goto(empty.entry)
    page.wait_for_selector("#home-build:visible")
    assert page.url == f"{empty.url}/"


def test_without_the_token_nothing_is_served(page: Page, empty: Dashboard, faults: list[str]):
    answer = page.goto(empty.url)
    assert answer is not None
    assert answer.status == 401
    assert all("401" in fault for fault in faults)
    faults.clear()
