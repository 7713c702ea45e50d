from typing import Any

import pytest

from clt_core.dictionary_meta import DictionaryMeta
from components.graph_inspector import node_card, unknown_card
from components.graph_view import GraphView, view_of
from tests.tiny_graphs import tiny_graph


def card(view: GraphView, node: str, **known: Any) -> str:
    return str(node_card(view, view.numbers[node], **known))


@pytest.fixture
def view() -> GraphView:
    return view_of(tiny_graph())


def test_an_error_says_what_it_means(view: GraphView):
    text = card(view, "0_-1_2")
    assert "L0 · error" in text
    assert "that the dictionary does not reconstruct" in text


def test_a_logit_shows_its_token_and_probability(view: GraphView):
    text = card(view, "3_30_2")
    assert "·b" in text
    assert "75.0 %" in text


def test_a_token_shows_its_text_and_position(view: GraphView):
    assert "·a" in card(view, "E_20_1")


def test_a_feature_of_a_plt_writes_to_its_own_layer(view: GraphView):
    assert "layer 1 only" in card(view, "1_7_2", feature="gone")


@pytest.mark.parametrize(("window", "last"), [(None, 29), (4, 15), (40, 29)])
def test_a_feature_of_a_clt_writes_as_far_as_its_window_reaches(window: int | None, last: int):
    graph = tiny_graph(architecture="clt", n_layers=30)
    graph.layer[1] = 12
    meta = DictionaryMeta(
        name="c",
        architecture="clt",
        window=window,
        activation="jumprelu",
        model="m",
        model_hash="0",
        n_layers=30,
        n_features=9,
        d_model=4,
        input_hook="i",
        output_hook="o",
    )
    assert f"layers 12 to {last}" in card(view_of(graph), "12_7_2", feature="gone", dictionary=meta)


def test_an_id_of_another_graph_is_named():
    assert "no node 9_9_9" in str(unknown_card("9_9_9"))
