"""One step of gradient descent that several processes take together, each with its part of the batch."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from coin_xai.optimisation.ranks import Ranks
from coin_xai.optimisation.step import Loss


def together(network: nn.Module) -> DistributedDataParallel:
    """Return a network that learns as those of all processes do, starting from the weights of the first."""
    return DistributedDataParallel(network, gradient_as_bucket_view=True)


class CommonStep:
    """Takes steps after which all processes have the same weights, those that one process would have.

    Up to the order in which numbers are added. A batch that does not fit into the memory of a device is not
    learnt in parts, as one process would: the others could not know of it.
    """

    def __init__(
        self, network: nn.Module, optimisers: Sequence[torch.optim.Optimizer], *, loss_of: Loss, ranks: Ranks
    ) -> None:
        """Bind what learns, made by `together`, the optimisers, what is to be small, and the processes."""
        self.network, self.optimisers, self.loss_of, self.ranks = network, optimisers, loss_of, ranks

    def take(self, *part: Tensor) -> tuple[Tensor, Tensor]:
        """Learn a batch of `ranks.batch` photographs; return what `Step.take` does, of this part.

        Args:
            part: what the loss is computed from, of this process's photographs; there may be none.
        """
        n_photographs = len(part[0])
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        loss, right = self.loss_of(*part)
        # The mean over the batch is what counts, whatever the lengths of its parts; the engine averages.
        share = n_photographs * self.ranks.count / self.ranks.batch
        (loss * share).backward()  # type: ignore[no-untyped-call]
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        # The mean over no photographs is no number.
        return (loss.detach() * n_photographs if n_photographs else loss.new_zeros(())), right
