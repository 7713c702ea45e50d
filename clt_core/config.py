"""Settings of every kind of work, checked when they are made.  Nothing here loads torch."""

import re
from dataclasses import dataclass, fields
from typing import Any, TypeVar

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
