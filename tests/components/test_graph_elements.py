import pytest

from components.graph_elements import elements, sizes
from components.graph_layout import place
from components.graph_view import GraphView, view_of
from tests.tiny_graphs import tiny_graph


@pytest.fixture
def view() -> GraphView:
    return view_of(tiny_graph())


def test_cytoscape_gets_every_kept_node_with_its_kind_and_place(view: GraphView):
    nodes = [one for one in elements(view, place(view)) if "position" in one]
    assert [node["data"]["id"] for node in nodes] == view.ids
    assert nodes[2]["data"]["kind"] == "error"


def test_cytoscapes_edges_are_the_strongest_and_say_their_sign(view: GraphView):
    edges = [one["data"] for one in elements(view, place(view)) if "position" not in one]
    assert edges[0] | {"strength": 1.0} == edges[0]
    negative = [edge for edge in edges if edge["sign"] == "negative"]
    assert [(edge["source"], edge["target"]) for edge in negative] == [("0_5_1", "1_7_2")]


def test_a_more_influential_feature_is_drawn_larger(view: GraphView):
    size = sizes(view)
    assert size[view.numbers["0_5_1"]] > size[view.numbers["1_7_2"]]
