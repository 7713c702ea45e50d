"""From a Hugging Face model in memory to TransformerLens: configuration, weights that share storage, and a check of both."""

import json
import math
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformer_lens.loading_from_pretrained import get_pretrained_model_config, get_pretrained_state_dict
from transformer_lens.supported_models import OFFICIAL_MODEL_NAMES
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from clt_core.errors import InputError

MAX_CONTEXT = 2048
"""Tokens at most, unless positions are learnt: TransformerLens keeps a mask of the square of it a layer."""

LARGEST_DIFFERENCE = {True: 0.01, False: 2.0}
"""Of two log-probabilities in float32, and in types whose rounding alone comes to 0.7 on smollm2 (wrong angles: 4)."""

ARCHITECTURES = {
    "GPT2LMHeadModel": "GPT-2",
    "GPTNeoForCausalLM": "GPT-Neo",
    "GPTJForCausalLM": "GPT-J",
    "GPTNeoXForCausalLM": "GPT-NeoX (Pythia)",
    "OPTForCausalLM": "OPT",
    "LlamaForCausalLM": "Llama (SmolLM2)",
    "MistralForCausalLM": "Mistral",
    "Qwen2ForCausalLM": "Qwen2",
    "Qwen3ForCausalLM": "Qwen3",
    "PhiForCausalLM": "Phi",
    "GemmaForCausalLM": "Gemma",
    "Gemma2ForCausalLM": "Gemma 2",
    "Gemma3ForCausalLM": "Gemma 3",
}

Hooked = TypeVar("Hooked", bound=HookedTransformer)


class Converted(NamedTuple):
    """A model as TransformerLens names it."""

    cfg: HookedTransformerConfig
    state_dict: dict[str, Tensor]


def convert(model: PreTrainedModel) -> Converted:
    """Configuration and weights of `model` for TransformerLens, nothing folded; weights are views wherever they can be.

    Raises:
        InputError: if TransformerLens does not support the architecture.
    """
    architecture = type(model).__name__
    if architecture not in ARCHITECTURES:
        raise unsupported(architecture)
    cfg = _gemma_config(model) if architecture.startswith("Gemma") else _config(model)
    with torch.no_grad():
        state_dict = get_pretrained_state_dict("/", cfg, hf_model=model)
    return Converted(cfg, {name: tensor.detach() for name, tensor in state_dict.items()})


def build(kind: type[Hooked], cfg: HookedTransformerConfig, state_dict: dict[str, Tensor], tokenizer: Any = None) -> Hooked:
    """A TransformerLens model of class `kind` whose parameters are the tensors of `state_dict`, without a copy."""
    own = HookedTransformerConfig.from_dict(cfg.to_dict() | {"tokenizer_name": None})
    model = kind(own, move_to_device=False)
    missing, unexpected = model.load_state_dict(state_dict, strict=False, assign=True)
    expected = {name for name, _ in model.named_parameters() if not name.rpartition(".")[2].startswith("b")}
    assert not unexpected, unexpected
    assert expected.isdisjoint(missing), missing  # a bias that the conversion leaves out is zero, as it was made
    model.to(torch.device(str(cfg.device)), print_details=False)
    model.tokenizer = tokenizer
    own.tokenizer_name = cfg.tokenizer_name
    return model.eval().requires_grad_(False)


def check_logits(model: PreTrainedModel, hooked: HookedTransformer) -> None:
    """Check that both models predict the same on a short sequence.

    Raises:
        InputError: if they do not, which means that TransformerLens misses a part of the architecture.
    """
    cfg = hooked.cfg
    tokens = (7919 * torch.arange(min(32, cfg.n_ctx), device=cfg.device) % cfg.d_vocab)[None]
    with torch.no_grad():
        expected = model(tokens).logits.float().log_softmax(-1)
        found = hooked(tokens).float().log_softmax(-1)
    difference = (expected - found).abs().max().item()
    if not difference < LARGEST_DIFFERENCE[cfg.dtype == torch.float32]:
        raise unsupported(f"{type(model).__name__} with these settings")


def unsupported(architecture: str) -> InputError:
    """The error for a model that cannot be read."""
    return InputError(f"the architecture {architecture} is not supported: use one of {', '.join(ARCHITECTURES.values())}")


def _config(model: PreTrainedModel) -> HookedTransformerConfig:
    """The configuration as TransformerLens reads it from a config.json, and what it leaves at defaults there.

    It takes the architecture from the path when that holds the name of one, so it is given a path of ours.
    """
    hf = model.config
    values = hf.to_dict() | {"architectures": [type(model).__name__]}
    if "n_positions" in values:
        values["n_ctx"] = values["n_positions"]
    with tempfile.TemporaryDirectory(prefix="config-") as directory:
        (Path(directory) / "config.json").write_text(json.dumps(values), encoding="utf-8")
        cfg = get_pretrained_model_config(directory, device=str(model.device), dtype=model.dtype)
    if type(model).__name__ == "LlamaForCausalLM" and getattr(hf, "head_dim", None):
        cfg.d_head = cfg.rotary_dim = hf.head_dim
        cfg.attn_scale = math.sqrt(hf.head_dim)
    if cfg.positional_embedding_type == "rotary":
        cfg.rotary_base = getattr(hf, "rope_theta", cfg.rotary_base)
        _set_rope_scaling(cfg, getattr(hf, "rope_scaling", None) or {})
        cfg.n_ctx = min(hf.max_position_embeddings, MAX_CONTEXT)
    return cfg


def _set_rope_scaling(cfg: HookedTransformerConfig, scaling: dict[str, Any]) -> None:
    """Take over how the rotary angles are scaled; what TransformerLens cannot do shows in the logits."""
    kind = scaling.get("rope_type", scaling.get("type"))
    if kind == "linear":
        cfg.rotary_scaling_factor = scaling["factor"]
    elif kind == "llama3":
        cfg.use_NTK_by_parts_rope = True
        cfg.NTK_by_parts_factor = scaling["factor"]
        cfg.NTK_by_parts_low_freq_factor = scaling["low_freq_factor"]
        cfg.NTK_by_parts_high_freq_factor = scaling["high_freq_factor"]
        cfg.NTK_original_ctx_len = scaling["original_max_position_embeddings"]


def _gemma_config(model: PreTrainedModel) -> HookedTransformerConfig:
    """The configuration of the published Gemma of this shape: TransformerLens has them by name only.

    Raises:
        InputError: if no published Gemma has this shape.
    """
    hf = model.config
    for name in OFFICIAL_MODEL_NAMES:
        if name.startswith("google/gemma"):
            cfg = get_pretrained_model_config(name, device=str(model.device), dtype=model.dtype)
            shape = (cfg.original_architecture, cfg.n_layers, cfg.d_model, cfg.d_mlp)
            if shape == (type(model).__name__, hf.num_hidden_layers, hf.hidden_size, hf.intermediate_size):
                cfg.n_ctx = min(cfg.n_ctx, MAX_CONTEXT)
                return cfg
    raise unsupported(f"{type(model).__name__} of an unpublished shape")


def set_names(cfg: HookedTransformerConfig, reference: str, directory: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    """Say in `cfg` where the model comes from, and whether its tokenizer adds BOS by itself."""
    cfg.model_name = Path(reference).name
    cfg.tokenizer_name = str(directory)
    cfg.tokenizer_prepends_bos = bool(tokenizer.encode(""))
