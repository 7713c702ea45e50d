"""What the MLPs of a model read and write, over a batch of sequences.

Axes: sequence, position, layer, d_model.  x_l is the input of MLP l, after the norm and its gain (TransformerLens
`mlp.hook_in` of circuit-tracer); m_l is what MLP l adds to the residual stream (`hook_mlp_out`).
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformer_lens import HookedTransformer


class MlpActivations(NamedTuple):
    """Inputs x and outputs m of every MLP."""

    x: Float[Tensor, "sequence position layer d_model"]
    m: Float[Tensor, "sequence position layer d_model"]


def mlp_inputs_outputs(model: HookedTransformer, tokens: Int[Tensor, "sequence position"]) -> MlpActivations:
    """What every MLP reads and writes when `model` reads `tokens`, in the model's dtype, without gradients."""
    cfg = model.cfg
    shape = (*tokens.shape, cfg.n_layers, cfg.d_model)
    result = MlpActivations(*(torch.empty(shape, dtype=cfg.dtype, device=tokens.device) for _ in range(2)))

    def keep(into: Tensor, layer: int) -> Any:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            into[:, :, layer] = inputs[0]

        return hook

    handles = []
    for layer in range(cfg.n_layers):
        for name, into in (("mlp", result.x), ("hook_mlp_out", result.m)):
            module = model.get_submodule(f"blocks.{layer}.{name}")
            handles.append(module.register_forward_pre_hook(keep(into, layer)))
    try:
        with torch.no_grad():
            model(tokens, stop_at_layer=cfg.n_layers)
    finally:
        for handle in handles:
            handle.remove()
    return result
