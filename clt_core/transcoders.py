"""Cross-layer and per-layer transcoders as one family: encoder, JumpReLU, decoder.

Axes: token, layer, feature, target, d_model.  Feature f of source layer s reads x_s and writes to the layers
s, s+1, …, s+T_s-1; T_s is 1 for a per-layer transcoder, L-s for a full cross-layer one, at most `window` in between.

    pre_s = W_enc[s] x_s + b_enc[s]        a_s = pre_s · 1[pre_s > θ_s]
    m̂_t  = b_dec_t + Σ_{s ≤ t < s+T_s} W_dec[s][:, t-s]ᵀ a_s

Only features near or above their threshold take part in decoding and in its gradient, so its cost grows with the
active features and not with the dictionary.
"""

from typing import Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F


class _JumpReLU(torch.autograd.Function):
    """pre · 1[pre > θ], with ∂/∂θ = -(θ/ε) · 1[|pre-θ| < ε/2], a rectangle of width ε (Rajamanoharan et al. 2024)."""

    @staticmethod
    def forward(ctx, pre: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.save_for_backward(pre, threshold)
        ctx.bandwidth = bandwidth
        return pre * (pre > threshold)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        pre, threshold = ctx.saved_tensors
        near = (pre - threshold).abs() < ctx.bandwidth / 2
        return grad * (pre > threshold), grad * near * (-threshold / ctx.bandwidth), None


def jumprelu(pre: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:
    """The pre-activations above their threshold, zero below; the threshold gets the rectangle's gradient."""
    return _JumpReLU.apply(pre, threshold, bandwidth)  # type: ignore[return-value]  # apply is untyped


class Support(NamedTuple):
    """The features of one source layer that may fire on a batch, in order of tokens."""

    tokens: Int[Tensor, " entry"]
    features: Int[Tensor, " entry"]
    acts: Float[Tensor, " entry"]
    """Zero for a feature just below its threshold, which is here for the threshold's gradient."""


class Transcoder(nn.Module):
    """The weights of a dictionary and what they compute."""

    def __init__(self, *, n_layers: int, n_features: int, d_model: int, window: int | None):
        """Args:
        window: layers that a feature writes to, its own included; 1 is a per-layer transcoder, None a full CLT.
        """
        super().__init__()
        self.n_layers, self.n_features, self.d_model, self.window = n_layers, n_features, d_model, window
        # One tensor a layer: the gradient of a slice of a joint one would be as large as the whole, for each layer.
        self.W_enc = nn.ParameterList(torch.zeros(n_features, d_model) for _ in range(n_layers))
        self.b_enc = nn.Parameter(torch.zeros(n_layers, n_features))
        self.threshold = nn.Parameter(torch.zeros(n_layers, n_features))
        self.W_dec = nn.ParameterList(torch.zeros(n_features, self.n_targets(s), d_model) for s in range(n_layers))
        self.b_dec = nn.Parameter(torch.zeros(n_layers, d_model))

    def n_targets(self, source: int) -> int:
        """Layers that the features of layer `source` write to."""
        return min(self.window or self.n_layers, self.n_layers - source)

    def pre_activations(self, x: Float[Tensor, "token d_model"], layer: int) -> Float[Tensor, "token feature"]:
        """Pre-activations of the features of one layer."""
        return F.linear(x, self.W_enc[layer], self.b_enc[layer])

    def encode(self, x: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "token layer feature"]:
        """Activations of every feature."""
        pre = torch.stack([self.pre_activations(x[:, layer], layer) for layer in range(self.n_layers)], 1)
        return pre * (pre > self.threshold)

    def support(self, pre: Float[Tensor, "token feature"], layer: int, bandwidth: float) -> Support:
        """The entries of `pre` that fire or are within half a `bandwidth` of firing."""
        threshold = self.threshold[layer]
        tokens, features = (pre > threshold - bandwidth / 2).nonzero(as_tuple=True)
        return Support(tokens, features, jumprelu(pre[tokens, features], threshold[features], bandwidth))

    def write(self, support: Support, layer: int, n_tokens: int) -> Float[Tensor, "token target d_model"]:
        """What the features of one layer add to each of their target layers."""
        weight = self.W_dec[layer].flatten(1)
        starts = torch.searchsorted(support.tokens, torch.arange(n_tokens, device=weight.device))
        written = F.embedding_bag(support.features, weight, starts, mode="sum", per_sample_weights=support.acts)
        return written.unflatten(1, (-1, self.d_model))

    def reconstruct(self, x: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "token layer d_model"]:
        """The MLP outputs that the features stand for."""
        outputs: list[Tensor] = [bias.expand(len(x), -1) for bias in self.b_dec]
        for layer in range(self.n_layers):
            support = self.support(self.pre_activations(x[:, layer], layer), layer, 0.0)
            for slot, written in enumerate(self.write(support, layer, len(x)).unbind(1)):
                outputs[layer + slot] = outputs[layer + slot] + written
        return torch.stack(outputs, 1)

    def decoder_norms(self, layer: int, norm: Literal["concat", "separate"]) -> Float[Tensor, " feature"]:
        """Norm n_f of each feature's decoder: of all its targets together (`concat`), or the sum of each one's (`separate`)."""
        squares = self.W_dec[layer].square()
        if norm == "concat":
            return (squares.sum((1, 2)) + 1e-12).sqrt()
        return (squares.sum(2) + 1e-12).sqrt().sum(1)
