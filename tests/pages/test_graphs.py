from types import ModuleType

import pytest
from dash.exceptions import PreventUpdate

from store.graphs import list_graphs
from store.workspace import Workspace
from tests.pages.examples import add_graph


@pytest.fixture
def graphs(page) -> ModuleType:
    return page("graphs")


def test_the_table_has_every_graph_with_its_scores(graphs, workspace: Workspace):
    add_graph(workspace)
    rows, nothing, hidden = graphs.show_graphs(None)
    assert (rows[0]["id"], rows[0]["replacement"], rows[0]["completeness"]) == ("a-graph", 0.5, 0.8)
    assert (nothing, hidden) == (None, False)


def test_an_empty_library_says_how_to_get_a_graph(graphs):
    _, nothing, hidden = graphs.show_graphs(None)
    assert hidden
    assert "/graphs/new" in str(nothing)


def test_a_graph_is_deleted_only_after_the_question_is_answered(graphs, workspace: Workspace):
    add_graph(workspace)
    selected = [{"id": "a-graph", "prompt": "x"}]
    assert graphs.ask_delete(1, selected)[0] is True
    assert len(list_graphs(workspace)) == 1
    assert graphs.delete(1, selected) == (False, [], [])
    assert list_graphs(workspace) == []


def test_opening_the_page_deletes_and_opens_nothing(graphs, workspace: Workspace):
    add_graph(workspace)
    for callback in (graphs.ask_delete, graphs.delete, graphs.open_graph):
        with pytest.raises(PreventUpdate):
            callback(None, [{"id": "a-graph"}])
    assert len(list_graphs(workspace)) == 1


def test_a_graph_must_be_selected_to_open_or_delete_it(graphs):
    assert graphs.enable_actions([]) == (True, True)
    assert graphs.enable_actions({"ids": []}) == (True, True)
    assert graphs.enable_actions([{"id": "a-graph"}]) == (False, False)
    assert graphs.open_graph(1, [{"id": "a-graph"}]) == "/graph/a-graph"
