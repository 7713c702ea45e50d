"""A graph of two layers and three tokens, small enough to check by hand."""

from typing import Any

import numpy as np

from clt_core.graphs import Graph, GraphMeta, Kind

ATTACK = '<img src=x onerror="window.broken=1">'
TOKENS = ["<s>", " a", ATTACK]

F0, F1, PRUNED, ERROR, TOKEN_0, TOKEN_1, TOKEN_2, LOGIT_0, LOGIT_1 = range(9)
NODES = [
    # kind, layer, position, index, activation, cumulative influence, kept
    (Kind.FEATURE, 0, 1, 5, 2.0, 0.5, True),
    (Kind.FEATURE, 1, 2, 7, 1.5, 0.75, True),
    (Kind.FEATURE, 1, 2, 8, 0.5, 1.0, False),
    (Kind.ERROR, 0, 2, -1, 0.0, 0.875, True),
    (Kind.TOKEN, -1, 0, 1, 0.0, 0.9375, True),
    (Kind.TOKEN, -1, 1, 20, 0.0, 0.96875, True),
    (Kind.TOKEN, -1, 2, 21, 0.0, 1.0, False),
    (Kind.LOGIT, 2, 2, 30, 0.75, 0.0, True),
    (Kind.LOGIT, 2, 2, 31, 0.125, 0.0, True),
]
EDGES = [
    # source, target, weight, kept
    (TOKEN_1, F0, 2.0, True),
    (F0, F1, -1.0, True),
    (ERROR, F1, 2.0, True),
    (TOKEN_2, F1, 1.0, False),
    (F1, LOGIT_0, 3.0, True),
    (PRUNED, LOGIT_0, -1.0, True),
    (F0, LOGIT_1, 0.5, True),
]


def tiny_graph(**meta: Any) -> Graph:
    """The graph, with `meta` instead of the usual description."""
    kind, layer, position, index, activation, influence, kept = zip(*NODES, strict=True)
    source, target, weight, edge_kept = zip(*EDGES, strict=True)
    return Graph(
        meta=GraphMeta(**(DESCRIPTION | meta)),
        kind=np.array(kind, np.uint8),
        layer=np.array(layer, np.int16),
        position=np.array(position, np.int16),
        index=np.array(index, np.int32),
        activation=np.array(activation, np.float32),
        influence=np.array(influence, np.float32),
        kept=np.array(kept),
        source=np.array(source, np.uint32),
        target=np.array(target, np.uint32),
        weight=np.array(weight, np.float32),
        edge_kept=np.array(edge_kept),
    )


DESCRIPTION: dict[str, Any] = {
    "id": "tiny",
    "prompt": f" a{ATTACK}",
    "tokens": TOKENS,
    "model": "smollm2",
    "model_hash": "0",
    "dictionary": "tiny-plt",
    "architecture": "plt",
    "n_layers": 2,
    "n_features": 9,
    "n_active": 12,
    "logits": [{"token": " b", "probability": 0.75}, {"token": ATTACK, "probability": 0.125}],
    "replacement_score": 0.6,
    "completeness_score": 0.8,
    "settings": {},
    "created": "2026-01-01T00:00:00Z",
    "seconds": 1.0,
}
