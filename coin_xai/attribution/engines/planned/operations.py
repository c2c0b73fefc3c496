"""Steps that can be run: forward with a signal, and back with its gradient."""

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.engines.planned import steps
from coin_xai.attribution.engines.rectifiers import Rule, pass_back


class Operation(Protocol):
    """One step of a chain.

    Attributes:
        overwrites: whether it works in place on what it is given.
    """

    overwrites: bool

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:
        """Return the next signal, and what the way back must know (None unless `keep`)."""

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:
        """Return the gradient of what went in; the one that is given may be overwritten."""


class Rectify:
    """max(0, z)."""

    overwrites = True

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:
        """Rectify in place."""
        rectified = signal.relu_()
        return rectified, rectified if keep else None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:
        """Hand down what the rule says."""
        return pass_back(rule, gradient, memory, in_place=True)


class Scale:
    """Batch normalisation that could not be folded into a convolution."""

    overwrites = False

    def __init__(self, step: steps.Affine) -> None:
        self._scale, self._shift = step.scale[:, None, None], step.shift[:, None, None]

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Scale and shift each map."""
        return torch.addcmul(self._shift.to(signal.dtype), signal, self._scale.to(signal.dtype)), None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Scale each map."""
        return gradient * self._scale.to(gradient.dtype)


class Average:
    """Means over a grid of windows; nothing at all if the maps have the size of the grid."""

    overwrites = False

    def __init__(self, step: steps.AveragePool) -> None:
        self._size = step.size

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Average the maps."""
        if signal.shape[2:] == self._size:
            return signal, signal.shape
        return F.adaptive_avg_pool2d(signal, self._size), signal.shape

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Spread each gradient over its window."""
        if gradient.shape == memory:
            return gradient
        spread: Tensor = torch.ops.aten._adaptive_avg_pool2d_backward(gradient, gradient.new_empty(memory))
        return spread


class Flat:
    """Maps into rows, in the order channel, row, column whatever the memory layout."""

    overwrites = False

    def __init__(self, *, layout: torch.memory_format) -> None:
        self._layout = layout

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Flatten."""
        return signal.flatten(1), signal.shape

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Unflatten, into the layout of maps."""
        return gradient.view(memory).contiguous(memory_format=self._layout)


class Dense:
    """A linear layer."""

    overwrites = False

    def __init__(self, step: steps.Linear) -> None:
        self.weight, self._bias = step.weight, step.bias

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Weigh the features."""
        return F.linear(signal, self.weight, self._bias), None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Weigh the other way round."""
        return gradient @ self.weight
