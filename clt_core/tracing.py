"""One attribution graph by circuit-tracer: checked before it starts, watched while it runs, clean afterwards."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch
from circuit_tracer import Graph, attribute
from circuit_tracer.attribution.context_transformerlens import AttributionContext
from circuit_tracer.transcoder.cross_layer_transcoder import CrossLayerTranscoder
from torch import Tensor

from clt_core.config import AttributeConfig
from clt_core.errors import InputError
from clt_core.events import Events
from clt_core.replacement import ReplacementModel

BYTES = 4
"""Of a float32; circuit-tracer's matrices are of that type whatever the model is."""

USABLE = 0.9
"""Share of the free memory that a graph may take."""


def trace(model: ReplacementModel, token_ids: list[int], config: AttributeConfig, events: Events) -> Graph:
    """The unpruned attribution graph of the last of `token_ids`, which start with BOS.

    `model` is left without temporary hooks, also after a failure.

    Raises:
        InputError: if no feature is active where circuit-tracer needs one, or the graph would not fit into memory.
    """
    tokens = torch.tensor(token_ids, device=model.cfg.device)
    n_active = _count_active(model, tokens, config.dictionary)
    n_features = min(config.max_feature_nodes, n_active)
    _require_memory(model, config, n_positions=len(tokens), n_active=n_active)
    with _watched(model, n_features, events), torch.enable_grad():
        return attribute(
            tokens,
            model,
            max_n_logits=_n_logits(model, config),
            desired_logit_prob=config.desired_logit_prob,
            batch_size=config.batch_size,
            max_feature_nodes=n_features,
        )


def _n_logits(model: ReplacementModel, config: AttributeConfig) -> int:
    """How many logits the graph has at most."""
    return min(config.max_n_logits, model.cfg.d_vocab_out)


def _count_active(model: ReplacementModel, tokens: Tensor, dictionary: str) -> int:
    """How many features are active on `tokens`, over all layers and positions but BOS.

    Raises:
        InputError: if there is none, or none on the last token although the dictionary is a CLT.
    """
    positions = model.get_activations(tokens, sparse=True)[1].indices()[1]
    advice = "try another prompt, or train a dictionary with a lower sparsity or on more tokens"
    if not len(positions):
        raise InputError(f"no feature of {dictionary} is active on this prompt: {advice}")
    # circuit-tracer 0.5.0 takes the last active position for the length of the prompt.
    if isinstance(model.transcoders, CrossLayerTranscoder) and int(positions.max()) < len(tokens) - 1:
        raise InputError(f"no feature of {dictionary} is active on the last token of this prompt: {advice}")
    return len(positions)


def matrix_bytes(*, n_features: int, n_active: int, n_fixed: int) -> int:
    """Peak memory of the edge matrices while a graph is computed and pruned.

    The `n_features` that the graph takes up are rows, all `n_active` on the prompt are columns until the end;
    `n_fixed` counts errors, tokens and logits.
    """
    rows, columns, nodes = n_features + n_fixed, n_active + n_fixed, n_features + n_fixed
    return BYTES * (3 * rows * columns + 7 * nodes * nodes)


def _pass_bytes(model: ReplacementModel, n_positions: int, batch_size: int) -> int:
    """Memory that the forward pass holds for the backward passes: attention patterns and residual streams."""
    cfg = model.cfg
    return BYTES * batch_size * cfg.n_layers * n_positions * (2 * cfg.n_heads * n_positions + 16 * cfg.d_model)


def _require_memory(model: ReplacementModel, config: AttributeConfig, *, n_positions: int, n_active: int) -> None:
    """Raise InputError, saying which settings would do, unless the graph fits into the free memory."""
    free = int(USABLE * psutil.virtual_memory().available)
    held = _pass_bytes(model, n_positions, config.batch_size)
    if torch.device(model.cfg.device or "cpu").type == "cuda":
        _require_pass(held, int(USABLE * torch.cuda.mem_get_info()[0]), config)
        held = 0
    _require_pass(held, free, config)
    n_fixed = (model.cfg.n_layers + 1) * n_positions + _n_logits(model, config)
    require_matrices(free - held, wanted=min(config.max_feature_nodes, n_active), n_active=n_active, n_fixed=n_fixed)


