import numpy as np
import pytest

from clt_core.graphs import Graph
from components.graph_view import keep_for, own_influence, view_of
from tests.tiny_graphs import tiny_graph


@pytest.fixture
def graph() -> Graph:
    return tiny_graph()


def test_pruned_nodes_and_their_edges_are_left_out(graph: Graph):
    view = view_of(graph)
    assert view.ids == ["0_5_1", "1_7_2", "0_-1_2", "E_1_0", "E_20_1", "E_21_2", "3_30_2", "3_31_2"]
    assert view.n_edges == 5


def test_a_token_that_pruning_dropped_is_shown_all_the_same(graph: Graph):
    assert "E_21_2" in view_of(graph).numbers


def test_shares_are_of_all_that_flows_into_the_target_pruned_edges_included(graph: Graph):
    view = view_of(graph)
    ends = [(view.ids[s], view.ids[t]) for s, t in zip(view.source, view.target, strict=True)]
    share = dict(zip(ends, view.share().tolist(), strict=True))
    assert share[("0_5_1", "1_7_2")] == -1.0 / 4.0
    assert share[("1_7_2", "3_30_2")] == 3.0 / 4.0


def test_edges_come_strongest_first_by_share_times_worth_of_the_target(graph: Graph):
    view = view_of(graph)
    worth = np.where(view.kind == 3, view.activation, view.mass)
    strength = np.abs(view.share()) * worth[view.target]
    assert (np.diff(strength) <= 0).all()


def test_the_own_influence_of_nodes_is_the_step_of_the_cumulative_one():
    own = own_influence(np.array([0.75, 0.5, 1.0, 0.0], np.float32))
    assert own.tolist() == [0.25, 0.5, 0.25, 0.0]


def test_a_feature_numbered_like_an_error_has_another_id(graph: Graph):
    view = view_of(graph)
    assert len(set(view.ids)) == view.n_nodes


def test_a_node_without_inputs_has_no_share_that_is_not_a_number(graph: Graph):
    view = view_of(graph)
    assert view.inflow[view.numbers["E_1_0"]] == 0
    assert np.isfinite(view.share()).all()


def test_the_first_view_shows_as_many_nodes_as_asked_for(graph: Graph):
    view = view_of(graph)
    assert keep_for(view, 1) == 0.5
    assert keep_for(view, 3) == 1.0
