"""Attribution graphs of the workspace."""

import secrets
import shutil
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError, safe_open

from clt_core.errors import InputError
from clt_core.graphs import Graph, GraphMeta, load_graph, load_meta
from store.listing import listing
from store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class GraphRow:
    """A graph in a list."""

    meta: GraphMeta

    n_nodes: int
    """Nodes that survive pruning."""

    n_edges: int
    """Edges that survive pruning."""


def list_graphs(workspace: Workspace) -> list[GraphRow]:
    """All graphs, newest first."""
    rows = listing(workspace.path / "graphs", "graph.json", _read_row).values()
    return sorted(rows, key=lambda row: row.meta.created, reverse=True)


def get_graph(workspace: Workspace, graph_id: str) -> Graph:
    """The graph of that id.

    Raises:
        InputError: if there is none.
    """
    directory = _directory(workspace, graph_id)
    return _load(directory, (directory / "graph.json").stat().st_mtime_ns)


def delete_graph(workspace: Workspace, graph_id: str) -> None:
    """Remove a graph for good.

    Raises:
        InputError: if there is none of that id.
    """
    directory = _directory(workspace, graph_id)
    discarded = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}.old")
    directory.rename(discarded)
    shutil.rmtree(discarded)


def _directory(workspace: Workspace, graph_id: str) -> Path:
    """Directory of a listed graph; an id from an address is compared with names and never becomes part of a path."""
    for row in list_graphs(workspace):
        if row.meta.id == graph_id:
            return workspace.path / "graphs" / row.meta.id
    raise InputError(f"there is no graph {graph_id!r} in this workspace: it may have been deleted")


def _read_row(directory: Path) -> GraphRow:
    meta = replace(load_meta(directory), id=directory.name)
    try:
        with safe_open(directory / "arrays.safetensors", "numpy") as arrays:
            n_nodes, n_edges = (int(arrays.get_tensor(name).sum()) for name in ("kept", "edge_kept"))
    except SafetensorError as error:
        raise InputError(f"its arrays are broken ({error})") from error
    return GraphRow(meta=meta, n_nodes=n_nodes, n_edges=n_edges)


@lru_cache(maxsize=8)
def _load(directory: Path, version: int) -> Graph:  # noqa: ARG001  # part of the key
    graph = load_graph(directory)
    return replace(graph, meta=replace(graph.meta, id=directory.name))
