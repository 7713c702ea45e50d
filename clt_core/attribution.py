"""Attribution graphs: which features, tokens and errors made a model predict the next token.

circuit-tracer computes a graph; this module finds its model and dictionary, and saves what comes of it.
"""

import gc
import hashlib
import json
import re
import time
from collections import OrderedDict
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from circuit_tracer.graph import compute_graph_scores, prune_graph
from transformer_lens import HookedTransformer

from clt_core.config import AttributeConfig
from clt_core.dictionary_meta import DictionaryMeta, read_meta
from clt_core.events import Events
from clt_core.graph_arrays import to_arrays
from clt_core.graphs import Graph, GraphMeta, save_graph
from clt_core.models import LoadedModel, encode_prompt, load, resolve_device, token_texts
from clt_core.preview import preview
from clt_core.replacement import ReplacementModel, build_replacement, find_dictionary, require_same_model
from clt_core.tracing import trace

__all__ = ["Session", "attribute", "graph_id", "preview"]

LOADED, TRACED, SAVED = 0.1, 0.9, 0.97
"""Shares of the work after which the models are ready, the rows are computed, the graph is pruned and scored."""

N_REPLACEMENTS = 2
"""Dictionaries kept with their model."""


def attribute(config: AttributeConfig, workspace: Path, events: Events, *, loaded: LoadedModel | None = None) -> GraphMeta:
    """The description of the graph that `config` asks for, which is then in `workspace`/graphs/<id>.

    The same request has the same id and replaces the graph of the earlier one.  Without `loaded`, the dictionary's base
    model, that model is loaded.

    Raises:
        InputError: for an unknown dictionary, one of another model, a prompt that does not fit the model, no active
            feature where one is needed, or too little memory.
    """
    session = Session(workspace)
    if loaded is not None:
        session.adopt(loaded)
    return session.attribute(config, events)


class Session:
    """Attribution and previews that keep models between requests, for a resident process.

    One base model is kept, and its two most recently used dictionaries, until they are trained again.
    """

    def __init__(self, workspace: Path):
        self._workspace = workspace
        self._loaded: LoadedModel | None = None
        self._hooked: HookedTransformer | None = None
        self._replacements: OrderedDict[tuple[str, int], ReplacementModel] = OrderedDict()

    def attribute(self, config: AttributeConfig, events: Events) -> GraphMeta:
        """As the function `attribute`."""
        directory = find_dictionary(self._workspace, config.dictionary)
        meta = read_meta(directory)
        events.progress(0, "load the model")
        loaded = self._model(meta.model, config.device, events.part(0, LOADED / 2))
        require_same_model(meta, loaded)
        token_ids = encode_prompt(loaded, config.prompt)
        model = self._replacement(loaded, directory)
        events.progress(LOADED, "forward pass")
        graph = _compute(config, meta, loaded, model, token_ids, events)
        events.progress(SAVED, "save")
        save_graph(graph, self._workspace / "graphs" / graph.meta.id)
        events.progress(1, "save")
        return graph.meta

    def preview(self, model: str, prompt: str, *, device: str = "auto", events: Events | None = None) -> dict[str, Any]:
        """As the function `preview`, for the model of a reference; `events` hears of loading it."""
        loaded = self._model(model, device, events or Events())
        if self._hooked is None:
            self._hooked = loaded.hooked()
        return preview(loaded, prompt, hooked=self._hooked)

    def adopt(self, loaded: LoadedModel) -> None:
        """Use `loaded` where its reference is asked for, on whatever device it is, and forget the model kept so far."""
        self._loaded, self._hooked = loaded, None
        self._replacements.clear()

    @property
    def kept_dictionaries(self) -> list[str]:
        """Names of the dictionaries that are ready, least recently used first."""
        return [name for name, _ in self._replacements]

    def _model(self, reference: str, device: str, events: Events) -> LoadedModel:
        kept = self._loaded
        if kept is not None and kept.reference == reference and device in ("auto", _device(kept).type):
            return kept
        self._loaded = self._hooked = None
        self._replacements.clear()
        self._loaded = load(reference, self._workspace / "models", device=resolve_device(device), events=events)
        return self._loaded

    def _replacement(self, loaded: LoadedModel, directory: Path) -> ReplacementModel:
        key = directory.name, (directory / "dictionary.json").stat().st_mtime_ns
        if key not in self._replacements:
            for outdated in [other for other in self._replacements if other[0] == directory.name]:
                del self._replacements[outdated]
            if len(self._replacements) == N_REPLACEMENTS:
                self._replacements.popitem(last=False)
            gc.collect()  # hooks and modules refer to each other
            self._replacements[key] = build_replacement(loaded, directory)
        self._replacements.move_to_end(key)
        return self._replacements[key]


def _compute(
    config: AttributeConfig,
    meta: DictionaryMeta,
    loaded: LoadedModel,
    model: ReplacementModel,
    token_ids: list[int],
    events: Events,
) -> Graph:
    """The graph, pruned and scored."""
    start = time.monotonic()
    traced = trace(model, token_ids, config, events.part(LOADED, TRACED))
    events.progress(TRACED, "prune and score")
    replacement, completeness = compute_graph_scores(traced)
    pruned = prune_graph(traced, config.node_threshold, config.edge_threshold)
    texts = token_texts(loaded.tokenizer, traced.logit_token_ids.tolist())
    graph_meta = GraphMeta(
        id=graph_id(config, loaded.hash),
        prompt=config.prompt,
        tokens=token_texts(loaded.tokenizer, token_ids),
        model=meta.model,
        model_hash=loaded.hash,
        dictionary=meta.name,
        architecture=meta.architecture,
        n_layers=meta.n_layers,
        n_features=meta.n_features,
        n_active=len(traced.active_features),
        logits=[
            {"token": text, "probability": probability}
            for text, probability in zip(texts, traced.logit_probabilities.tolist(), strict=True)
        ],
        replacement_score=replacement,
        completeness_score=completeness,
        settings=asdict(config),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - start, 3),
    )
    return to_arrays(traced, pruned, graph_meta)


def graph_id(config: AttributeConfig, model_hash: str) -> str:
    """Name of the graph of a request: words of the prompt, the dictionary, and a hash of all that was asked for."""
    words = re.sub(r"[^a-z0-9]+", "-", config.prompt.lower()).strip("-")[:40].strip("-") or "prompt"
    request = json.dumps([asdict(config), model_hash], sort_keys=True)
    return f"{words}-{config.dictionary[:40]}-{hashlib.sha256(request.encode()).hexdigest()[:8]}"


def _device(loaded: LoadedModel) -> torch.device:
    return torch.device(loaded.cfg.device or "cpu")
