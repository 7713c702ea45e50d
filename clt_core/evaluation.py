"""How good a dictionary is on held-out text, and what its features respond to there: one pass of the base model.

explained variance of layer t = 1 - Σ ‖m_t - m̂_t‖² / Σ ‖m_t - mean m_t‖²     (sums over held-out tokens)
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from clt_core.batches import Sequences, read_sequences
from clt_core.dictionary import load_transcoder
from clt_core.dictionary_meta import read_meta, write_meta
from clt_core.errors import InputError
from clt_core.events import Events
from clt_core.examples import LayerExamples
from clt_core.models import LoadedModel, load, resolve_device
from clt_core.replacement import find_dictionary, require_same_model
from clt_core.text import packed
from clt_core.transcoders import Transcoder

ROUNDING = 1e-6
"""Share of the mean square that float32 values which are all the same may seem to vary by."""


class Evaluation(NamedTuple):
    """What one pass over held-out text finds."""

    metrics: dict[str, Any]
    """As `DictionaryMeta.metrics`."""

    examples: list[LayerExamples]
    tokens: Int[Tensor, "sequence position"]
    """The text of the pass, to which the examples refer."""


class _Errors:
    """Sums over tokens from which explained variance comes, in float64."""

    def __init__(self, n_layers: int, d_model: int, device: torch.device):
        self.n_tokens = 0
        self.error = torch.zeros(n_layers, dtype=torch.float64, device=device)
        self.square = torch.zeros(n_layers, dtype=torch.float64, device=device)
        self.sum = torch.zeros(n_layers, d_model, dtype=torch.float64, device=device)

    def add(self, m: Float[Tensor, "token layer d_model"], m_hat: Float[Tensor, "token layer d_model"]) -> None:
        self.n_tokens += len(m)
        self.error += (m - m_hat).square().sum((0, 2), dtype=torch.float64)
        self.square += m.square().sum((0, 2), dtype=torch.float64)
        self.sum += m.sum(0, dtype=torch.float64)

    def explained_variance(self) -> Float[Tensor, " layer"]:
        """0 for a layer whose output does not vary, but for rounding."""
        spread = self.square - self.sum.square().sum(1) / self.n_tokens
        return (1 - self.error / spread).where(spread > ROUNDING * self.square, 0.0)


@torch.no_grad()
def examine(transcoder: Transcoder, read: Iterator[Sequences], n_tokens: int, events: Events) -> Evaluation:
    """Metrics and examples of a dictionary between the model's own units, over `read`, which has about `n_tokens` tokens."""
    device = transcoder.b_dec.device
    examples = [LayerExamples(transcoder.n_features, device) for _ in range(transcoder.n_layers)]
    errors = _Errors(transcoder.n_layers, transcoder.d_model, device)
    seen: list[Tensor] = []
    n_sequences = 0
    for part in read:
        errors.add(part.m[part.counted], transcoder.reconstruct(part.x[part.counted]))
        for layer, kept in enumerate(examples):
            pre = transcoder.pre_activations(part.x[:, :, layer].flatten(0, 1), layer).unflatten(0, part.tokens.shape)
            fires = (pre > transcoder.threshold[layer]) & part.counted[..., None]
            kept.add(pre.where(fires, 0.0), n_sequences)
        seen.append(part.tokens.cpu())
        n_sequences += len(part.tokens)
        events.progress(min(1.0, errors.n_tokens / n_tokens), f"evaluate: {errors.n_tokens:,} of {n_tokens:,} tokens")
    l0 = torch.stack([kept.n_fired.sum() for kept in examples]).double() / errors.n_tokens
    later = l0[1:].mean().item() if len(l0) > 1 else 0.0
    metrics = {
        "explained_variance": errors.explained_variance().tolist(),
        "l0": l0.tolist(),
        "n_tokens": errors.n_tokens,
        "dead": torch.stack([(kept.n_fired == 0).double().mean() for kept in examples]).mean().item(),
        "l0_asymmetry": l0[0].item() / later if later > 0 else None,
    }
    return Evaluation(metrics, examples, torch.cat(seen))


def held_out_sequences(
    loaded: LoadedModel, text: str, text_dir: Path, events: Events, *, context: int, n_tokens: int, seed: int
) -> list[Int[Tensor, " context"]]:
    """Sequences of about `n_tokens` tokens from the held-out documents; fewer if these are short.

    Raises:
        InputError: if the text cannot be had, or its held-out documents do not fill one sequence.
    """
    sequences = packed(loaded.tokenizer, text, text_dir, context=context, held_out=True, seed=seed, events=events)
    return list(islice(sequences, max(1, round(n_tokens / (context - 1)))))


def evaluate(
    name: str, workspace: Path, events: Events, *, n_tokens: int | None = None, device: str = "auto"
) -> dict[str, Any]:
    """Evaluate a dictionary of the workspace on held-out tokens of the text it was trained on, and record the metrics.

    Args:
        n_tokens: held-out tokens; None for as many as after training.

    Raises:
        InputError: if there is no such dictionary, its model or text cannot be had, or `n_tokens` is not at least 1.
    """
    if n_tokens is not None and n_tokens < 1:
        raise InputError(f"n_tokens must be at least 1, got {n_tokens}")
    directory = find_dictionary(workspace, name)
    meta = read_meta(directory)
    events.progress(0.0, "load the model")
    loaded = load(meta.model, workspace / "models", device=resolve_device(device), events=events.part(0, 0.2))
    require_same_model(meta, loaded)
    training = meta.training
    n_wanted: int = n_tokens or training["n_held_out_tokens"]
    sequences = held_out_sequences(
        loaded,
        training["text"],
        workspace / "text",
        events.part(0.2, 0.3),
        context=training["context"],
        n_tokens=n_wanted,
        seed=training["seed"],
    )
    read = read_sequences(loaded, sequences)
    metrics = examine(load_transcoder(directory, resolve_device(device)), read, n_wanted, events.part(0.3, 1)).metrics
    write_meta(replace(meta, metrics=metrics), directory)
    return metrics
