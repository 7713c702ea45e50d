import json
from types import ModuleType

import pytest
from dash.exceptions import PreventUpdate

from clt_core.config import TrainConfig
from clt_core.errors import InputError
from store import jobs
from store.dictionaries import get_dictionary
from store.workspace import Workspace
from tests.pages.examples import add_dictionary, add_graph, run_job


@pytest.fixture
def dictionaries(page) -> ModuleType:
    return page("dictionaries")


def fields(**values: object) -> tuple[list[dict[str, str]], list[object]]:
    return [{"type": "dictionaries-setting", "field": name} for name in values], list(values.values())


def test_the_demo_buttons_train_the_demo_presets(dictionaries, workspace: Workspace):
    dictionaries.train_demo_plt(1)
    dictionaries.train_demo_clt(1)
    assert [job.params["name"] for job in jobs.list_jobs(workspace)] == ["smollm2-clt-demo", "smollm2-plt-demo"]


def test_opening_the_page_trains_nothing(dictionaries, workspace: Workspace):
    for callback in (dictionaries.train_demo_plt, dictionaries.train_demo_clt):
        with pytest.raises(PreventUpdate):
            callback(None)
    with pytest.raises(PreventUpdate):
        dictionaries.train(None, *fields(name="x"))
    assert jobs.list_jobs(workspace) == []


def test_the_form_trains_with_its_values_and_defaults_for_the_rest(dictionaries, workspace: Workspace):
    job = jobs.require(
        workspace,
        dictionaries.train(1, *fields(name="mine", architecture="clt", window="", n_features=64, seed=3, initial_l0=8)),
    )
    assert TrainConfig.from_dict(job.params) == TrainConfig(
        name="mine", architecture="clt", n_features=64, seed=3, initial_l0=8.0
    )


def test_a_form_without_a_name_is_refused_with_a_sentence(dictionaries):
    with pytest.raises(InputError, match="name must be lower-case letters"):
        dictionaries.train(1, *fields(name=""))


def test_a_name_that_is_taken_is_refused(dictionaries, workspace: Workspace):
    add_dictionary(workspace, "mine")
    with pytest.raises(InputError, match="there is a dictionary mine already"):
        dictionaries.train(1, *fields(name="mine"))


def test_the_details_have_both_figures_by_layer(dictionaries, workspace: Workspace):
    add_dictionary(workspace)
    figures = [part.figure for part in dictionaries.layout(name="tiny-plt")._traverse() if hasattr(part, "figure")]
    assert [0.5, 0.6, 0.7] in [figure["data"][0]["y"] for figure in figures]
    assert [2.0, 3.0, 4.0] in [figure["data"][0]["y"] for figure in figures]


def test_an_unknown_name_shows_the_list(dictionaries):
    assert "No dictionary yet" in str(dictionaries.show_cards(None, "gone"))
    dictionaries.layout(name="../../etc")


def test_curves_are_those_of_the_training_that_runs(dictionaries, workspace: Workspace):
    job_id = dictionaries.train_demo_plt(1)
    run_job(workspace, job_id)
    event = {"event": "metrics", "time": 0.0, "step": 1, "tokens": 512, "loss": 2.5, "explained_variance": 0.1, "l0": 60.0}
    (workspace.path / "jobs" / job_id / "events.jsonl").write_text(json.dumps(event) + "\n")
    hidden, _, loss, explained, l0 = dictionaries.show_training(None)
    assert not hidden
    assert [figure["data"][0]["y"] for figure in (loss, explained, l0)] == [[2.5], [0.1], [60.0]]
    assert loss["data"][0]["x"] == [512]


def test_without_a_training_there_are_no_curves(dictionaries):
    assert dictionaries.show_training(None)[0]


def test_thinned_events_keep_the_last(dictionaries):
    kept = dictionaries.thinned([{"step": step} for step in range(1003)], 100)
    assert kept[-1] == {"step": 1002}
    assert len(kept) < 120


def test_a_dictionary_is_deleted_only_after_the_question_is_answered(dictionaries, workspace: Workspace):
    add_dictionary(workspace)
    add_graph(workspace)
    opened, text = dictionaries.ask_delete(1, "tiny-plt")
    assert opened
    assert "Its graph stays, without examples" in text
    assert get_dictionary(workspace, "tiny-plt") is not None
    assert dictionaries.delete(1, "tiny-plt") == (False, "/dictionaries")
    assert get_dictionary(workspace, "tiny-plt") is None


def test_opening_the_page_deletes_nothing(dictionaries, workspace: Workspace):
    add_dictionary(workspace)
    for callback in (dictionaries.ask_delete, dictionaries.delete):
        with pytest.raises(PreventUpdate):
            callback(None, "tiny-plt")
    assert get_dictionary(workspace, "tiny-plt") is not None


def test_a_dictionary_that_is_gone_is_missed_with_a_sentence(dictionaries):
    assert "There is no dictionary 'gone'" in str(dictionaries.layout(name="gone"))
    assert dictionaries.ask_delete(1, "gone") == (False, "")
