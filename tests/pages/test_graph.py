import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from clt_core.dictionary_meta import DictionaryMeta, read_meta, write_meta
from clt_core.graphs import save_graph
from pages import _graph_route, _graph_source
from store.workspace import Workspace
from tests.tiny_graphs import ATTACK, tiny_graph

LOGITS = pa.list_(pa.struct([("token", pa.string()), ("value", pa.float32())]))
EXAMPLES = pa.list_(
    pa.struct([("tokens", pa.list_(pa.string())), ("activations", pa.list_(pa.float32())), ("peak", pa.int16())]),
)
COLUMNS = [
    pa.field("layer", pa.int16()),
    pa.field("feature", pa.int32()),
    *(pa.field(name, pa.float32()) for name in ("density", "max_activation", "mean_activation")),
    pa.field("n_tokens", pa.int64()),
    pa.field("top_logits", LOGITS),
    pa.field("bottom_logits", LOGITS),
    pa.field("examples", EXAMPLES),
]


def write_dictionary(directory: Path) -> None:
    """A dictionary that knows feature 5 of layer 0, and nothing of the others."""
    (directory / "features").mkdir(parents=True)
    write_meta(
        DictionaryMeta(
            name="tiny-plt",
            architecture="plt",
            window=None,
            activation="jumprelu",
            model="smollm2",
            model_hash="0",
            n_layers=2,
            n_features=9,
            d_model=4,
            input_hook="mlp.hook_in",
            output_hook="hook_mlp_out",
        ),
        directory,
    )
    logits = [{"token": ATTACK, "value": 1.0}] * 10
    row = {
        "layer": 0,
        "feature": 5,
        "density": 0.25,
        "max_activation": 4.0,
        "mean_activation": 1.0,
        "n_tokens": 100,
        "top_logits": logits,
        "bottom_logits": logits,
        "examples": [{"tokens": [ATTACK, " cat"], "activations": [4.0, 0.0], "peak": 0}],
    }
    pq.write_table(pa.Table.from_pylist([row], schema=pa.schema(COLUMNS)), directory / "features" / "part-00000.parquet")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path_factory.mktemp("graph") / "workspace")
    save_graph(tiny_graph(), workspace.path / "graphs" / "tiny")
    save_graph(tiny_graph(id="orphan", dictionary="gone"), workspace.path / "graphs" / "orphan")
    write_dictionary(workspace.path / "dictionaries" / "tiny-plt")
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> ModuleType:
    """The page's module, as the app of this workspace loaded it."""
    create_app(workspace)
    return sys.modules["pages.graph"]


@pytest.fixture
def client(workspace: Workspace) -> FlaskClient:
    server = Flask("test")
    _graph_route.register_routes(server, workspace)
    return server.test_client()


def test_the_page_of_a_graph_holds_its_nodes_and_its_address(page: ModuleType):
    text = str(page.layout("tiny", "0_5_1"))
    assert "/api/graph/tiny.bin?v=" in text
    assert "'id': '1_7_2'" in text


def test_the_pages_stores_hold_ids_only(page: ModuleType):
    source, selection = page.layout("tiny", "0_5_1").children[:2]
    assert sorted(source.data) == ["graph", "node", "url"]
    assert selection.data == {"node": "0_5_1"}


def test_an_unknown_graph_is_explained(page: ModuleType):
    assert "there is no graph 'nope'" in str(page.layout("nope"))


def test_the_frame_without_a_graph_has_every_id_that_callbacks_name(page: ModuleType):
    text = str(page.layout())
    for name in (
        "SOURCE",
        "SELECTION",
        "MOUNTED",
        "MESSAGE",
        "CY",
        "CARD",
        "LISTS",
        "COUNTS",
        "KEEP",
        "ERRORS",
        "EDGES",
        "FIT",
        "COPY",
    ):
        assert f"id='{getattr(page, name)}'" in text


def test_a_selected_feature_shows_its_examples(page: ModuleType):
    text = str(page.show_node({"node": "0_5_1"}, {"graph": "tiny"}))
    assert "heatmap-peak" in text
    assert "25.0 %" in text


def test_a_feature_that_the_dictionary_lacks_is_explained(page: ModuleType):
    assert "has no feature 7 in layer 1" in str(page.show_node({"node": "1_7_2"}, {"graph": "tiny"}))


def test_a_graph_outlives_its_dictionary(page: ModuleType):
    assert "there is no dictionary 'gone'" in str(page.show_node({"node": "0_5_1"}, {"graph": "orphan"}))
    assert "/api/graph/orphan.bin" in str(page.layout("orphan"))


def test_a_dictionary_that_took_the_name_of_the_graphs_own_does_not_explain_it(page: ModuleType, workspace: Workspace):
    save_graph(tiny_graph(id="older", created="2020-01-01T00:00:00+00:00"), workspace.path / "graphs" / "older")
    directory = workspace.path / "dictionaries" / "tiny-plt"
    before = read_meta(directory)
    write_meta(replace(before, provenance={"created": "2020-01-01T00:00:01+00:00"}), directory)
    text = str(page.show_node({"node": "0_5_1"}, {"graph": "older"}))
    shown = _graph_source.view(workspace, "older")
    content = _graph_source.block(workspace, shown).content
    write_meta(before, directory)
    assert "tiny-plt was trained again after this graph was made" in text
    assert "heatmap-peak" not in text
    assert content != _graph_source.block(workspace, shown).content


def test_nothing_selected_and_an_unknown_node_have_cards(page: ModuleType):
    assert "Click a node" in str(page.show_node({"node": None}, {"graph": "tiny"}))
    assert "no node 9_9_9" in str(page.show_node({"node": "9_9_9"}, {"graph": "tiny"}))


def test_the_arrays_are_kept_for_ever_under_the_address_that_names_their_content(workspace: Workspace, client: FlaskClient):
    block = _graph_source.block(workspace, _graph_source.view(workspace, "tiny"))
    answer = client.get(_graph_route.address("tiny", block.version))
    assert answer.data == block.content
    assert "immutable" in answer.headers["Cache-Control"]


def test_the_arrays_under_an_older_address_are_asked_for_again(client: FlaskClient):
    assert client.get("/api/graph/tiny.bin?v=old").headers["Cache-Control"] == "private, no-cache"


def test_unchanged_arrays_are_not_sent_twice(client: FlaskClient):
    tag = client.get("/api/graph/tiny.bin").headers["ETag"]
    again = client.get("/api/graph/tiny.bin", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.data == b""


@pytest.mark.parametrize("graph_id", ["nope", "..", "%2e%2e%2ftiny", "tiny%2f..%2ftiny", ""])
def test_an_id_that_names_no_graph_is_not_found(client: FlaskClient, graph_id: str):
    assert client.get(f"/api/graph/{graph_id}.bin").status_code == 404
