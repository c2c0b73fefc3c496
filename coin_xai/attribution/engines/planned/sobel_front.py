"""The Sobel front and its gradient, by the convolutions that it is made of."""

from typing import Any

from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.engines.planned.steps import SobelFront
from coin_xai.attribution.engines.rectifiers import Rule


class Front:
    """Grey, and then derivatives."""

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
