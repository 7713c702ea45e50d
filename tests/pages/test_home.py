import json
from types import ModuleType

import pytest
from dash.exceptions import PreventUpdate

from store import jobs
from store.workspace import Workspace
from tests.pages.examples import add_dictionary, add_graph, run_job, set_job


@pytest.fixture
def home(page) -> ModuleType:
    return page("home")


def test_an_empty_workspace_shows_what_to_do_first_and_nothing_else(home):
    demo_hidden, introduction_hidden, steps, _, build, retry = home.show_demo(None)
    assert (demo_hidden, introduction_hidden, build, retry) == (False, False, "inline-flex", "none")
    assert len(steps.children) == 5
    root, recent_hidden, side_hidden, *_ = home.show_recent(None)
    assert (root, recent_hidden, side_hidden) == ("start", True, True)


def test_the_button_submits_a_chain_of_jobs_and_follows_the_first(home, workspace: Workspace):
    followed = home.build_demo(1)
    steps = home.demo_jobs(workspace)
    assert followed == steps[0].id
    assert [job.kind for job in steps] == ["fetch", "train", "attribute", "train", "attribute"]
    assert [job.after for job in steps] == [None, *(job.id for job in steps[:-1])]


def test_a_second_click_submits_nothing(home, workspace: Workspace):
    assert home.build_demo(1) == home.build_demo(2)
    assert len(jobs.list_jobs(workspace)) == 5


def test_opening_the_page_is_no_click(home, workspace: Workspace):
    for callback in (home.build_demo, home.retry_demo):
        with pytest.raises(PreventUpdate):
            callback(None)
    assert jobs.list_jobs(workspace) == []


def test_the_steps_show_what_the_rows_say(home, workspace: Workspace):
    home.build_demo(1)
    run_job(workspace, home.demo_jobs(workspace)[0].id, fraction=0.25, stage="downloading")
    _, _, steps, summary, build, _ = home.show_demo(None)
    shown = str(steps.to_plotly_json())
    assert "downloading" in shown
    assert "25 %" in shown
    assert (summary, build) == ("0 of 5 steps done", "none")


def test_a_failed_step_says_why_and_can_be_retried(home, workspace: Workspace):
    home.build_demo(1)
    first = home.demo_jobs(workspace)[0]
    set_job(workspace, first.id, state="failed", error="no network: connect and retry\ntraceback", finished=first.created)
    _, _, steps, _, _, retry = home.show_demo(None)
    assert "no network: connect and retry" in str(steps.to_plotly_json())
    assert "traceback" not in str(steps.to_plotly_json())
    assert retry == "inline-flex"
    assert home.retry_demo(1) == first.id
    assert home.demo_jobs(workspace)[0].state == "queued"


def test_a_finished_demo_leads_to_its_graphs(home, workspace: Workspace):
    home.build_demo(1)
    for job in home.demo_jobs(workspace):
        result = {"graph": "a-graph"} if job.kind == "attribute" else {}
        set_job(workspace, job.id, state="done", result=json.dumps(result), finished=job.created)
    add_dictionary(workspace)
    add_graph(workspace)
    root, _, _, done, *_ = home.show_recent(None)
    assert root == "columns"
    assert "/graph/a-graph" in str(done)


def test_a_workspace_in_use_shows_its_graphs_and_no_demo(home, workspace: Workspace):
    add_dictionary(workspace)
    add_graph(workspace, prompt="<b>2 + 2 =</b>")
    assert home.show_demo(None)[0]
    graphs = str(home.show_recent(None)[4])
    assert "<b>2 + 2 =</b>" in graphs
    assert "dangerously" not in graphs


def test_what_was_deleted_can_be_built_again(home, workspace: Workspace):
    home.build_demo(1)
    for job in home.demo_jobs(workspace):
        result = {"graph": "a-graph"} if job.kind == "attribute" else {}
        set_job(workspace, job.id, state="done", result=json.dumps(result), finished=job.created)
    hidden, _, _, _, build, _ = home.show_demo(None)
    assert (hidden, build) == (False, "inline-flex")
    assert home.show_recent(None)[3] is None, "no link to a graph that is gone"
