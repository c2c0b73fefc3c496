"""Max-pools that remember which place won.

In evaluation, winners of a window are the first of its greatest values, as everywhere in PyTorch. That
matters for DeconvNet: in a window without any positive value it passes the gradient to the first place.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.engines.planned.steps import MaxPool
from coin_xai.attribution.engines.rectifiers import Rule


class Pool:
    """The greatest value of each window."""

    overwrites = False

    def __init__(self, step: MaxPool, *, layout: torch.memory_format) -> None:
        self._step, self._layout = step, layout

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:
        """Pool."""
        step, signal = self._step, signal.contiguous(memory_format=self._layout)
        windows = (step.kernel, step.stride, step.padding, step.dilation, step.ceil_mode)
        if not keep:
            return F.max_pool2d(signal, *windows), None
        pooled, winners = F.max_pool2d(signal, *windows, return_indices=True)
        return pooled, (signal.shape, winners)

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Add each gradient to the place that won."""
        step, (shape, winners) = self._step, memory
        # The kernel asks for what was pooled, but looks at its shape and layout alone.
        pooled_from = torch.empty(
            shape, dtype=gradient.dtype, device=gradient.device, memory_format=self._layout
        )
        spread: Tensor = torch.ops.aten.max_pool2d_with_indices_backward(
            gradient.contiguous(memory_format=self._layout),
            pooled_from,
            step.kernel,
            step.stride,
            step.padding,
            step.dilation,
            step.ceil_mode,
            winners,
        )
        return spread
