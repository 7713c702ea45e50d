"""Standard units for MLP inputs and outputs, and how to fold them into a dictionary's weights.

Inputs are shifted and scaled dimension by dimension to mean 0 and spread 1.  Outputs are shifted to mean 0 and scaled
layer by layer so that their mean squared length is d_model: squared errors and penalties then weigh the same in each layer.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from clt_core.transcoders import Transcoder

MIN_SPREAD = 1e-3
"""Smallest spread of an input dimension, as a share of the root mean square over dimensions of its layer."""


class Standardiser(NamedTuple):
    """Statistics of a sample of activations."""

    x_mean: Float[Tensor, "layer d_model"]
    x_scale: Float[Tensor, "layer d_model"]
    m_mean: Float[Tensor, "layer d_model"]
    m_scale: Float[Tensor, "layer 1"]

    @classmethod
    def fit(cls, x: Float[Tensor, "token layer d_model"], m: Float[Tensor, "token layer d_model"]) -> "Standardiser":
        """The statistics of a sample of at least two tokens."""
        x_scale = x.std(0)
        floor = MIN_SPREAD * x_scale.square().mean(1, keepdim=True).sqrt()
        m_mean = m.mean(0)
        m_scale = (m - m_mean).square().mean((0, 2)).sqrt()[:, None]
        tiny = torch.finfo(x.dtype).tiny
        return cls(x.mean(0), x_scale.maximum(floor).clamp_min(tiny), m_mean, m_scale.clamp_min(tiny))

    def inputs(self, x: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "token layer d_model"]:
        """MLP inputs in standard units."""
        return (x - self.x_mean) / self.x_scale

    def outputs(self, m: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "token layer d_model"]:
        """MLP outputs in standard units."""
        return (m - self.m_mean) / self.m_scale

    @torch.no_grad()
    def fold(self, transcoder: Transcoder) -> None:
        """Change a transcoder between standard units so that it computes the same between the model's own."""
        transcoder.W_enc.div_(self.x_scale[:, None])
        transcoder.b_enc.sub_((transcoder.W_enc @ self.x_mean[..., None]).squeeze(-1))
        for layer, decoder in enumerate(transcoder.W_dec):
            decoder *= self.m_scale[layer : layer + transcoder.n_targets(layer)]
        transcoder.b_dec.mul_(self.m_scale).add_(self.m_mean)
