import json
from types import ModuleType

import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from clt_core.errors import InputError
from store import jobs
from store.workspace import Workspace
from tests.pages.examples import add_dictionary, run_job, set_job


@pytest.fixture
def new_graph(page, workspace: Workspace) -> ModuleType:
    add_dictionary(workspace)
    return page("new_graph")


IDS = [{"type": "new_graph-setting", "field": "max_n_logits"}, {"type": "new_graph-setting", "field": "node_threshold"}]


def submit(new_graph: ModuleType, *, n: int | None = 1, prompt: str = "1 + 1 =", values: tuple[float | str, ...] = (5, "")):
    return new_graph.submit(n, prompt, "tiny-plt", IDS, list(values))


def test_submitting_queues_one_job_with_the_settings_entered(new_graph, workspace: Workspace):
    job_id, followed = submit(new_graph)
    job = jobs.require(workspace, job_id)
    assert followed == job_id
    assert (job.kind, job.params["prompt"], job.params["max_n_logits"]) == ("attribute", "1 + 1 =", 5)
    assert job.params["node_threshold"] == 0.8, "a cleared input means the default"


def test_a_double_click_queues_one_job(new_graph, workspace: Workspace):
    assert submit(new_graph) == submit(new_graph)
    assert len(jobs.list_jobs(workspace)) == 1


def test_opening_the_page_submits_nothing(new_graph, workspace: Workspace):
    with pytest.raises(PreventUpdate):
        submit(new_graph, n=None)
    assert jobs.list_jobs(workspace) == []


def test_an_empty_prompt_is_refused_with_a_sentence(new_graph, workspace: Workspace):
    with pytest.raises(InputError, match="the prompt is empty"):
        submit(new_graph, prompt="  ")
    assert jobs.list_jobs(workspace) == []


def test_a_value_out_of_range_is_refused_with_a_sentence(new_graph):
    with pytest.raises(InputError, match="node_threshold must be above 0 and at most 1"):
        submit(new_graph, values=(5, 2))


def test_the_form_can_be_submitted_only_with_prompt_and_dictionary(new_graph):
    assert new_graph.show_choice("tiny-plt", "x")[1] is False
    assert new_graph.show_choice("tiny-plt", " ")[1] is True
    assert new_graph.show_choice(None, "x")[1] is True
    assert new_graph.show_choice("deleted", "x")[1] is True


def test_without_a_dictionary_the_page_says_how_to_get_one(page):
    layout = str(page("new_graph").layout())
    assert "No dictionary yet" in layout
    assert "/dictionaries" in layout


def test_a_new_prompt_replaces_the_preview_that_waits(new_graph, workspace: Workspace):
    first, *_ = new_graph.ask_preview("a", "tiny-plt", None)
    second, *_ = new_graph.ask_preview("ab", "tiny-plt", first)
    assert jobs.require(workspace, first).state == "cancelled"
    assert jobs.require(workspace, second).params == {"model": "smollm2", "prompt": "ab"}


def test_no_preview_is_asked_for_without_a_prompt(new_graph, workspace: Workspace):
    assert new_graph.ask_preview("  ", "tiny-plt", None)[0] is None
    assert jobs.list_jobs(workspace, kinds=["preview"]) == []


def test_a_preview_shows_tokens_guesses_and_warnings_as_text(new_graph, workspace: Workspace):
    job_id, *_ = new_graph.ask_preview("<i>", "tiny-plt", None)
    result = {
        "tokens": [{"id": 1, "text": "<bos>"}, {"id": 5, "text": "<i>"}],
        "next": [{"token": " a", "probability": 0.5}],
        "warnings": ["the prompt ends with a space"],
    }
    set_job(workspace, job_id, state="done", result=json.dumps(result))
    shown, answered = new_graph.show_preview(1, job_id)
    assert new_graph.stop_clock(job_id, answered)
    assert all(text in str(shown) for text in ("<i>", "token 1 · id 5", "50.0 %", "the prompt ends with a space"))


def test_a_preview_that_failed_says_why(new_graph, workspace: Workspace):
    job_id, *_ = new_graph.ask_preview("x", "tiny-plt", None)
    set_job(workspace, job_id, state="failed", error="the prompt is longer than the context of 8192 tokens")
    shown, answered = new_graph.show_preview(1, job_id)
    assert new_graph.stop_clock(job_id, answered)
    assert "longer than the context" in str(shown)


def test_a_late_answer_to_an_earlier_prompt_does_not_end_the_wait_for_the_new_one(new_graph, workspace: Workspace):
    first, *_ = new_graph.ask_preview("a", "tiny-plt", None)
    set_job(workspace, first, state="done", result=json.dumps({"tokens": [], "next": [], "warnings": []}))
    _, late = new_graph.show_preview(1, first)
    second, *_ = new_graph.ask_preview("ab", "tiny-plt", first)
    assert not new_graph.stop_clock(second, late)


def test_a_job_seen_to_run_leads_to_its_graph(new_graph, workspace: Workspace):
    job_id, _ = submit(new_graph)
    run_job(workspace, job_id, fraction=0.5, stage="edges")
    shown, cancel, watched, href = new_graph.show_status(None, job_id, None)
    assert "edges" in str(shown)
    assert (cancel, watched, href) == ("inline-flex", job_id, no_update)
    set_job(workspace, job_id, state="done", result=json.dumps({"graph": "g-1"}))
    assert new_graph.show_status(None, job_id, watched)[2:] == (None, "/graph/g-1")


def test_a_job_found_done_offers_its_graph_and_does_not_move_the_page(new_graph, workspace: Workspace):
    job_id, _ = submit(new_graph)
    set_job(workspace, job_id, state="done", result=json.dumps({"graph": "g-1"}))
    shown, _, _, href = new_graph.show_status(None, job_id, None)
    assert href is no_update
    assert "/graph/g-1" in str(shown)


def test_a_job_of_another_workspace_shows_nothing(new_graph):
    assert new_graph.show_status(None, "unknown", None)[0] is None


def test_cancel_asks_the_job_to_stop(new_graph, workspace: Workspace):
    job_id, _ = submit(new_graph)
    new_graph.cancel(1, job_id)
    assert jobs.require(workspace, job_id).state == "cancelled"
