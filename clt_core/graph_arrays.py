"""From circuit-tracer's dense graph to the arrays that are saved: see `clt_core.graphs` for their meaning.

Axes: node (features, errors by layer and position, tokens, logits), edge (by target, then source).
"""

import numpy as np
from circuit_tracer import Graph as TracedGraph
from circuit_tracer.graph import PruneResult
from numpy.typing import NDArray

from clt_core.graphs import Graph, GraphMeta, Kind


def to_arrays(traced: TracedGraph, pruned: PruneResult, meta: GraphMeta) -> Graph:
    """The unpruned graph, with marks of what survives pruning."""
    kept = pruned.node_mask.cpu().numpy()
    influence = pruned.cumulative_scores.float().cpu().numpy()
    influence[-len(traced.logit_targets) :] = 0
    adjacency = traced.adjacency_matrix.float().cpu().numpy()
    target, source = np.nonzero(adjacency)
    # At an edge threshold of 1 circuit-tracer also marks edges of nodes that it dropped.
    edge_kept = pruned.edge_mask.cpu().numpy()[target, source] & kept[target] & kept[source]
    return Graph(
        meta=meta,
        **_node_arrays(traced, meta.n_layers),
        influence=influence,
        kept=kept,
        source=source.astype(np.uint32),
        target=target.astype(np.uint32),
        weight=adjacency[target, source],
        edge_kept=edge_kept,
    )


def _node_arrays(traced: TracedGraph, n_layers: int) -> dict[str, NDArray]:
    """Kind, layer, position, index and activation of each node."""
    features = traced.active_features[traced.selected_features].cpu().numpy()
    acts = traced.activation_values[traced.selected_features].float().cpu().numpy()
    tokens, logits = traced.input_tokens.cpu().numpy(), traced.logit_token_ids.cpu().numpy()
    probabilities = traced.logit_probabilities.float().cpu().numpy()
    positions, n_logits, n_errors = np.arange(len(tokens)), len(logits), n_layers * len(tokens)
    last = len(tokens) - 1
    counts = [len(features), n_errors, len(tokens), n_logits]
    layer = [features[:, 0], np.repeat(np.arange(n_layers), len(tokens)), np.full(len(tokens), -1), np.full(n_logits, n_layers)]
    position = [features[:, 1], np.tile(positions, n_layers), positions, np.full(n_logits, last)]
    return {
        "kind": np.repeat([Kind.FEATURE, Kind.ERROR, Kind.TOKEN, Kind.LOGIT], counts).astype(np.uint8),
        "layer": np.concatenate(layer).astype(np.int16),
        "position": np.concatenate(position).astype(np.int16),
        "index": np.concatenate([features[:, 2], np.full(n_errors, -1), tokens, logits]).astype(np.int32),
        "activation": np.concatenate([acts, np.zeros(n_errors + len(tokens)), probabilities]).astype(np.float32),
    }
