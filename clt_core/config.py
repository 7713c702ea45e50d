"""Settings of every kind of work, checked when they are made.  Nothing here loads torch."""

import re
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from clt_core.errors import InputError

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
"""Names of dictionaries and graphs: they become directory names and parts of addresses."""

DEMO_PROMPT = "The capital of France is"


def require(condition: bool, rule: str) -> None:
    """Raise InputError with `rule` unless `condition` holds."""
    if not condition:
        raise InputError(rule)


S = TypeVar("S", bound="Settings")


class Settings:
    """Base of all settings: built from plain JSON, unknown keys refused."""

    @classmethod
    def from_dict(cls: type[S], values: dict[str, Any]) -> S:
        """Settings from a JSON object.

        Raises:
            InputError: for a key that these settings do not have, or a value that breaks a rule.
        """
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]  # every subclass is a dataclass
        unknown = sorted(set(values) - names)
        require(not unknown, f"unknown setting {', '.join(unknown)}: {cls.__name__} has {', '.join(sorted(names))}")
        try:
            return cls(**values)
        except TypeError as error:
            raise InputError(f"{cls.__name__}: {error}") from error


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Settings):
    """How to train a dictionary."""

    name: str
    """Directory of the dictionary in the workspace: lower-case letters, digits, - and _."""

    model: str = "smollm2"
    """Reference of the base model: a Hugging Face id, a local directory, a .gguf file, or smollm2."""

    text: str = "docstrings"
    """Reference of the text: docstrings, a .txt, .jsonl or .parquet file, or a Hugging Face dataset id."""

    architecture: Literal["plt", "clt"] = "plt"
    """A per-layer transcoder (plt) writes to its own layer; a cross-layer transcoder (clt) also to later ones."""

    window: int | None = None
    """Layers that a clt feature writes to, its own included; None means every later layer."""

    n_features: int = 1024
    """Features a layer."""

    n_tokens: int = 160_000
    """Tokens to train on."""

    n_held_out_tokens: int = 32_768
    """Held-out tokens on which the dictionary is evaluated and the examples of its features are collected."""

    batch_tokens: int = 512
    """Tokens an optimiser step."""

    context: int = 128
    """Tokens a sequence, BOS included."""

    learning_rate: float = 4e-3
    """Peak learning rate of Adam; warmed up, then decayed linearly to zero."""

    sparsity: float = 2.0
    """Final λ_0, the weight of the tanh penalty."""

    tanh_scale: float = 4.0
    """C in tanh(C · activation · decoder norm)."""

    decoder_norm: Literal["concat", "separate"] = "concat"
    """Norm of a feature's decoder in the penalty: of all targets together, or the sum of the norms of each."""

    dead_penalty: float = 1e-5
    """λ_1, the weight of relu(threshold - pre-activation) · decoder norm."""

    bandwidth: float = 0.5
    """Width ε of the rectangle that stands for the derivative of the threshold step, in standardised units."""

    initial_l0: float = 64.0
    """Features a token and layer that the initial encoder bias lets fire, on average."""

    seed: int = 0
    """Seed of initial weights and of the order of the text."""

    device: str = "auto"
    """auto, cpu or cuda."""

    def __post_init__(self) -> None:
        require(bool(SLUG.fullmatch(self.name)), f"name must be lower-case letters, digits, - and _, got {self.name!r}")
        require(self.architecture in ("plt", "clt"), f"architecture must be plt or clt, got {self.architecture!r}")
        require(
            self.decoder_norm in ("concat", "separate"), f"decoder_norm must be concat or separate, got {self.decoder_norm!r}"
        )
        for field in ("n_features", "n_tokens", "n_held_out_tokens", "batch_tokens", "context"):
            value = getattr(self, field)
            require(isinstance(value, int) and value >= 1, f"{field} must be a whole number of at least 1, got {value}")
        require(self.context >= 2, f"context must be at least 2 (BOS and a token), got {self.context}")
        require(self.window is None or self.window >= 1, f"window must be at least 1, got {self.window}")
        require(
            self.architecture == "clt" or self.window is None, "window is an option of clt: a plt writes to its own layer only"
        )
        for field in ("learning_rate", "tanh_scale", "bandwidth", "initial_l0"):
            require(getattr(self, field) > 0, f"{field} must be above 0, got {getattr(self, field)}")
        for field in ("sparsity", "dead_penalty"):
            require(getattr(self, field) >= 0, f"{field} must not be negative, got {getattr(self, field)}")
        require(
            self.initial_l0 < self.n_features,
            f"initial_l0 must be below n_features, got {self.initial_l0} of {self.n_features}",
        )


@dataclass(frozen=True, kw_only=True)
class AttributeConfig(Settings):
    """Which attribution graph to compute."""

    prompt: str
    """Text whose next token is explained; BOS is added."""

    dictionary: str
    """Name of a dictionary of the workspace."""

    max_n_logits: int = 10
    """Logits at most that the graph explains."""

    desired_logit_prob: float = 0.95
    """Explain the most probable next tokens until they reach this share of the probability."""

    max_feature_nodes: int = 1500
    """Features at most; the most influential ones are taken first."""

    batch_size: int = 16
    """Backward passes at once: 16 to 32 is fastest on a CPU."""

    node_threshold: float = 0.8
    """Share of the influence that the kept nodes carry."""

    edge_threshold: float = 0.98
    """Share of the influence that the kept edges carry."""

    device: str = "auto"
    """auto, cpu or cuda."""

    def __post_init__(self) -> None:
        require(bool(self.prompt.strip()), "the prompt is empty: write the text whose next token the graph should explain")
        require(bool(SLUG.fullmatch(self.dictionary)), f"dictionary must be a name from the workspace, got {self.dictionary!r}")
        for field in ("max_n_logits", "max_feature_nodes", "batch_size"):
            value = getattr(self, field)
            require(isinstance(value, int) and value >= 1, f"{field} must be a whole number of at least 1, got {value}")
        for field in ("desired_logit_prob", "node_threshold", "edge_threshold"):
            value = getattr(self, field)
            require(0 < value <= 1, f"{field} must be above 0 and at most 1, got {value}")


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
