"""One step of gradient descent, in as few parts as the memory of the device allows."""

import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

log = logging.getLogger(__name__)

Loss = Callable[..., tuple[Tensor, Tensor]]
"""Takes the tensors of a part of a batch; returns the mean loss of its photographs, and of how many the
answer was right."""


class Step:
    """Takes steps; when the memory of a GPU runs out, this one and those after it in halves.

    The gradient of a batch is the mean over its photographs, whether they pass together or one part after
    the other. What does change is batch normalisation, whose statistics are then those of a part: the same
    mathematics with smaller batches there.
    """

    def __init__(
        self, network: nn.Module, optimisers: Sequence[torch.optim.Optimizer], *, loss_of: Loss
    ) -> None:
        """Bind what learns, in training mode, the optimisers that step together, and what is to be small."""
        self.network, self.optimisers, self.loss_of = network, optimisers, loss_of
        self.parts = 1

    def take(self, *batch: Tensor) -> tuple[Tensor, Tensor]:
        """Learn a batch; return the sum of the losses and the number of right answers, on the device.

        Args:
            batch: what the loss is computed from, n rows each.

        Raises:
            torch.OutOfMemoryError: not even parts of two photographs fit.
        """
        buffers = [buffer.clone() for buffer in self.network.buffers()]
        while (taken := self._try(batch)) is None:
            # Outside of the handler, which would keep the tensors of the failed attempt alive.
            torch.cuda.empty_cache()
            self.parts *= 2
            log.warning(
                "the memory of the device ran out: batches of %d are learnt in %d parts, with the "
                "statistics of a part in batch normalisation",
                len(batch[0]),
                self.parts,
            )
            for buffer, before in zip(self.network.buffers(), buffers, strict=True):
                buffer.copy_(before)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()  # gradients are as large as the network: what follows may have their place
        return taken

    def _try(self, batch: Sequence[Tensor]) -> tuple[Tensor, Tensor] | None:
        """Compute the gradient; return None if memory ran out and smaller parts may help."""
        n_photographs, device = len(batch[0]), batch[0].device
        total_loss, total_right = (torch.zeros((), dtype=torch.float64, device=device) for _ in range(2))
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        try:
            for part in zip(*(rows.tensor_split(self.parts) for rows in batch), strict=True):
                loss, right = self.loss_of(*part)
                (loss * (len(part[0]) / n_photographs)).backward()  # type: ignore[no-untyped-call]
                total_loss += loss.detach() * len(part[0])
                total_right += right
        except torch.OutOfMemoryError:
            if n_photographs < 4 * self.parts:  # batch normalisation wants two photographs in a part
                raise
            return None
        return total_loss, total_right
