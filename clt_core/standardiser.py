"""Standard units for MLP inputs and outputs, and how to fold them into a dictionary's weights.

Both are shifted to mean 0 and scaled, layer by layer, so that their mean squared length is d_model: pre-activations are
then of order 1, and squared errors and penalties weigh the same in each layer.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from clt_core.transcoders import Transcoder


class Standardiser(NamedTuple):
    """Statistics of a sample of activations."""

    x_mean: Float[Tensor, "layer d_model"]
    x_scale: Float[Tensor, "layer 1"]
    m_mean: Float[Tensor, "layer d_model"]
    m_scale: Float[Tensor, "layer 1"]

    @classmethod
    def fit(cls, x: Float[Tensor, "token layer d_model"], m: Float[Tensor, "token layer d_model"]) -> "Standardiser":
        """The statistics of a sample of tokens."""
        return cls(x.mean(0), _spread(x), m.mean(0), _spread(m))

    def inputs(self, x: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "token layer d_model"]:
        """MLP inputs in standard units."""
        return (x - self.x_mean) / self.x_scale

    def outputs(self, m: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "token layer d_model"]:
        """MLP outputs in standard units."""
        return (m - self.m_mean) / self.m_scale

    @torch.no_grad()
    def fold(self, transcoder: Transcoder) -> None:
        """Change a transcoder between standard units so that it computes the same between the model's own."""
        for layer in range(transcoder.n_layers):
            transcoder.W_enc[layer].div_(self.x_scale[layer])
            transcoder.b_enc[layer] -= transcoder.W_enc[layer] @ self.x_mean[layer]
            transcoder.W_dec[layer].mul_(self.m_scale[layer : layer + transcoder.n_targets(layer)])
        transcoder.b_dec.mul_(self.m_scale).add_(self.m_mean)


def _spread(values: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "layer 1"]:
    """Root mean square over tokens and dimensions, about the mean; never zero."""
    squares = (values - values.mean(0)).square().mean((0, 2))
    return squares.sqrt().clamp_min(torch.finfo(values.dtype).tiny)[:, None]
