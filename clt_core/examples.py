"""The strongest examples of every feature, kept while text passes by: at most one a sequence and feature.

Axes: example, feature, offset (position relative to the start of the example's window).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

N_EXAMPLES = 10
BEFORE = 16
"""Tokens of context shown before the strongest token."""
AFTER = 8
"""Tokens of context shown after it."""


class LayerExamples:
    """The strongest examples of the features of one layer, and how often and how strongly they fire."""

    def __init__(self, n_features: int, device: torch.device):
        self.peak = torch.zeros(N_EXAMPLES, n_features, device=device)
        """Activation at the strongest token, strongest example first; zero where there is none."""
        self.sequence = torch.zeros(N_EXAMPLES, n_features, dtype=torch.int32, device=device)
        self.position = torch.zeros(N_EXAMPLES, n_features, dtype=torch.int32, device=device)
        """Where the strongest token is."""
        self.window = torch.zeros(N_EXAMPLES, n_features, BEFORE + 1 + AFTER, device=device)
        """Activations from BEFORE tokens before the strongest to AFTER tokens after it."""
        self.n_fired = torch.zeros(n_features, dtype=torch.int64, device=device)
        self.total = torch.zeros(n_features, dtype=torch.float64, device=device)
        """Sum of activations."""

    def add(self, acts: Float[Tensor, "sequence position feature"], first_sequence: int) -> None:
        """Take in some sequences, numbered from `first_sequence`; activations that do not count are zero."""
        self.n_fired += (acts > 0).sum((0, 1))
        self.total += acts.sum((0, 1), dtype=torch.float64)
        peak, position = acts.max(1)
        sequence = torch.arange(first_sequence, first_sequence + len(acts), dtype=torch.int32, device=acts.device)
        best = torch.cat([self.peak, peak]).topk(N_EXAMPLES, dim=0)
        self.peak = best.values
        self.sequence = torch.cat([self.sequence, sequence[:, None].expand(-1, acts.shape[2])]).gather(0, best.indices)
        self.position = torch.cat([self.position, position.int()]).gather(0, best.indices)
        self._take_windows(acts, best.indices)

    def _take_windows(self, acts: Float[Tensor, "sequence position feature"], chosen: Int[Tensor, "example feature"]) -> None:
        """Move the windows of examples that stay, and cut those of new ones (chosen ≥ N_EXAMPLES) out of `acts`."""
        index = chosen.clamp_max(N_EXAMPLES - 1)[..., None].expand_as(self.window)
        self.window = self.window.gather(0, index)
        example, feature = (chosen >= N_EXAMPLES).nonzero(as_tuple=True)
        padded = torch.nn.functional.pad(acts, (0, 0, BEFORE, AFTER))
        offsets = torch.arange(BEFORE + 1 + AFTER, device=acts.device)
        positions = self.position[example, feature].long()[:, None] + offsets
        self.window[example, feature] = padded[(chosen[example, feature] - N_EXAMPLES)[:, None], positions, feature[:, None]]
