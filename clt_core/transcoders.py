"""Cross-layer and per-layer transcoders as one family: encoder, activation, decoder, and a skip connection if wanted.

Axes: token, layer, feature, target, d_model.  Feature f of source layer s reads x_s and writes to the layers
s, s+1, …, s+T_s-1; T_s is 1 for a per-layer transcoder, L-s for a full cross-layer one, at most `window` in between.

    pre_s = W_enc[s] x_s + b_enc[s]        a_s = pre_s where the feature fires, else 0
    m̂_t  = b_dec_t + Σ_{s ≤ t < s+T_s} W_dec[s][:, t-s]ᵀ a_s  (+ W_skip[t] x_t)

A feature fires where its pre-activation passes a level:
    jumprelu    pre > θ, a level for each feature
    relu        pre > 0
    topk        pre ≥ the k-th largest of the token and layer, and > 0
    batchtopk   pre ≥ the (k · tokens)-th largest of the batch and layer, and > 0; a dictionary is saved as jumprelu

Only features that fire take part in decoding, so its cost grows with them and not with the dictionary.
"""

from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from clt_core.mesh import ALONE, Mesh

Activation = Literal["jumprelu", "relu", "topk", "batchtopk"]


class Support(NamedTuple):
    """The features of one source layer that fire on a batch, in order of tokens."""

    tokens: Int[Tensor, " entry"]
    features: Int[Tensor, " entry"]
    acts: Float[Tensor, " entry"]


class Transcoder(nn.Module):
    """The weights of a dictionary, or of one shard of its features, and what they compute."""

    def __init__(
        self,
        *,
        n_layers: int,
        n_features: int,
        d_model: int,
        window: int | None,
        activation: Activation = "jumprelu",
        k: int = 0,
        skip: bool = False,
    ):
        """Args:
        window: layers that a feature writes to, its own included; 1 is a per-layer transcoder, None a full CLT.
        k: features a token and layer that topk and batchtopk let fire, over all shards.
        """
        super().__init__()
        self.n_layers, self.n_features, self.d_model, self.window = n_layers, n_features, d_model, window
        self.activation: Activation = activation
        self.k = k
        # One tensor a layer: the gradient of a slice of a joint one would be as large as the whole, for each layer.
        self.W_enc = nn.ParameterList(torch.zeros(n_features, d_model) for _ in range(n_layers))
        self.b_enc = nn.Parameter(torch.zeros(n_layers, n_features))
        self.threshold = nn.Parameter(torch.zeros(n_layers, n_features), requires_grad=activation == "jumprelu")
        self.W_dec = nn.ParameterList(torch.zeros(n_features, self.n_targets(s), d_model) for s in range(n_layers))
        self.b_dec = nn.Parameter(torch.zeros(n_layers, d_model))
        self.W_skip = nn.ParameterList(torch.zeros(d_model, d_model) for _ in range(n_layers)) if skip else None

    def n_targets(self, source: int) -> int:
        """Layers that the features of layer `source` write to."""
        return min(self.window or self.n_layers, self.n_layers - source)

    def pre_activations(self, x: Float[Tensor, "token d_model"], layer: int) -> Float[Tensor, "token feature"]:
        """Pre-activations of the features of one layer."""
        return F.linear(x, self.W_enc[layer], self.b_enc[layer])

    @torch.no_grad()
    def level(self, pre: Float[Tensor, "token feature"], layer: int, mesh: Mesh = ALONE) -> Tensor:
        """What a pre-activation has to pass to fire, never negative: [feature] for jumprelu, [token, 1] for topk, else []."""
        if self.activation == "jumprelu":
            return self.threshold[layer].detach()
        if self.activation == "relu":
            return pre.new_zeros(())
        if self.activation == "topk":
            largest = mesh.join_shards(pre.topk(min(self.k, pre.shape[1]), dim=1).values, 1)
            return largest.topk(self.k, dim=1).values[:, -1:].clamp_min(0)
        n_firing = self.k * len(pre) * mesh.n_replicas
        largest = pre.flatten().topk(min(n_firing, pre.numel()), sorted=False).values
        largest = mesh.join_replicas(mesh.join_shards(largest, 0), 0)
        return largest.kthvalue(len(largest) - n_firing + 1).values.clamp_min(0)

    def fires(self, pre: Float[Tensor, "token feature"], level: Tensor) -> Bool[Tensor, "token feature"]:
        """Where the features of a layer fire, given the `level` that they have to pass."""
        if self.activation in ("topk", "batchtopk"):
            return (pre >= level) & (pre > 0)
        return pre > level

    def encode(self, x: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "token layer feature"]:
        """Activations of every feature."""
        acts = []
        for layer in range(self.n_layers):
            pre = self.pre_activations(x[:, layer], layer)
            acts.append(pre.where(self.fires(pre, self.level(pre, layer)), 0.0))
        return torch.stack(acts, 1)

    def support(self, pre: Float[Tensor, "token feature"], layer: int) -> Support:
        """The entries of `pre` that fire."""
        tokens, features = self.fires(pre, self.level(pre, layer)).nonzero(as_tuple=True)
        return Support(tokens, features, pre[tokens, features])

    def write(self, support: Support, layer: int, n_tokens: int) -> Float[Tensor, "token target d_model"]:
        """What the features of one layer add to each of their target layers."""
        weight = self.W_dec[layer].flatten(1)
        starts = torch.searchsorted(support.tokens, torch.arange(n_tokens, device=weight.device))
        written = F.embedding_bag(support.features, weight, starts, mode="sum", per_sample_weights=support.acts)
        return written.unflatten(1, (-1, self.d_model))

    def straight(self, x: Float[Tensor, "token d_model"], layer: int) -> Float[Tensor, "token d_model"]:
        """What goes to the output of a layer without any feature: its bias, and the skip connection if there is one."""
        bias = self.b_dec[layer].expand(len(x), -1)
        return bias if self.W_skip is None else torch.addmm(bias, x, self.W_skip[layer].T)

    def reconstruct(self, x: Float[Tensor, "token layer d_model"]) -> Float[Tensor, "token layer d_model"]:
        """The MLP outputs that the features stand for."""
        outputs = torch.stack([self.straight(x[:, layer], layer) for layer in range(self.n_layers)], 1)
        for layer in range(self.n_layers):
            support = self.support(self.pre_activations(x[:, layer], layer), layer)
            outputs[:, layer : layer + self.n_targets(layer)] += self.write(support, layer, len(x))
        return outputs

    def decoder_norms(self, layer: int, norm: Literal["concat", "separate"]) -> Float[Tensor, " feature"]:
        """Norm n_f of each feature's decoder: of all its targets together (`concat`), or the sum of each one's (`separate`)."""
        squares = self.W_dec[layer].square()
        if norm == "concat":
            return (squares.sum((1, 2)) + 1e-12).sqrt()
        return (squares.sum(2) + 1e-12).sqrt().sum(1)
