"""One step of gradient descent, in as few parts as the memory of the device allows."""

import logging
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.deepcluster.precision import Precision, computing_in
from coin_xai.networks import Network

log = logging.getLogger(__name__)


class Step:
    """Takes steps; when the memory of a GPU runs out, this one and those after it in halves.

    The gradient of a batch is the mean over its photographs, whether they pass together or one part after
    the other. What does change is batch normalisation, whose statistics are then those of a part: the same
    mathematics with smaller batches there.
    """

    def __init__(
        self, network: Network, optimisers: Sequence[torch.optim.Optimizer], *, precision: Precision
    ) -> None:
        """Bind a network in training mode and the optimisers that step together."""
        self.network, self.optimisers, self.precision = network, optimisers, precision
        self.parts = 1

    def take(self, photographs: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Learn a batch; return the sum of the losses and the number of right answers, on the device.

        Args:
            photographs: normalised, n x 3 x H x W.
            target: class of each (n).

        Raises:
            torch.OutOfMemoryError: not even parts of two photographs fit.
        """
        buffers = [buffer.clone() for buffer in self.network.buffers()]
        while (taken := self._try(photographs, target)) is None:
            # Outside of the handler, which would keep the tensors of the failed attempt alive.
            torch.cuda.empty_cache()
            self.parts *= 2
            log.warning(
                "the memory of the device ran out: batches of %d are learnt in %d parts, with the "
                "statistics of a part in batch normalisation",
                len(target),
                self.parts,
            )
            for buffer, before in zip(self.network.buffers(), buffers, strict=True):
                buffer.copy_(before)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()  # gradients are as large as the network: what follows may have their place
        return taken

    def _try(self, photographs: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """Compute the gradient; return None if memory ran out and smaller parts may help."""
        total_loss, right = (torch.zeros((), dtype=torch.float64, device=target.device) for _ in range(2))
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        try:
            for shown, wanted in zip(
                photographs.tensor_split(self.parts), target.tensor_split(self.parts), strict=True
            ):
                with computing_in(self.precision, target.device):
                    logits = self.network(shown).float()
                loss = F.cross_entropy(logits, wanted)
                (loss * (len(wanted) / len(target))).backward()  # type: ignore[no-untyped-call]
                total_loss += loss.detach() * len(wanted)
                right += (logits.detach().argmax(dim=1) == wanted).sum()
        except torch.OutOfMemoryError:
            if len(target) < 4 * self.parts:  # batch normalisation wants two photographs in a part
                raise
            return None
        return total_loss, right
