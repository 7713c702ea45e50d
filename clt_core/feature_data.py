"""What is known of each feature, as a parquet file: one row a feature, dead ones included."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens import HookedTransformer

from clt_core.evaluation import Evaluation
from clt_core.examples import AFTER, BEFORE, LayerExamples
from clt_core.files import replacing
from clt_core.transcoders import Transcoder

N_LOGITS = 10
FEATURES_AT_ONCE = 512


class Logits(NamedTuple):
    """The output tokens that features raise or lower most, at an activation of 1."""

    tokens: Int[Tensor, "feature rank"]
    values: Float[Tensor, "feature rank"]


@torch.no_grad()
def output_logits(transcoder: Transcoder, model: HookedTransformer, layer: int) -> tuple[Logits, Logits]:
    """The most raised and most lowered logits of each feature of a layer, the strongest first.

    A feature's writes to all its target layers are added and read through the final norm's gain and the unembedding,
    as if nothing came between; the mean over the vocabulary is taken off.
    """
    written = transcoder.W_dec[layer].sum(1)
    if model.cfg.normalization_type == "LN":
        written = written - written.mean(1, keepdim=True)
    gain = getattr(model.ln_final, "w", None)
    written = written if gain is None else written * gain
    raised: list[Logits] = []
    lowered: list[Logits] = []
    for rows in written.split(FEATURES_AT_ONCE):
        logits = rows @ model.W_U
        logits -= logits.mean(1, keepdim=True)
        top, bottom = logits.topk(N_LOGITS), logits.topk(N_LOGITS, largest=False)
        raised.append(Logits(top.indices, top.values))
        lowered.append(Logits(bottom.indices, bottom.values))
    return _joined(raised), _joined(lowered)


def _joined(parts: list[Logits]) -> Logits:
    return Logits(torch.cat([part.tokens for part in parts]).cpu(), torch.cat([part.values for part in parts]).cpu())


def write_feature_data(
    path: Path, transcoder: Transcoder, model: HookedTransformer, evaluation: Evaluation, texts: list[str]
) -> Iterator[float]:
    """Write a parquet file of every feature, whole or not at all; yields the share that is done.

    Args:
        texts: text of each vocabulary entry.
    """
    vocabulary = pa.array(texts, pa.string())
    with replacing(path) as temporary:
        writer = None
        try:
            for layer, kept in enumerate(evaluation.examples):
                raised, lowered = output_logits(transcoder, model, layer)
                table = pa.table(
                    {
                        "layer": pa.array(np.full(transcoder.n_features, layer, np.int16)),
                        "feature": pa.array(np.arange(transcoder.n_features, dtype=np.int32)),
                        **_statistics(kept, evaluation.metrics["n_tokens"]),
                        "top_logits": _logits(raised, vocabulary),
                        "bottom_logits": _logits(lowered, vocabulary),
                        "examples": _examples(kept, evaluation.tokens, vocabulary),
                    }
                )
                writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd")
                writer.write_table(table)
                yield (layer + 1) / transcoder.n_layers
        finally:
            if writer:
                writer.close()


def _statistics(kept: LayerExamples, n_tokens: int) -> dict[str, pa.Array]:
    n_fired = kept.n_fired.cpu().numpy()
    return {
        "density": pa.array((n_fired / n_tokens).astype(np.float32)),
        "max_activation": pa.array(kept.peak[0].cpu().numpy().astype(np.float32)),
        "mean_activation": pa.array((kept.total.cpu().numpy() / np.maximum(n_fired, 1)).astype(np.float32)),
        "n_tokens": pa.array(np.full(len(n_fired), n_tokens, np.int64)),
    }


def _lists(lengths: np.ndarray, values: pa.Array) -> pa.ListArray:
    """Consecutive runs of `values` with these lengths."""
    return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], lengths.cumsum()]).astype(np.int32)), values)


def _logits(logits: Logits, vocabulary: pa.Array) -> pa.ListArray:
    entries = pa.StructArray.from_arrays(
        [vocabulary.take(pa.array(logits.tokens.flatten().numpy())), pa.array(logits.values.flatten().float().numpy())],
        ["token", "value"],
    )
    return _lists(np.full(len(logits.tokens), logits.tokens.shape[1]), entries)


def _examples(kept: LayerExamples, tokens: Int[Tensor, "sequence position"], vocabulary: pa.Array) -> pa.ListArray:
    """The examples of each feature with their context; a window that leaves its sequence is cut there."""
    peak, window = kept.peak.T.cpu().numpy(), kept.window.transpose(0, 1).cpu().numpy()
    exists = peak > 0
    sequence = kept.sequence.T.cpu().numpy()[exists]
    position = kept.position.T.cpu().numpy()[exists]
    positions = position[:, None] + np.arange(-BEFORE, AFTER + 1)
    inside = (positions >= 0) & (positions < tokens.shape[1])
    ids = tokens.numpy()[sequence[:, None], positions.clip(0, tokens.shape[1] - 1)][inside]
    lengths = inside.sum(1)
    entries = pa.StructArray.from_arrays(
        [
            _lists(lengths, vocabulary.take(pa.array(ids))),
            _lists(lengths, pa.array(window[exists][inside].astype(np.float32))),
            pa.array(np.minimum(position, BEFORE).astype(np.int16)),
        ],
        ["tokens", "activations", "peak"],
    )
    return _lists(exists.sum(1), entries)
