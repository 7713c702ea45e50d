import os
import signal
from types import ModuleType

import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from pages import _live, _shell
from store import jobs
from store.workspace import Workspace
from tests.pages.examples import add_graph, run_job, set_job


@pytest.fixture
def jobs_page(page) -> ModuleType:
    return page("jobs")


@pytest.fixture
def job_id(app, workspace: Workspace) -> str:
    return jobs.submit(workspace, "fetch", {"model": "<script>"}, title="Fetch a model")


def test_the_table_has_the_jobs_of_the_chosen_state(jobs_page, job_id, workspace: Workspace):
    other = jobs.submit(workspace, "fetch", {"model": "b"}, title="Fetch another")
    jobs.cancel(workspace, other)
    assert {row["id"] for row in jobs_page.show_jobs(None, "all")} == {job_id, other}
    assert [row["id"] for row in jobs_page.show_jobs(None, "cancelled")] == [other]


def test_details_show_stages_log_parameters_and_what_can_be_done(jobs_page, job_id, workspace: Workspace):
    run_job(workspace, job_id, fraction=0.5, stage="downloading 3 of 5")
    directory = workspace.path / "jobs" / job_id
    (directory / "log.txt").write_text("a line of the log\n")
    (directory / "events.jsonl").write_text(
        '{"time": 1.0, "event": "progress", "fraction": 0.5, "stage": "downloading 3 of 5"}\n'
    )
    detail, cancel_disabled, retry_disabled = jobs_page.show_detail(None, job_id)
    assert all(text in str(detail) for text in ("downloading 3 of 5", "a line of the log", "<script>"))
    assert (cancel_disabled, retry_disabled) == (False, True)


def test_a_failed_job_shows_its_error_and_can_be_retried(jobs_page, job_id, workspace: Workspace):
    set_job(workspace, job_id, state="failed", error="no network\nlast line of the log")
    detail, cancel_disabled, retry_disabled = jobs_page.show_detail(None, job_id)
    assert "last line of the log" in str(detail)
    assert (cancel_disabled, retry_disabled) == (True, False)
    assert jobs_page.retry(1, job_id) == (True, job_id)
    assert jobs.require(workspace, job_id).attempt == 2


def test_cancel_reaches_the_row(jobs_page, job_id, workspace: Workspace):
    jobs_page.cancel(1, job_id)
    assert jobs.require(workspace, job_id).state == "cancelled"


def test_opening_the_page_cancels_and_retries_nothing(jobs_page, job_id, workspace: Workspace):
    for callback in (jobs_page.cancel, jobs_page.retry):
        with pytest.raises(PreventUpdate):
            callback(None, job_id)
    assert jobs.require(workspace, job_id).state == "queued"


def test_an_unknown_job_shows_that_none_is_selected(jobs_page):
    assert "No job selected" in str(jobs_page.show_detail(None, "unknown")[0])


def test_a_selection_that_the_table_lost_stays(jobs_page):
    assert jobs_page.select([]) is no_update
    assert jobs_page.select([{"id": "x"}]) == "x"


def test_the_clock_finds_a_job_whose_process_is_gone(job_id, workspace: Workspace):
    set_job(workspace, job_id, state="running", pid=2**22 + 1, pid_start=1.0, started=1.0)
    _shell.tick(1, None, None)
    assert jobs.require(workspace, job_id).state == "lost"


def test_the_clock_sends_a_revision_only_when_something_changed(job_id, workspace: Workspace):
    revision, n_live, *_ = _shell.tick(1, None, None)
    assert n_live == "1"
    assert _shell.tick(2, revision, None)[:2] == (no_update, no_update)
    jobs.cancel(workspace, job_id)
    assert _shell.tick(3, revision, None)[0] not in (no_update, revision)


def test_the_strip_shows_the_job_from_the_table_after_any_reload(job_id, workspace: Workspace):
    run_job(workspace, job_id, fraction=0.5, stage="downloading")
    hidden, title, _, stage, value, *_ = _shell.show_strip(None, job_id)
    assert (hidden, title, stage, value) == (False, "Fetch a model", "downloading", 50)
    assert _shell.show_strip(None, "a job of another workspace")[0] is True
    assert _shell.show_strip(None, None)[0] is True


def test_the_strip_goes_on_to_the_next_job_of_a_chain(app, workspace: Workspace):
    first = jobs.submit(workspace, "fetch", {"model": "a"}, title="1", group="demo")
    second = jobs.submit(workspace, "fetch", {"model": "b"}, title="2", group="demo", after=first)
    set_job(workspace, first, state="done")
    job = _live.current(workspace, first)
    assert job is not None
    assert job.id == second


def test_the_follower_relays_progress_and_ends_with_the_job(app, job_id, workspace: Workspace, monkeypatch):
    run_job(workspace, job_id, fraction=0.5, stage="downloading")
    monkeypatch.setattr("os.getppid", lambda: _shell.PARENT)
    shown = []

    def set_progress(values: list[object]) -> None:
        shown.append(values)
        set_job(workspace, job_id, state="done")

    assert _shell.follow(set_progress, job_id) == "done"
    assert shown == [["downloading", 50]]


def test_the_follower_of_an_unknown_job_ends_at_once(app):
    assert _shell.follow(lambda values: None, "unknown") is None


def test_a_follower_leaves_when_its_dashboard_is_gone(app, job_id, workspace: Workspace, monkeypatch):
    run_job(workspace, job_id)
    monkeypatch.setattr(_shell, "PARENT", -1)
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)
        _shell.follow(lambda values: None, job_id)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert jobs.require(workspace, job_id).state == "running", "the follower owns nothing"


def test_the_revision_tells_of_a_better_known_end_of_a_lost_job(app, job_id, workspace: Workspace):
    set_job(workspace, job_id, state="lost", error="its process ended", finished=1.0)
    before = _live.revision(workspace)
    set_job(workspace, job_id, error="its process was killed by SIGKILL", finished=1.1)
    assert _live.revision(workspace) != before


def test_lists_of_graphs_are_left_alone_while_a_job_runs(app, job_id, workspace: Workspace, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 60.0)
    _, _, library, _ = _shell.tick(1, None, None)
    run_job(workspace, job_id, fraction=0.5)
    assert _shell.tick(2, None, library)[2] is no_update
    add_graph(workspace)
    assert _shell.tick(3, None, library)[2] not in (no_update, library)


def test_a_job_that_is_being_cancelled_is_not_cancelled_twice(app, job_id, workspace: Workspace):
    run_job(workspace, job_id)
    assert _shell.show_strip(None, job_id)[-1] is False
    jobs.cancel(workspace, job_id)
    assert _shell.show_strip(None, job_id)[-1] is True
