"""Batches of MLP inputs and outputs, computed on the fly while a model reads text.

BOS tokens are left out: what a model does there is no part of any prompt's explanation.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from clt_core.activations import mlp_inputs_outputs
from clt_core.models import LoadedModel

MIXED_TOKENS = 4096
"""Tokens at least among which the tokens of a batch are drawn."""

SEQUENCES_AT_ONCE = 16
"""Sequences that the model reads in one forward pass."""


class Batch(NamedTuple):
    """What the MLPs read and write on some tokens."""

    x: Float[Tensor, "token layer d_model"]
    m: Float[Tensor, "token layer d_model"]


class Sequences(NamedTuple):
    """What the MLPs read and write on whole sequences."""

    tokens: Int[Tensor, "sequence position"]
    counted: Bool[Tensor, "sequence position"]
    """False for BOS."""
    x: Float[Tensor, "sequence position layer d_model"]
    m: Float[Tensor, "sequence position layer d_model"]


def read_sequences(loaded: LoadedModel, sequences: Iterable[Int[Tensor, " context"]]) -> Iterator[Sequences]:
    """What the model does on the sequences, a few at a time, until there are no more."""
    model = loaded.hooked()
    waiting = iter(sequences)
    while chosen := list(islice(waiting, SEQUENCES_AT_ONCE)):
        tokens = torch.stack(chosen).to(model.cfg.device)
        x, m = mlp_inputs_outputs(model, tokens)
        yield Sequences(tokens, tokens.ne(loaded.bos), x, m)


def shuffled_batches(
    read: Iterator[Sequences], *, batch_tokens: int, generator: torch.Generator, mixed_tokens: int = MIXED_TOKENS
) -> Iterator[Batch]:
    """Batches of `batch_tokens` tokens, drawn at random among at least `mixed_tokens` of consecutive sequences."""
    waiting: list[Batch] = []
    n_waiting = 0
    for part in read:
        waiting.append(Batch(part.x[part.counted], part.m[part.counted]))
        n_waiting += len(waiting[-1].x)
        if n_waiting < max(mixed_tokens, batch_tokens):
            continue
        x, m = torch.cat([batch.x for batch in waiting]), torch.cat([batch.m for batch in waiting])
        order = torch.randperm(n_waiting, generator=generator).to(x.device)
        *whole, rest = order.split(batch_tokens) if n_waiting % batch_tokens else (*order.split(batch_tokens), order[:0])
        for chosen in whole:
            yield Batch(x[chosen], m[chosen])
        waiting, n_waiting = [Batch(x[rest], m[rest])], len(rest)
