"""The graph that a page or a route shows: looked up by id, and labelled from the feature store."""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from clt_core.errors import InputError
from clt_core.graphs import Graph, GraphMeta, Kind
from components.graph_binary import encode
from components.graph_labels import labels
from components.graph_layout import place
from components.graph_view import GraphView, view_of
from store import dictionaries, graphs
from store.features import FeatureRow, FeatureStore
from store.workspace import Workspace


class Block(NamedTuple):
    """The bytes that the browser gets, and the hash that names this content of the graph's address."""

    content: bytes
    version: str


def view(workspace: Workspace, graph_id: str) -> GraphView:
    """The kept part of a graph.

    Raises:
        InputError: if the workspace has no graph of this id.
    """
    return _view_of(graphs.get_graph(workspace, graph_id))


def block(workspace: Workspace, shown: GraphView) -> Block:
    """`shown` for the browser, with labels as the feature store has them now."""
    kept = np.flatnonzero(shown.kind == Kind.FEATURE)
    keys = list(zip(shown.layer[kept].tolist(), shown.index[kept].tolist(), strict=True))
    try:
        _require_maker(workspace, shown.meta)
        texts = _features(workspace).top_token_labels(shown.meta.dictionary, keys)
    except InputError:
        texts = {}  # The dictionary or its features are gone, which the inspector says: the graph is shown all the same.
    content = encode(shown, place(shown), labels(shown, texts))
    return Block(content, hashlib.sha256(content).hexdigest()[:20])


def feature(workspace: Workspace, shown: GraphView, number: int) -> FeatureRow | str:
    """What the dictionary knows of the feature of node `number`, or why it knows nothing."""
    name, layer, index = shown.meta.dictionary, int(shown.layer[number]), int(shown.index[number])
    try:
        _require_maker(workspace, shown.meta)
        row = _features(workspace).feature(name, layer, index)
    except InputError as error:
        return str(error)
    return row or f"{name} has no feature {index} in layer {layer}, so it is not the dictionary that made this graph"


def _require_maker(workspace: Workspace, meta: GraphMeta) -> None:
    """Refuse a dictionary that took the name of the one that made the graph.

    Raises:
        InputError: if it was trained after the graph was made.
    """
    row = dictionaries.get_dictionary(workspace, meta.dictionary)
    created = row and row.meta.provenance.get("created")
    if created and datetime.fromisoformat(created) > datetime.fromisoformat(meta.created):
        raise InputError(f"{meta.dictionary} was trained again after this graph was made: compute the graph anew to read it")


@lru_cache(maxsize=8)
def _view_of(graph: Graph) -> GraphView:
    return view_of(graph)


@lru_cache(maxsize=1)
def _features(workspace: Workspace) -> FeatureStore:
    return FeatureStore(workspace)
