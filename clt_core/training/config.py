"""How a dictionary is trained.  Nothing here loads torch."""

from dataclasses import dataclass
from typing import Literal

from clt_core.config import SLUG, Settings, require

POSITIVE_COUNTS = ("n_features", "n_tokens", "n_held_out_tokens", "batch_tokens", "context", "n_processes", "n_replicas")
POSITIVE = ("learning_rate", "tanh_scale", "bandwidth", "initial_l0", "checkpoint_minutes")
NOT_NEGATIVE = ("sparsity", "dead_penalty", "asymmetry_penalty")
TOP_K = ("topk", "batchtopk")


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Settings):
    """How to train a dictionary."""

    name: str
    """Directory of the dictionary in the workspace: lower-case letters, digits, - and _."""

    cache: str | None = None
    """Activation cache of the workspace to train from; model, text and context are then those of the cache."""

    model: str = "smollm2"
    """Reference of the base model: a Hugging Face id, a local directory, a .gguf file, or smollm2."""

    model_dtype: Literal["float32", "bfloat16"] = "float32"
    """Precision in which the base model reads text for training; evaluation is always in float32."""

    text: str = "docstrings"
    """Reference of the text: docstrings, a .txt, .jsonl or .parquet file, or a Hugging Face dataset id."""

    finetune: str | None = None
    """Dictionary of the workspace to start from: its encoders and decoders change by low-rank updates, merged on save."""

    finetune_rank: int = 16
    """Rank of the updates of a finetuned dictionary."""

    architecture: Literal["plt", "clt"] = "plt"
    """A per-layer transcoder (plt) writes to its own layer; a cross-layer transcoder (clt) also to later ones."""

    window: int | None = None
    """Layers that a clt feature writes to, its own included; None means every later layer."""

    skip: bool = False
    """Add an affine map from each MLP's input to its output beside the features."""

    activation: Literal["jumprelu", "relu", "topk", "batchtopk"] = "jumprelu"
    """What lets a feature fire: its own learnt threshold, zero, the k largest of a token, or the k·batch largest of a batch."""

    k: int = 32
    """Features a token and layer that topk and batchtopk let fire; the others do not use it."""

    n_features: int = 1024
    """Features a layer."""

    n_tokens: int = 160_000
    """Tokens to train on."""

    n_held_out_tokens: int = 32_768
    """Held-out tokens on which the dictionary is evaluated and the examples of its features are collected."""

    batch_tokens: int = 512
    """Tokens an optimiser step, over all replicas."""

    context: int = 128
    """Tokens a sequence, BOS included."""

    learning_rate: float = 4e-3
    """Peak learning rate of Adam; warmed up, then decayed linearly to zero."""

    penalty: Literal["tanh", "l1"] = "tanh"
    """What keeps features from firing: tanh(C · activation · decoder norm), or activation · decoder norm (l1)."""

    sparsity: float = 2.0
    """Final λ_0, the weight of the penalty; with target_l0, where the controller starts."""

    target_l0: float | None = None
    """Mean active features a token and layer that a controller of λ_0 steers to; None leaves λ_0 to its schedule."""

    stop_at_l0: float | None = None
    """End training early once the mean L0 has fallen to this; None trains on all tokens."""

    tanh_scale: float = 4.0
    """C in tanh(C · activation · decoder norm)."""

    decoder_norm: Literal["concat", "separate"] = "concat"
    """Norm of a feature's decoder in the penalty: of all targets together, or the sum of the norms of each."""

    dead_penalty: float = 1e-5
    """λ_1, the weight of relu(threshold - pre-activation) · decoder norm, which brings silent features back."""

    asymmetry_penalty: float = 0.0
    """λ_2, the weight of the excess of a layer's smooth L0 over the mean of the layers, squared, over that mean."""

    bandwidth: float = 0.5
    """Width ε of the rectangle that stands for the derivative of the threshold step, in spreads of the pre-activations."""

    initial_l0: float = 64.0
    """Features a token and layer that the initial encoder bias lets fire, on average."""

    step: Literal["auto", "sparse", "dense"] = "auto"
    """How gradients are computed: over active features, over all, or the faster of the two, layer by layer."""

    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of the encoder product and of the dense step; weights, thresholds and norms stay in float32."""

    checkpoint_minutes: float = 2.0
    """Minutes between checkpoints, from which an interrupted training goes on."""

    seed: int = 0
    """Seed of initial weights and of the order of the text."""

    device: str = "auto"
    """auto, cpu or cuda."""

    n_processes: int = 1
    """Processes, one a device; torchrun starts them when there are several."""

    n_replicas: int = 1
    """Copies of the dictionary, each trained on its share of a batch; the processes of a copy share its features."""

    wandb: str | None = None
    """Weights & Biases project that also gets every metric; the events of the run always do."""

    def __post_init__(self) -> None:
        require(bool(SLUG.fullmatch(self.name)), f"name must be lower-case letters, digits, - and _, got {self.name!r}")
        for field, allowed in CHOICES.items():
            value = getattr(self, field)
            require(value in allowed, f"{field} must be {' or '.join(allowed)}, got {value!r}")
        for field in ("cache", "finetune"):
            value = getattr(self, field)
            require(value is None or bool(SLUG.fullmatch(value)), f"{field} must be a name from the workspace, got {value!r}")
        for field in POSITIVE_COUNTS:
            require_count(field, getattr(self, field))
        for field in POSITIVE:
            require(getattr(self, field) > 0, f"{field} must be above 0, got {getattr(self, field)}")
        for field in NOT_NEGATIVE:
            require(getattr(self, field) >= 0, f"{field} must not be negative, got {getattr(self, field)}")
        for field in ("target_l0", "stop_at_l0"):
            value = getattr(self, field)
            require(value is None or 0 < value < self.n_features, f"{field} must be above 0 and below n_features, got {value}")
        require(self.context >= 2, f"context must be at least 2 (BOS and a token), got {self.context}")
        self._check_shape()
        self._check_processes()

    def _check_shape(self) -> None:
        require(self.window is None or self.window >= 1, f"window must be at least 1, got {self.window}")
        require(
            self.architecture == "clt" or self.window is None, "window is an option of clt: a plt writes to its own layer only"
        )
        require_count("finetune_rank", self.finetune_rank)
        require_count("k", self.k)
        if self.activation in TOP_K:
            require(self.k <= self.n_features, f"k must be at most n_features, got {self.k} of {self.n_features}")
            require(self.target_l0 is None, f"target_l0 steers λ_0, but {self.activation} fixes L0 by k: leave one of them out")
        else:
            require(
                self.initial_l0 < self.n_features,
                f"initial_l0 must be below n_features, got {self.initial_l0} of {self.n_features}",
            )

    def _check_processes(self) -> None:
        require(
            self.n_processes % self.n_replicas == 0,
            f"n_processes must be a multiple of n_replicas, got {self.n_processes} and {self.n_replicas}",
        )
        require(
            self.batch_tokens % self.n_replicas == 0,
            f"batch_tokens must be a multiple of n_replicas, got {self.batch_tokens} and {self.n_replicas}",
        )


CHOICES = {
    "architecture": ("plt", "clt"),
    "activation": ("jumprelu", "relu", "topk", "batchtopk"),
    "penalty": ("tanh", "l1"),
    "decoder_norm": ("concat", "separate"),
    "step": ("auto", "sparse", "dense"),
    "precision": ("float32", "bfloat16"),
    "model_dtype": ("float32", "bfloat16"),
}


def require_count(field: str, value: object) -> None:
    """Raise InputError unless `value` is a whole number of at least 1."""
    require(isinstance(value, int) and value >= 1, f"{field} must be a whole number of at least 1, got {value}")


def demo_preset(architecture: Literal["plt", "clt"], n_tokens: int | None = None) -> TrainConfig:
    """The settings that train a dictionary on smollm2 in about ten minutes on two CPU cores."""
    tokens = {"plt": 160_000, "clt": 100_000}[architecture]
    return TrainConfig(
        name=f"smollm2-{architecture}-demo",
        architecture=architecture,
        window=None if architecture == "plt" else 4,
        n_tokens=n_tokens or tokens,
        sparsity=2.0 if architecture == "plt" else 1.0,
    )
