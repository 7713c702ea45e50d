"""Batches of MLP inputs and outputs, computed on the fly while a model reads text.

BOS tokens are left out: what a model does there is no part of any prompt's explanation.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from clt_core.activations import Sequences

MIXED_TOKENS = 4096
"""Tokens at least among which the tokens of a batch are drawn."""


class Batch(NamedTuple):
    """What the MLPs read and write on some tokens."""

    x: Float[Tensor, "token layer d_model"]
    m: Float[Tensor, "token layer d_model"]


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
