"""Text from models and people stays text: a token that is HTML or script is shown, never run."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page

from clt_core.config import AttributeConfig
from clt_core.dictionary_meta import DictionaryMeta, write_meta
from clt_core.graphs import Graph, GraphMeta, Kind, save_graph
from tests.browser.dashboard import Dashboard
from tests.browser.driving import click_node, enter, graph_shown

ATTACK = '"><img src=x onerror="window.broken=1"><script>window.broken=1</script>{{7*7}}'
N_TOKENS = 3


def write_dictionary(workspace: Path) -> None:
    """A dictionary, without weights, whose every text is an attack."""
    directory = workspace / "dictionaries" / "hostile"
    (directory / "features").mkdir(parents=True)
    metrics = {"explained_variance": [0.5], "l0": [1.0], "n_tokens": 9, "dead": 0.0, "l0_asymmetry": None}
    meta = DictionaryMeta(
        name="hostile",
        architecture="plt",
        window=None,
        activation="jumprelu",
        model=ATTACK,
        model_hash="0" * 64,
        input_hook="mlp.hook_in",
        output_hook="hook_mlp_out",
        metrics=metrics,
        n_layers=1,
        n_features=1,
        d_model=4,
    )
    write_meta(meta, directory)
    logits = [{"token": ATTACK, "value": 1.0}] * 10
    example = {"tokens": [ATTACK] * 3, "activations": [0.0, 1.0, 0.5], "peak": 1}
    row = {
        "layer": 0,
        "feature": 0,
        "density": 0.1,
        "max_activation": 1.0,
        "mean_activation": 0.5,
        "n_tokens": 90,
        "top_logits": logits,
        "bottom_logits": logits,
        "examples": [example],
    }
    logit = pa.list_(pa.struct([("token", pa.string()), ("value", pa.float32())]))
    examples = pa.struct([("tokens", pa.list_(pa.string())), ("activations", pa.list_(pa.float32())), ("peak", pa.int16())])
    numbers = [(name, pa.float32()) for name in ("density", "max_activation", "mean_activation")]
    schema = pa.schema(
        [
            ("layer", pa.int16()),
            ("feature", pa.int32()),
            *numbers,
            ("n_tokens", pa.int64()),
            ("top_logits", logit),
            ("bottom_logits", logit),
            ("examples", pa.list_(examples)),
        ]
    )
    pq.write_table(pa.Table.from_pylist([row], schema=schema), directory / "features" / "part-00000.parquet")


def write_graph(workspace: Path) -> None:
    """A graph of one feature and one logit over three tokens, each text an attack."""
    settings = asdict(AttributeConfig(prompt=ATTACK, dictionary="hostile"))
    meta = GraphMeta(
        id="hostile",
        prompt=ATTACK,
        tokens=[ATTACK] * N_TOKENS,
        model=ATTACK,
        model_hash="0" * 64,
        dictionary="hostile",
        architecture="plt",
        n_layers=1,
        n_features=1,
        n_active=1,
        logits=[{"token": ATTACK, "probability": 0.9}],
        replacement_score=0.5,
        completeness_score=0.5,
        settings=settings,
        created="2026-01-01T00:00:00+00:00",
        seconds=1.0,
    )
    graph = Graph(
        meta=meta,
        kind=np.array([Kind.FEATURE, Kind.TOKEN, Kind.LOGIT], np.uint8),
        layer=np.array([0, -1, 1], np.int16),
        position=np.array([1, 0, 2], np.int16),
        index=np.array([0, 7, 9], np.int32),
        activation=np.array([1.0, 0.0, 0.9], np.float32),
        influence=np.array([0.5, 0.9, 1.0], np.float32),
        kept=np.ones(3, np.bool_),
        source=np.array([1, 0], np.uint32),
        target=np.array([0, 2], np.uint32),
        weight=np.array([0.7, 0.3], np.float32),
        edge_kept=np.ones(2, np.bool_),
    )
    save_graph(graph, workspace / "graphs" / "hostile")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory):
    """A dashboard on a workspace full of attacks."""
    dashboard = Dashboard(tmp_path_factory.mktemp("hostile") / "workspace")
    write_dictionary(dashboard.workspace)
    write_graph(dashboard.workspace)
    yield dashboard
    dashboard.stop()


def harmless(page: Page) -> bool:
    """Whether nothing of the attack became part of the page."""
    return page.evaluate("window.broken === undefined && !document.querySelector('img[src=x]')")


@pytest.mark.parametrize("path", ["/", "/graphs", "/dictionaries?name=hostile", "/graphs/new"])
def test_a_page_shows_hostile_text_as_text(hostile: Dashboard, page: Page, path: str):
    enter(page, hostile, path)
    page.wait_for_selector(":text('onerror'):visible" if path != "/graphs/new" else "#new_graph-submit")
    assert harmless(page)


def test_a_graph_and_its_feature_show_hostile_text_as_text(hostile: Dashboard, page: Page):
    enter(page, hostile, "/graph/hostile")
    graph_shown(page)
    click_node(page, page.evaluate("document.getElementById('graph-cy')._cyreg.cy.nodes('[kind = \"feature\"]')[0].id()"))
    page.wait_for_selector("#graph-card .heatmap :text('onerror')")
    page.hover("#graph-lists .link-row")
    assert harmless(page)


def test_a_hostile_address_is_an_unknown_graph(hostile: Dashboard, page: Page):
    enter(page, hostile, "/graph/%3Cimg%20src=x%20onerror=window.broken=1%3E")
    page.wait_for_selector(":text('no such graph')")
    assert harmless(page)
