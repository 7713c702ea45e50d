"""A job outlives the dashboard that started it, and what the page then says is true."""

import time

import psutil
import pytest
from playwright.sync_api import Page

from store import jobs
from tests.browser.driving import enter
from tests.browser.laboratory import Laboratory

pytestmark = pytest.mark.slow

LONG = {"n_tokens": 50_000_000, "n_features": 512}


def working(laboratory: Laboratory) -> list[psutil.Process]:
    """The processes that train."""
    return [process for process in laboratory.dashboard.processes() if "run-job" in process.cmdline()]


def start_long_job(laboratory: Laboratory, page: Page) -> str:
    """A training that would take hours, started by the dashboard."""
    job = laboratory.submit_training("tiny-long", **LONG)
    enter(page, laboratory.dashboard, f"/jobs?job={job}")
    laboratory.wait(job, "running")
    deadline = time.monotonic() + 60
    while not jobs.events(laboratory.workspace, job):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return job


def test_a_job_survives_the_death_of_the_dashboard_and_can_be_cancelled_from_the_next(
    fresh_laboratory: Laboratory, page: Page, faults: list[str]
):
    job = start_long_job(fresh_laboratory, page)
    before = {process.pid for process in working(fresh_laboratory)}
    fresh_laboratory.dashboard.kill()
    fresh_laboratory.dashboard.start()
    enter(page, fresh_laboratory.dashboard, f"/jobs?job={job}")
    faults.clear()  # until then the browser says that nobody answers
    page.wait_for_selector("#jobs-detail .state:has-text('running')")
    assert {process.pid for process in working(fresh_laboratory)} == before
    page.click("#jobs-cancel:enabled")
    page.wait_for_selector("#jobs-detail .state:has-text('cancelled')", timeout=20_000)
    assert working(fresh_laboratory) == []


def test_a_job_whose_process_was_killed_is_shown_as_lost(fresh_laboratory: Laboratory, page: Page):
    job = start_long_job(fresh_laboratory, page)
    for process in fresh_laboratory.dashboard.processes():
        if process.pid != fresh_laboratory.dashboard.process.pid and {"run-job", "store.worker"} & set(process.cmdline()):
            process.kill()
    enter(page, fresh_laboratory.dashboard, f"/jobs?job={job}")
    page.wait_for_selector("#jobs-detail .state:has-text('lost')", timeout=20_000)
