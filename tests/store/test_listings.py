"""Graphs, dictionaries and models: the directories are the catalogue."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clt_core.config import DEMO_PROMPT, demo_preset
from clt_core.dictionary_meta import write_meta
from clt_core.errors import InputError
from clt_core.graphs import Graph, GraphMeta, save_graph
from store.demo import submit_demo, training_key
from store.dictionaries import delete_dictionary, get_dictionary, list_dictionaries
from store.graphs import delete_graph, get_graph, list_graphs
from store.job_rows import require
from store.jobs import cancel, submit
from store.models import list_models
from store.workspace import Workspace
from tests.store.test_features import META

HOSTILE = ["../../etc", "..", "", "a/b", "/etc", ".hidden", "nobody"]


def graph(graph_id: str, **changes) -> Graph:
    meta = GraphMeta(
        id=graph_id,
        prompt=DEMO_PROMPT,
        tokens=["<|endoftext|>"],
        model="smollm2",
        model_hash="0",
        dictionary="tiny",
        architecture="plt",
        n_layers=2,
        n_features=3,
        n_active=3,
        logits=[],
        replacement_score=0.5,
        completeness_score=0.5,
        settings={},
        created="2026-01-01T00:00:00+00:00",
        seconds=1.0,
    )
    node, edge = np.zeros(3), np.zeros(2)
    return Graph(
        meta=replace(meta, **changes),
        kind=node.astype(np.uint8),
        layer=node.astype(np.int16),
        position=node.astype(np.int16),
        index=node.astype(np.int32),
        activation=node.astype(np.float32),
        influence=node.astype(np.float32),
        kept=np.array([True, True, False]),
        source=edge.astype(np.uint32),
        target=edge.astype(np.uint32),
        weight=edge.astype(np.float32),
        edge_kept=np.array([True, False]),
    )


def save(workspace: Workspace, graph_id: str, **changes) -> Path:
    directory = workspace.path / "graphs" / graph_id
    save_graph(graph(graph_id, **changes), directory)
    return directory


def test_graphs_are_listed_newest_first_with_what_survived_pruning(workspace: Workspace):
    save(workspace, "old")
    save(workspace, "new", created="2026-02-01T00:00:00+00:00")
    rows = list_graphs(workspace)
    assert [row.meta.id for row in rows] == ["new", "old"]
    assert (rows[0].n_nodes, rows[0].n_edges) == (2, 1)


def test_a_graph_is_loaded_by_its_id(workspace: Workspace):
    save(workspace, "one")
    assert get_graph(workspace, "one").n_edges == 2


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_id_that_is_no_graph_is_refused(workspace: Workspace, hostile: str):
    save(workspace, "one")
    for act in (get_graph, delete_graph):
        with pytest.raises(InputError, match="there is no graph"):
            act(workspace, hostile)
    assert [row.meta.id for row in list_graphs(workspace)] == ["one"]


def test_a_graph_that_was_replaced_is_read_again(workspace: Workspace):
    save(workspace, "one")
    assert get_graph(workspace, "one").meta.n_active == 3
    save(workspace, "one", n_active=4)
    assert get_graph(workspace, "one").meta.n_active == list_graphs(workspace)[0].meta.n_active == 4


def test_a_copied_graph_goes_by_the_name_of_its_directory(workspace: Workspace):
    shutil.copytree(save(workspace, "one"), workspace.path / "graphs" / "two")
    assert get_graph(workspace, "two").meta.id == "two"


def test_a_deleted_graph_is_gone(workspace: Workspace):
    directory = save(workspace, "one")
    delete_graph(workspace, "one")
    assert list_graphs(workspace) == []
    assert list(directory.parent.iterdir()) == []


def test_what_is_broken_or_half_written_does_not_hide_the_rest(workspace: Workspace, caplog: pytest.LogCaptureFixture):
    graphs = save(workspace, "good").parent
    (save(workspace, "cut") / "arrays.safetensors").write_bytes(b"half")
    (save(workspace, "bad") / "graph.json").write_text("{")
    (save(workspace, "later") / "graph.json").write_text(json.dumps({"schema": 9}))
    shutil.copytree(graphs / "good", graphs / ".good.0000.tmp")
    (graphs / "empty").mkdir()
    (graphs / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        assert [row.meta.id for _ in range(2) for row in list_graphs(workspace)] == ["good"] * 2
    assert len(caplog.messages) == 3


def test_dictionaries_are_listed_with_their_figures_and_graphs(workspace: Workspace):
    write_meta(META, workspace.path / "dictionaries" / "tiny")
    (workspace.path / "dictionaries" / "tiny" / "W.safetensors").write_bytes(b"12345")
    save(workspace, "one")
    (row,) = list_dictionaries(workspace)
    assert (row.size_bytes, row.n_graphs, row.mean_explained_variance, row.mean_l0) == (5, 1, 0.625, 15.0)


def test_a_dictionary_that_was_not_measured_has_no_figures(workspace: Workspace):
    write_meta(replace(META, metrics={}), workspace.path / "dictionaries" / "tiny")
    row = get_dictionary(workspace, "tiny")
    assert row is not None
    assert row.mean_explained_variance is None


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_name_that_is_no_dictionary_gives_none(workspace: Workspace, hostile: str):
    write_meta(META, workspace.path / "dictionaries" / "tiny")
    assert get_dictionary(workspace, hostile) is None


def test_a_deleted_dictionary_is_gone_and_its_graphs_stay(workspace: Workspace):
    write_meta(META, workspace.path / "dictionaries" / "tiny")
    save(workspace, "one")
    delete_dictionary(workspace, "tiny")
    assert list_dictionaries(workspace) == []
    assert list((workspace.path / "dictionaries").iterdir()) == []
    assert [row.meta.id for row in list_graphs(workspace)] == ["one"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_name_that_is_no_dictionary_deletes_nothing(workspace: Workspace, hostile: str):
    write_meta(META, workspace.path / "dictionaries" / "tiny")
    with pytest.raises(InputError, match="there is no dictionary"):
        delete_dictionary(workspace, hostile)
    assert len(list_dictionaries(workspace)) == 1


@pytest.mark.parametrize(
    ("kind", "params"),
    [("attribute", {"dictionary": "tiny"}), ("evaluate", {"dictionary": "tiny"}), ("train", {"name": "tiny"})],
)
def test_a_dictionary_that_a_job_needs_is_deleted_only_after_it(workspace: Workspace, kind: str, params: dict):
    write_meta(META, workspace.path / "dictionaries" / "tiny")
    submit(workspace, "fetch", {"name": "tiny"}, title="Other")
    job_id = submit(workspace, kind, params, title="Needs it")
    for _ in range(2):
        with pytest.raises(InputError, match="“Needs it” is (queued|running) and uses tiny: cancel it"):
            delete_dictionary(workspace, "tiny")
        workspace.connection().execute("update jobs set state = 'running' where id = ?", (job_id,))
    assert len(list_dictionaries(workspace)) == 1
    workspace.connection().execute("update jobs set state = 'done' where id = ?", (job_id,))
    delete_dictionary(workspace, "tiny")
    assert list_dictionaries(workspace) == []


def write_model(workspace: Workspace, name: str, config: dict) -> None:
    (workspace.path / "models" / name).mkdir(parents=True)
    (workspace.path / "models" / name / "config.json").write_text(json.dumps(config))


def test_models_are_listed_with_the_reference_that_settings_use(workspace: Workspace):
    write_model(workspace, "smollm2", {"num_hidden_layers": 30, "hidden_size": 576})
    write_model(workspace, "other", {"n_layer": 3, "n_embd": 32})
    other, smollm2 = list_models(workspace)
    assert (smollm2.reference, smollm2.n_layers, smollm2.d_model) == ("smollm2", 30, 576)
    assert (other.reference, other.n_layers, other.d_model) == (str(workspace.path / "models" / "other"), 3, 32)


def test_the_demonstration_is_a_chain_of_five_jobs_submitted_once(workspace: Workspace):
    ids = submit_demo(workspace)
    jobs = [require(workspace, job_id) for job_id in ids]
    assert [job.kind for job in jobs] == ["fetch", "train", "attribute", "train", "attribute"]
    assert [job.after for job in jobs] == [None, *ids[:-1]]
    assert {job.group for job in jobs} == {"demo"}
    assert submit_demo(workspace) == ids


def test_the_demonstration_leaves_out_what_exists(workspace: Workspace):
    name = demo_preset("plt").name
    write_model(workspace, "smollm2", {"num_hidden_layers": 30, "hidden_size": 576})
    write_meta(META, workspace.path / "dictionaries" / name)
    save(workspace, "one", dictionary=name)
    jobs = [require(workspace, job_id) for job_id in submit_demo(workspace)]
    assert [job.kind for job in jobs] == ["train", "attribute"]
    assert {job.params.get("name", job.params.get("dictionary")) for job in jobs} == {demo_preset("clt").name}


def test_the_demonstration_can_be_asked_for_again_after_it_was_cancelled(workspace: Workspace):
    first = submit_demo(workspace)
    cancel(workspace, first[0])
    second = submit_demo(workspace)
    assert len(second) == 5
    assert not set(first) & set(second)


def test_what_is_being_trained_already_is_not_trained_twice_by_the_demonstration(workspace: Workspace):
    name = demo_preset("plt").name
    training = submit(workspace, "train", {"name": name}, title="Train it", key=training_key(name))
    assert training in submit_demo(workspace)
