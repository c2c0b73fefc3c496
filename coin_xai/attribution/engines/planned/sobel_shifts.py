"""The Sobel front and its gradient, as convolutions or as a few shifted sums.

A Sobel kernel is a smoothing by 1 2 1 across a difference of neighbours, which shifted copies of the grey
photograph give with seven additions. Kernels of 3 x 3 with one or two channels are what the library is
slowest with.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.engines.planned.steps import SobelFront
from coin_xai.attribution.engines.rectifiers import Rule
from coin_xai.networks.sobel import HORIZONTAL, VERTICAL


class FrontByConvolution:
    """Any front of that structure, by the convolutions that it is made of."""

    overwrites = False

    def __init__(self, step: SobelFront, *, one_channel: bool) -> None:
        self._step = step
        self._grey = step.grey.view(1, 3, 1, 1)
        # All colours weigh the same, and so have the same gradient.
        self._one_channel = one_channel and bool((step.grey == step.grey[0]).all())

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Make the photographs grey, and derive."""
        step = self._step
        grey = F.conv2d(signal, self._grey, step.grey_bias)
        return F.conv2d(self._padded(grey), step.derivatives, step.derivatives_bias), None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Return the gradient of the photograph: N x H x W if its colours are equal, or N x 3 x H x W."""
        return self._coloured(self._unpadded(F.conv_transpose2d(gradient, self._step.derivatives)[:, 0]))

    def _padded(self, grey: Tensor) -> Tensor:
        return F.pad(grey, (1, 1, 1, 1), mode="replicate" if self._step.replicate else "constant")

    def _unpadded(self, padded: Tensor) -> Tensor:
        """Undo the padding of N x (H + 2) x (W + 2): what a copy was given belongs to its origin."""
        if self._step.replicate:
            padded[:, 1] += padded[:, 0]
            padded[:, -2] += padded[:, -1]
            padded[:, :, 1] += padded[:, :, 0]
            padded[:, :, -2] += padded[:, :, -1]
        return padded[:, 1:-1, 1:-1]

    def _coloured(self, grey: Tensor) -> Tensor:
        if self._one_channel:
            return grey * self._step.grey[0]
        return grey[:, None] * self._grey


class FrontByShifts(FrontByConvolution):
    """The front of DeepCluster: equal colours, then the horizontal and the vertical Sobel kernel."""

    @staticmethod
    def suits(step: SobelFront) -> bool:
        """Whether a front has those kernels, and adds nothing."""
        kernels = torch.tensor([HORIZONTAL, VERTICAL])[:, None].to(step.derivatives)
        return (
            torch.equal(step.derivatives, kernels)
            and bool((step.grey == step.grey[0]).all())
            and not step.grey_bias.any()
            and not step.derivatives_bias.any()
        )

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Make the photographs grey, and derive."""
        grey = (signal[:, 0] + signal[:, 1]).add_(signal[:, 2]).mul_(self._step.grey[0])
        padded = self._padded(grey[:, None])[:, 0]
        derivatives = signal.new_empty(len(signal), 2, *signal.shape[2:])
        down = (padded[:, :-2] + padded[:, 2:]).add_(padded[:, 1:-1], alpha=2)
        torch.sub(down[:, :, :-2], down[:, :, 2:], out=derivatives[:, 0])
        across = (padded[:, :, :-2] + padded[:, :, 2:]).add_(padded[:, :, 1:-1], alpha=2)
        torch.sub(across[:, :-2], across[:, 2:], out=derivatives[:, 1])
        return derivatives, None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Return the gradient of the photograph, of one or three channels."""
        horizontal, vertical = gradient[:, 0], gradient[:, 1]
        count, height, width = horizontal.shape
        padded = gradient.new_zeros(count, height + 2, width + 2)
        # The transpose of a difference, then of a smoothing, added where the forward pass read.
        down = gradient.new_zeros(count, height, width + 2)
        down[:, :, :-2] = horizontal
        down[:, :, 2:] -= horizontal
        padded[:, :-2] += down
        padded[:, 2:] += down
        padded[:, 1:-1].add_(down, alpha=2)
        across = gradient.new_zeros(count, height + 2, width)
        across[:, :-2] = vertical
        across[:, 2:] -= vertical
        padded[:, :, :-2] += across
        padded[:, :, 2:] += across
        padded[:, :, 1:-1].add_(across, alpha=2)
        return self._coloured(self._unpadded(padded))
