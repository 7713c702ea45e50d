import json

import numpy as np
import pytest

from components.graph_binary import EDGE_ARRAYS, NODE_ARRAYS, encode
from components.graph_layout import place
from components.graph_view import GraphView, view_of
from tests.tiny_graphs import ATTACK, tiny_graph


@pytest.fixture
def view() -> GraphView:
    return view_of(tiny_graph())


@pytest.fixture
def block(view: GraphView) -> bytes:
    return encode(view, place(view), ["é"] * view.n_nodes)


def header_of(block: bytes) -> dict:
    return json.loads(block[4 : 4 + int.from_bytes(block[:4], "little")])


def test_every_array_can_be_read_back_from_where_the_header_says(view: GraphView, block: bytes):
    header, body = header_of(block), block[4 + int.from_bytes(block[:4], "little") :]
    assert [entry["name"] for entry in header["arrays"]] == [*NODE_ARRAYS, *EDGE_ARRAYS]
    for entry in header["arrays"]:
        array = np.frombuffer(body, entry["type"], entry["length"], entry["offset"])
        np.testing.assert_array_equal(array, getattr(view, entry["name"]))


def test_every_array_starts_at_a_multiple_of_four(block: bytes):
    start = 4 + int.from_bytes(block[:4], "little")
    assert all((start + entry["offset"]) % 4 == 0 for entry in header_of(block)["arrays"])


def test_an_edge_takes_twelve_bytes(view: GraphView):
    assert sum(getattr(view, name).itemsize for name in EDGE_ARRAYS) == 12


def test_texts_travel_as_they_are(block: bytes):
    assert header_of(block)["tokens"][2] == ATTACK


def test_a_graph_without_edges_can_be_sent():
    graph = tiny_graph()
    graph.edge_kept[:] = False
    view = view_of(graph)
    header = header_of(encode(view, place(view), [""] * view.n_nodes))
    assert header["n_own_edges"] == 0
