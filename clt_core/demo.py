"""The whole path on the demo model: fetch it, train a PLT and a CLT, compute a graph with each.  What exists is kept."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow.dataset

from clt_core import models, training
from clt_core.attribution import Session, graph_id
from clt_core.config import DEMO_PROMPT, AttributeConfig, TrainConfig, demo_preset
from clt_core.dictionary_meta import read_meta
from clt_core.events import Events
from clt_core.graphs import Graph, Kind, load_graph

N_STRONGEST = 8
"""Features that the summary shows."""


class Parts(NamedTuple):
    """Shares of the whole at which the parts for one dictionary start and end."""

    train: tuple[float, float]
    attribute: tuple[float, float]


PARTS: dict[Literal["plt", "clt"], Parts] = {"plt": Parts((0.05, 0.48), (0.48, 0.52)), "clt": Parts((0.52, 0.96), (0.96, 1.0))}


def quick(preset: TrainConfig) -> TrainConfig:
    """The preset with no more held-out tokens than tokens to train on."""
    return replace(preset, n_held_out_tokens=min(preset.n_held_out_tokens, preset.n_tokens))


def run_demo(
    workspace: Path, events: Events, *, n_tokens: int | None = None, say: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Names of the `dictionaries` and `graphs` of the demo, and the `seconds` that it took.

    Each dictionary is trained on `n_tokens`, or on as many as its preset says; `say` is handed lines for a person.

    Raises:
        InputError: if the model cannot be fetched, or a dictionary of the demo's name belongs to another model.
    """
    return walk([quick(demo_preset(architecture, n_tokens)) for architecture in PARTS], workspace, events, say)


def walk(presets: list[TrainConfig], workspace: Path, events: Events, say: Callable[[str], None]) -> dict[str, Any]:
    """As `run_demo`, with these dictionaries, one an architecture, of one model."""
    start = time.monotonic()
    models.fetch(presets[0].model, workspace / "models", events.part(0, PARTS["plt"].train[0]))
    session, graphs = Session(workspace), []
    for preset in presets:
        parts = PARTS[preset.architecture]
        trained = _train(preset, workspace, events.part(*parts.train), say)
        graph = _attribute(preset.name, workspace, events.part(*parts.attribute), say, session=session, fresh=trained)
        say(summary(graph, workspace))
        graphs.append(graph.meta.id)
    seconds = round(time.monotonic() - start, 1)
    return {"graphs": graphs, "dictionaries": [preset.name for preset in presets], "seconds": seconds}


def _train(preset: TrainConfig, workspace: Path, events: Events, say: Callable[[str], None]) -> bool:
    """Train the dictionary unless it exists; whether it was trained."""
    directory = workspace / "dictionaries" / preset.name
    if (directory / "dictionary.json").is_file():
        say(f"dictionary {preset.name} exists in {directory} and is kept")
        return False
    training.train(preset, workspace, events)
    return True


def _attribute(
    dictionary: str, workspace: Path, events: Events, say: Callable[[str], None], *, session: Session, fresh: bool
) -> Graph:
    """The graph of the demo's prompt, computed unless one of this dictionary exists and the dictionary is not `fresh`."""
    config = AttributeConfig(prompt=DEMO_PROMPT, dictionary=dictionary)
    meta = read_meta(workspace / "dictionaries" / dictionary)
    directory = workspace / "graphs" / graph_id(config, meta.model_hash)
    if (directory / "graph.json").is_file() and not fresh:
        say(f"graph {directory.name} exists and is kept")
    else:
        session.attribute(config, events)
    return load_graph(directory)


def summary(graph: Graph, workspace: Path) -> str:
    """What a person wants to know of a graph first: likely next tokens, scores, strongest features with their top logits."""
    meta = graph.meta
    logits = ", ".join(f"{logit['token']!r} {logit['probability']:.3f}" for logit in meta.logits[:5])
    lines = [
        f"{meta.prompt!r} with {meta.dictionary}: {logits}",
        f"  replacement {meta.replacement_score:.3f}, completeness {meta.completeness_score:.3f}; "
        f"{(graph.kind == Kind.FEATURE).sum()} of {meta.n_active} active features, {graph.n_edges} edges",
    ]
    features = np.flatnonzero(graph.kind == Kind.FEATURE)
    for node in features[np.argsort(graph.influence[features], kind="stable")][:N_STRONGEST]:
        layer, index = int(graph.layer[node]), int(graph.index[node])
        token = meta.tokens[graph.position[node]]
        promoted = ", ".join(map(repr, top_logits(workspace / "dictionaries" / meta.dictionary, layer, index)[:5]))
        lines.append(f"  layer {layer:2} feature {index:5} on {token!r}, activation {graph.activation[node]:.2f}: {promoted}")
    return "\n".join(lines)


def top_logits(dictionary: Path, layer: int, feature: int) -> list[str]:
    """Tokens that a feature raises most, strongest first."""
    rows = pyarrow.dataset.dataset(sorted((dictionary / "features").glob("part-*.parquet"))).to_table(
        columns=["top_logits"],
        filter=(pyarrow.dataset.field("layer") == layer) & (pyarrow.dataset.field("feature") == feature),
    )
    return [entry["token"] for row in rows.to_pylist() for entry in row["top_logits"]]
