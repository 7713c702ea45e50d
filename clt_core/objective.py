"""What training minimises, and how its weights start.

    Σ_t ‖m̂_t - m_t‖²  +  λ_0 Σ_l Σ_f tanh(C · a · n_f)  +  λ_1 Σ_l Σ_f relu(θ - pre) · n_f        (mean over tokens)

m in standard units; n_f is the norm of a feature's decoder.  The tanh penalty is that of the cross-layer transcoders of
Ameisen et al. (2025), "Circuit Tracing"; the last term lets features that never fire come back.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from clt_core.config import TrainConfig
from clt_core.transcoders import Transcoder

INITIAL_THRESHOLD = 0.05
"""In units of the pre-activation's spread."""

INITIAL_DECODER = 0.05
"""Share of an MLP output that the feature which starts from its token writes."""


class Objective(NamedTuple):
    """The objective on a batch and its parts; all but `loss` are without gradient."""

    loss: Float[Tensor, ""]
    squared_error: Float[Tensor, " layer"]
    """Mean over tokens."""
    l0: Float[Tensor, " layer"]
    """Mean over tokens."""
    fired: Bool[Tensor, "layer feature"]


def objective(
    transcoder: Transcoder,
    x: Float[Tensor, "token layer d_model"],
    m: Float[Tensor, "token layer d_model"],
    config: TrainConfig,
    *,
    sparsity: float,
) -> Objective:
    """The objective on a batch in standard units, with `sparsity` as the present λ_0."""
    n_tokens = len(x)
    outputs: list[Tensor] = [bias.expand(n_tokens, -1) for bias in transcoder.b_dec]
    penalty, dead = x.new_zeros(()), x.new_zeros(())
    l0 = x.new_zeros(transcoder.n_layers)
    fired = torch.zeros(transcoder.n_layers, transcoder.n_features, dtype=torch.bool, device=x.device)
    for layer in range(transcoder.n_layers):
        pre = transcoder.pre_activations(x[:, layer], layer)
        support = transcoder.support(pre, layer, config.bandwidth)
        norms = transcoder.decoder_norms(layer, config.decoder_norm)
        for slot, written in enumerate(transcoder.write(support, layer, n_tokens).unbind(1)):
            outputs[layer + slot] = outputs[layer + slot] + written
        penalty = penalty + torch.tanh(config.tanh_scale * support.acts * norms[support.features]).sum()
        if config.dead_penalty:
            dead = dead + (F.relu(transcoder.threshold[layer] - pre).sum(0) * norms).sum()
        active = support.features[support.acts.detach() > 0]
        l0[layer] = len(active) / n_tokens
        fired[layer, active] = True
    squared_error = (torch.stack(outputs, 1) - m).square().sum(2).mean(0)
    loss = squared_error.sum() + (sparsity * penalty + config.dead_penalty * dead) / n_tokens
    return Objective(loss, squared_error.detach(), l0, fired)


@torch.no_grad()
def initialise(
    transcoder: Transcoder,
    x: Float[Tensor, "token layer d_model"],
    m: Float[Tensor, "token layer d_model"],
    config: TrainConfig,
    generator: torch.Generator,
) -> None:
    """Start each feature from one token of a sample in standard units.

    It reads the direction of that token's MLP input, writes a little of its MLP outputs, and its bias lets the features
    of a layer fire `initial_l0` times a token on average.
    """
    n_tokens = len(x)
    quantile = max(1, min(n_tokens, round(n_tokens * (1 - config.initial_l0 / config.n_features))))
    for layer in range(transcoder.n_layers):
        order = torch.randperm(max(n_tokens, config.n_features), generator=generator)[: config.n_features] % n_tokens
        noise = 0.05 * torch.randn(config.n_features, transcoder.d_model, generator=generator)
        picked = order.to(x.device)
        transcoder.W_enc[layer].copy_(F.normalize(x[picked, layer] + noise.to(x.device), dim=1))
        pre = x[:, layer] @ transcoder.W_enc[layer].T
        transcoder.threshold[layer] = INITIAL_THRESHOLD
        transcoder.b_enc[layer] = INITIAL_THRESHOLD - pre.kthvalue(quantile, dim=0).values
        own = (pre.gather(0, picked[None])[0] + transcoder.b_enc[layer]).clamp_min(INITIAL_THRESHOLD)
        n_targets = transcoder.n_targets(layer)
        written = m[picked, layer : layer + n_targets] / own[:, None, None]
        transcoder.W_dec[layer].copy_(INITIAL_DECODER / n_targets * written)
