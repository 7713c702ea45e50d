"""The `page` fixture notices what it is there to notice."""

from playwright.sync_api import Page

from tests.browser.driving import until


def test_a_request_that_leaves_this_machine_is_a_fault_and_gets_no_answer(page: Page, faults: list[str]):
    page.set_content('<img src="https://example.com/logo.png" onerror="document.title = \'refused\'">')
    until(page, "document.title === 'refused'")
    assert any("https://example.com/logo.png" in fault for fault in faults)
    faults.clear()


def test_an_error_in_a_script_is_a_fault(page: Page, faults: list[str]):
    page.set_content("<script>absent.call()</script>")
    assert any("absent is not defined" in fault for fault in faults)
    faults.clear()
