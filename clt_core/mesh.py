"""The place of this process among those that train one dictionary: which features it holds, which tokens it reads.

Processes form a grid of replicas × shards.  The shards of a replica hold different features of every layer and read the
same tokens; the replicas hold the same features and read different tokens.  A process alone is a grid of one, and every
method then leaves its argument as it is.
"""

from torch import Tensor


class Mesh:
    """A process alone; `clt_core.training.processes` has the one for several."""

    n_shards = 1
    shard = 0
    n_replicas = 1
    replica = 0

    @property
    def is_main(self) -> bool:
        """Whether this process speaks for all: it writes events and results."""
        return self.shard == 0 and self.replica == 0

    def features(self, n_features: int) -> slice:
        """The features of a layer that this process holds: shards are as even as `torch.chunk`."""
        size = -(-n_features // self.n_shards)
        return slice(min(n_features, self.shard * size), min(n_features, (self.shard + 1) * size))

    def sum_over_shards(self, tensor: Tensor) -> Tensor:
        """The sum over the shards of this replica, in place."""
        return tensor

    def sum_over_replicas(self, tensor: Tensor) -> Tensor:
        """The sum over the replicas, in place."""
        return tensor

    def join_shards(self, tensor: Tensor, dim: int) -> Tensor:  # noqa: ARG002  # others use it
        """The tensors of the shards of this replica, one after the other; they may differ in size along `dim`."""
        return tensor

    def join_replicas(self, tensor: Tensor, dim: int) -> Tensor:  # noqa: ARG002
        """The tensors of the replicas, one after the other; they may differ in size along `dim`."""
        return tensor

    def from_main(self, tensor: Tensor) -> Tensor:
        """The values that the main process has, in place."""
        return tensor

    def wait(self) -> None:
        """Return once every process has come here."""


ALONE = Mesh()
