"""The kept part of an attribution graph, with the derived figures that its picture and its lists use.

Axes: node, edge (both of the kept part).  Shares are taken of the whole graph: pruned edges count in the denominator,
so that a share says how much of everything that reaches the target comes through this edge.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clt_core.graphs import Graph, GraphMeta, Kind


@dataclass(frozen=True, eq=False, kw_only=True)
class GraphView:
    """What survives pruning."""

    meta: GraphMeta

    kind: NDArray[np.uint8]
    layer: NDArray[np.int16]
    position: NDArray[np.int16]
    index: NDArray[np.int32]
    activation: NDArray[np.float32]
    influence: NDArray[np.float32]
    """[node] Cumulative share, as in Graph: small is important."""

    mass: NDArray[np.float32]
    """[node] The node's own share of the influence on the explained logits."""

    inflow: NDArray[np.float32]
    """[node] Sum of |weight| over all edges into the node in the unpruned graph; 0 for nodes without inputs."""

    source: NDArray[np.uint32]
    target: NDArray[np.uint32]
    weight: NDArray[np.float32]
    """[edge] Ordered strongest first: share of the target's input, times what the target itself is worth."""

    @property
    def n_nodes(self) -> int:
        return len(self.kind)

    @property
    def n_edges(self) -> int:
        return len(self.weight)

    @cached_property
    def ids(self) -> list[str]:
        """[node] Ids that are unique in the graph and the same in every graph of the prompt, as Neuronpedia writes them."""
        columns = zip(self.kind.tolist(), self.layer.tolist(), self.index.tolist(), self.position.tolist(), strict=True)
        return [node_id(Kind(kind), layer, index, position) for kind, layer, index, position in columns]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Number of the node that an id names."""
        return {name: number for number, name in enumerate(self.ids)}

    def share(self) -> NDArray[np.float32]:
        """[edge] Signed share of the target's input, -1 to 1."""
        return shares(self.weight, self.inflow[self.target])


def node_id(kind: Kind, layer: int, index: int, position: int) -> str:
    """Id of a node: layer, index and position; an error has index -1, a token layer E, a logit the layer after the last."""
    if kind is Kind.TOKEN:
        return f"E_{index}_{position}"
    if kind is Kind.LOGIT:
        return f"{layer + 1}_{index}_{position}"
    return f"{layer}_{index}_{position}"


def shares(weight: NDArray[np.float32], inflow: NDArray[np.float32]) -> NDArray[np.float32]:
    """`weight` over `inflow`, and 0 where nothing flows in."""
    return np.divide(weight, inflow, out=np.zeros_like(weight), where=inflow > 0)


def own_influence(influence: NDArray[np.float32]) -> NDArray[np.float32]:
    """[node] Each node's own share, from the cumulative shares of all nodes of a graph."""
    order = np.argsort(influence, kind="stable")
    own = np.empty_like(influence)
    own[order] = np.diff(influence[order], prepend=np.float32(0))
    return np.clip(own, 0, None)


def view_of(graph: Graph) -> GraphView:
    """The kept nodes and edges of `graph`; tokens and logits are always kept."""
    kept = np.flatnonzero(graph.kept | (graph.kind == Kind.TOKEN) | (graph.kind == Kind.LOGIT))
    number = np.full(graph.n_nodes, -1, np.int64)
    number[kept] = np.arange(len(kept))
    source, target = number[graph.source], number[graph.target]
    edges = np.flatnonzero(graph.edge_kept & (source >= 0) & (target >= 0))
    inflow = np.bincount(graph.target, np.abs(graph.weight), graph.n_nodes).astype(np.float32)
    mass = own_influence(graph.influence)
    worth = np.where(graph.kind == Kind.LOGIT, graph.activation, mass)
    strength = np.abs(shares(graph.weight, inflow[graph.target])) * worth[graph.target]
    edges = edges[np.argsort(-strength[edges], kind="stable")]
    return GraphView(
        meta=graph.meta,
        **{name: getattr(graph, name)[kept] for name in ("kind", "layer", "position", "index", "activation", "influence")},
        mass=mass[kept],
        inflow=inflow[kept],
        source=source[edges].astype(np.uint32),
        target=target[edges].astype(np.uint32),
        weight=graph.weight[edges],
    )


def keep_for(view: GraphView, n_visible: int) -> float:
    """The cumulative influence up to which about `n_visible` features and errors are shown; 1 if there are no more."""
    prunable = np.sort(view.influence[(view.kind == Kind.FEATURE) | (view.kind == Kind.ERROR)])
    return 1.0 if len(prunable) <= n_visible else float(prunable[n_visible - 1])
