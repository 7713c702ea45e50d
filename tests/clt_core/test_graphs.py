"""A graph on disk is whole or absent, and reads back as it was."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clt_core.errors import InputError
from clt_core.graphs import ARRAYS, Graph, GraphMeta, Kind, load_graph, load_meta, save_graph

META = GraphMeta(
    id="tiny",
    prompt="The end",
    tokens=["<bos>", "The", " end"],
    model="tiny",
    model_hash="0" * 64,
    dictionary="tiny-plt",
    architecture="plt",
    n_layers=1,
    n_features=8,
    n_active=1,
    logits=[{"token": " é\x00", "probability": 0.5}],
    replacement_score=0.25,
    completeness_score=0.75,
    settings={"prompt": "The end"},
    created="2026-01-01T00:00:00+00:00",
    seconds=1.5,
)


@pytest.fixture
def graph() -> Graph:
    """A feature, an error, a token and a logit, with three edges."""
    return Graph(
        meta=META,
        kind=np.array([Kind.FEATURE, Kind.ERROR, Kind.TOKEN, Kind.LOGIT], np.uint8),
        layer=np.array([0, 0, -1, 1], np.int16),
        position=np.array([2, 2, 1, 2], np.int16),
        index=np.array([5, -1, 7, 9], np.int32),
        activation=np.array([1.5, 0, 0, 0.5], np.float32),
        influence=np.array([0.5, 0.8, 1, 0], np.float32),
        kept=np.array([True, False, True, True]),
        source=np.array([2, 0, 1], np.uint32),
        target=np.array([0, 3, 3], np.uint32),
        weight=np.array([2, -1, 0.5], np.float32),
        edge_kept=np.array([True, True, False]),
    )


def test_a_graph_reads_back_as_it_was_saved(graph: Graph, tmp_path: Path):
    save_graph(graph, tmp_path / "tiny")
    read = load_graph(tmp_path / "tiny")
    assert read.meta == META
    assert (read.n_nodes, read.n_edges) == (4, 3)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(read, name), getattr(graph, name))
        assert getattr(read, name).dtype == getattr(graph, name).dtype


def test_saving_again_replaces_the_whole_graph(graph: Graph, tmp_path: Path):
    save_graph(graph, tmp_path / "tiny")
    (tmp_path / "tiny" / "left-over").touch()
    save_graph(replace(graph, meta=replace(META, seconds=2.0)), tmp_path / "tiny")
    assert sorted(path.name for path in (tmp_path / "tiny").iterdir()) == ["arrays.safetensors", "graph.json"]
    assert load_meta(tmp_path / "tiny").seconds == 2.0


def test_a_graph_that_cannot_be_saved_leaves_the_one_before_as_it_was(graph: Graph, tmp_path: Path):
    save_graph(graph, tmp_path / "tiny")
    with pytest.raises(ValueError, match="Out of range float values"):
        save_graph(replace(graph, meta=replace(META, replacement_score=float("nan"))), tmp_path / "tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]
    assert load_meta(tmp_path / "tiny") == META


def test_a_directory_without_a_graph_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="there is no graph in"):
        load_graph(tmp_path)


def test_a_graph_of_a_later_schema_is_refused(graph: Graph, tmp_path: Path):
    save_graph(graph, tmp_path / "tiny")
    path = tmp_path / "tiny" / "graph.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 2}))
    with pytest.raises(InputError, match="schema 2, this version reads up to 1"):
        load_meta(tmp_path / "tiny")
