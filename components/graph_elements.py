"""What cytoscape owns of the link graph: every kept node, and the strongest edges."""

from typing import Any

import numpy as np

from clt_core.graphs import Kind
from components.graph_layout import Placement
from components.graph_view import GraphView

N_EDGES = 200
"""Edges that cytoscape draws; the edge layer draws the others."""

FULL_SHARE = 0.25
"""Share of its target's input from which an edge is drawn at full strength, as in graph_data.js."""

MIN_SIZE, MAX_SIZE = 8.0, 16.0


def elements(view: GraphView, placement: Placement) -> list[dict[str, Any]]:
    """Nodes and the strongest edges of `view` for cytoscape, whose ids are `view.ids` and e0, e1, … by strength."""
    return [*_nodes(view, placement), *_edges(view)]


def sizes(view: GraphView) -> list[float]:
    """[node] Diameters: the area above the smallest size grows with the node's own influence."""
    most = float(view.mass.max(initial=0.0))
    relative = np.sqrt(view.mass / most) if most > 0 else np.zeros(view.n_nodes)
    diameter = MIN_SIZE + (MAX_SIZE - MIN_SIZE) * relative
    diameter[(view.kind == Kind.TOKEN) | (view.kind == Kind.LOGIT)] = 13.0
    return diameter.round(1).tolist()


def _nodes(view: GraphView, placement: Placement) -> list[dict[str, Any]]:
    columns = zip(view.ids, view.kind.tolist(), sizes(view), placement.x.tolist(), placement.y.tolist(), strict=True)
    return [
        {"data": {"id": name, "kind": Kind(kind).name.lower(), "size": size}, "position": {"x": x, "y": y}}
        for name, kind, size, x, y in columns
    ]


def _edges(view: GraphView) -> list[dict[str, Any]]:
    share = view.share()[:N_EDGES].tolist()
    ends = zip(view.source[:N_EDGES].tolist(), view.target[:N_EDGES].tolist(), share, strict=True)
    return [
        {
            "data": {
                "id": f"e{number}",
                "source": view.ids[source],
                "target": view.ids[target],
                "sign": "negative" if value < 0 else "positive",
                "strength": round(min(abs(value) / FULL_SHARE, 1) ** 0.5, 3),
            }
        }
        for number, (source, target, value) in enumerate(ends)
    ]
