import numpy as np
import pytest

from components.graph_layout import Placement, place, row_names
from components.graph_view import GraphView, view_of
from tests.tiny_graphs import tiny_graph


@pytest.fixture
def view() -> GraphView:
    return view_of(tiny_graph())


@pytest.fixture
def placement(view: GraphView) -> Placement:
    return place(view)


def test_tokens_stand_at_the_bottom_and_logits_at_the_top(view: GraphView, placement: Placement):
    assert set(placement.y[view.layer == -1]) == {placement.rows[0]}
    assert set(placement.y[view.kind == 3]) == {placement.rows[-1]}
    assert placement.rows == sorted(placement.rows, reverse=True)


def test_every_node_stands_in_the_column_of_its_token(view: GraphView, placement: Placement):
    edges = np.array(placement.columns)
    assert (placement.x > edges[view.position]).all()
    assert (placement.x < edges[view.position + 1]).all()


def test_no_two_nodes_stand_in_one_place(placement: Placement):
    assert len(set(zip(placement.x.tolist(), placement.y.tolist(), strict=True))) == len(placement.x)


def test_logits_run_from_the_most_probable_to_the_right(view: GraphView, placement: Placement):
    first, second = view.numbers["3_30_2"], view.numbers["3_31_2"]
    assert placement.x[first] < placement.x[second]


def test_a_column_is_as_wide_as_its_fullest_cell():
    graph = tiny_graph()
    graph.position[graph.kind == 0] = 1
    graph.layer[graph.kind == 0] = 0
    graph.kept[:] = True
    widths = np.diff(place(view_of(graph)).columns)
    assert widths[1] > widths[0]


def test_there_is_a_name_for_every_row(placement: Placement):
    assert row_names(2) == ["Emb", "L0", "L1", "Logits"]
    assert len(placement.rows) == 4
