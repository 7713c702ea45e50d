"""The attribution graph as arrays on disk: `graph.json` and `arrays.safetensors` in a directory of its own.

Axes: node, edge.  An edge says how much its source adds to the pre-activation (or logit) of its target:
activation of the source × its direction, carried linearly to the target, as circuit-tracer defines it.
Nodes are ordered features, errors, tokens, logits; edges by target, then source.  No torch here.
"""

from dataclasses import asdict, dataclass, fields
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from clt_core.errors import InputError
from clt_core.files import read_json, replacing, require_schema, write_json

SCHEMA = 1


class Kind(IntEnum):
    """What a node stands for."""

    FEATURE = 0
    ERROR = 1
    TOKEN = 2
    LOGIT = 3


@dataclass(frozen=True, kw_only=True)
class GraphMeta:
    """What is known of a graph besides its arrays."""

    id: str
    """Name of its directory."""

    prompt: str
    """The text as it was entered, without BOS."""

    tokens: list[str]
    """One text a position, BOS included."""

    model: str
    """Reference of the base model."""

    model_hash: str
    """Hash of the base model's weights."""

    dictionary: str
    """Name of the dictionary."""

    architecture: str
    """plt or clt."""

    n_layers: int
    n_features: int
    """Features a layer of the dictionary."""

    n_active: int
    """Active features on the prompt, over all layers and positions; the graph holds the most influential ones."""

    logits: list[dict[str, Any]]
    """Explained next tokens, most probable first: token (text) and probability."""

    replacement_score: float
    """Share of the influence on the logits that comes from tokens and not from errors; of the unpruned graph."""

    completeness_score: float
    """Influence-weighted share of the nodes' input that does not come from errors; of the unpruned graph."""

    settings: dict[str, Any]
    """The AttributeConfig."""

    created: str
    """ISO 8601, UTC."""

    seconds: float
    """Time that the computation took."""

    schema: int = SCHEMA


@dataclass(frozen=True, eq=False, kw_only=True)
class Graph:
    """An attribution graph."""

    meta: GraphMeta

    kind: NDArray[np.uint8]
    """[node] A Kind."""

    layer: NDArray[np.int16]
    """[node] Layer of a feature or error; -1 for tokens; n_layers for logits."""

    position: NDArray[np.int16]
    """[node] Position of the token, BOS being 0."""

    index: NDArray[np.int32]
    """[node] Feature in its layer; vocabulary id of tokens and logits; -1 for errors."""

    activation: NDArray[np.float32]
    """[node] Activation of a feature on the prompt; probability of a logit; 0 for others."""

    influence: NDArray[np.float32]
    """[node] Cumulative share of influence when nodes are sorted from most to least influential: small is important."""

    kept: NDArray[np.bool_]
    """[node] Whether the node survives pruning."""

    source: NDArray[np.uint32]
    """[edge] Node."""

    target: NDArray[np.uint32]
    """[edge] Node."""

    weight: NDArray[np.float32]
    """[edge] Direct effect, signed."""

    edge_kept: NDArray[np.bool_]
    """[edge] Whether the edge survives pruning."""

    @property
    def n_nodes(self) -> int:
        return len(self.kind)

    @property
    def n_edges(self) -> int:
        return len(self.weight)


ARRAYS = [field.name for field in fields(Graph) if field.name != "meta"]


def save_graph(graph: Graph, directory: Path) -> None:
    """Write the graph to `directory`, whole or not at all."""
    with replacing(directory) as temporary:
        temporary.mkdir()
        write_json(temporary / "graph.json", asdict(graph.meta))
        save_file({name: getattr(graph, name) for name in ARRAYS}, temporary / "arrays.safetensors")


def load_meta(directory: Path) -> GraphMeta:
    """What is known of the graph in `directory` besides its arrays.

    Raises:
        InputError: if there is no graph there, or one of a later schema.
    """
    path = directory / "graph.json"
    if not path.is_file():
        raise InputError(f"there is no graph in {directory}")
    values = read_json(path)
    require_schema(path, values["schema"], newest=SCHEMA)
    return GraphMeta(**values)


def load_graph(directory: Path) -> Graph:
    """The graph in `directory`.

    Raises:
        InputError: as for `load_meta`.
    """
    return Graph(meta=load_meta(directory), **load_file(directory / "arrays.safetensors"))