def require_matrices(free: int, *, wanted: int, n_active: int, n_fixed: int) -> None:
    """Raise InputError, with the `max_feature_nodes` that would do, unless `wanted` features fit into `free` bytes."""
    fitting = largest_fitting(free, n_active=n_active, n_fixed=n_fixed)
    if fitting < wanted:
        needed = matrix_bytes(n_features=wanted, n_active=n_active, n_fixed=n_fixed)
        advice = f"set max_feature_nodes to {fitting} or less" if fitting else "shorten the prompt"
        raise InputError(
            f"a graph of {wanted} features would need about {_gigabytes(needed)} of memory "
            f"and {_gigabytes(free)} are free: {advice}"
        )


def _require_pass(needed: int, free: int, config: AttributeConfig) -> None:
    """Raise InputError unless the forward pass fits into the free memory of its device."""
    if needed > free:
        raise InputError(
            f"the passes through the model would need about {_gigabytes(needed)} of memory and {_gigabytes(free)} are free: "
            f"shorten the prompt, or set batch_size below {config.batch_size}"
        )


def largest_fitting(free: int, *, n_active: int, n_fixed: int) -> int:
    """The most features whose graph fits into `free` bytes; 0 if not even one does."""
    low, high = 0, n_active
    while low < high:
        middle = (low + high + 1) // 2
        if matrix_bytes(n_features=middle, n_active=n_active, n_fixed=n_fixed) <= free:
            low = middle
        else:
            high = middle - 1
    return low


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"


@contextmanager
def _watched(model: ReplacementModel, n_features: int, events: Events) -> Iterator[None]:
    """Within the block, attribution on `model` tells `events` how far it is.

    circuit-tracer takes each batch of rows through the context that `setup_attribution` returns: the wrappers sit on
    these two instances and are taken off at the end, with every temporary hook.
    """
    contexts: list[AttributionContext] = []
    setup = model.setup_attribution

    def setup_watched(inputs: Tensor) -> AttributionContext:
        context = setup(inputs)
        _drop_silent_decoders(context)
        _count_rows(context, n_features, events)
        contexts.append(context)
        return context

    model.setup_attribution = setup_watched  # type: ignore[method-assign]  # on this instance, until the block ends
    try:
        with warnings.catch_warnings():
            # circuit-tracer means its hook on the embedding, where gradients end, to fire.
            warnings.filterwarnings("ignore", "Full backward hook is firing", UserWarning)
            yield
    finally:
        del model.setup_attribution
        for context in contexts:
            del context.compute_batch  # the wrapper and the context would keep each other alive
        model.reset_hooks()


def _count_rows(context: AttributionContext, n_features: int, events: Events) -> None:
    """Make `context` report each batch of feature rows that it computes."""
    compute, n_layers, done = context.compute_batch, context.n_layers, 0

    def compute_counted(layers: Tensor, positions: Tensor, inject_values: Tensor, retain_graph: bool = True) -> Tensor:
        nonlocal done
        rows = compute(layers, positions, inject_values, retain_graph=retain_graph)
        done += int((layers < n_layers).sum())
        events.progress(done / n_features, f"attribute ({done} of {n_features} features)")
        return rows

    context.compute_batch = compute_counted  # type: ignore[method-assign]  # on this instance


def _drop_silent_decoders(context: AttributionContext) -> None:
    """Leave out decoder rows that are zero, as those beyond the window of a CLT: they add nothing to any edge."""
    writes = context.decoder_vecs.any(-1)
    context.decoder_vecs = context.decoder_vecs[writes]
    context.encoder_to_decoder_map = context.encoder_to_decoder_map[writes]
    context.decoder_locations = context.decoder_locations[:, writes]
