from components.graph_controls import controls, limits
from components.graph_view import view_of
from tests.tiny_graphs import tiny_graph

IDS = {"keep": "k", "errors": "e", "edges": "d", "fit": "f", "copy": "c"}


def test_the_slider_reaches_every_kept_node():
    assert limits(view_of(tiny_graph())).most >= 100 * 0.875


def test_a_small_graph_starts_with_all_its_edges():
    text = str(controls(limits(view_of(tiny_graph())), **IDS))
    assert "value='all'" in text
    assert "2,000" not in text
