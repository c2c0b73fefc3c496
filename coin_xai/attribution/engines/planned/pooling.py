"""Max-pools that remember which place won, and rectifiers before them that are masked behind them.

In evaluation, winners of a window are the first of its greatest values, as everywhere in PyTorch. That
matters for DeconvNet: in a window without any positive value it passes the gradient to the first place.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.engines.planned.steps import MaxPool
from coin_xai.attribution.engines.rectifiers import Rule, pass_back


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


class RectifiedPool:
    """A rectifier and the pool behind it.

    A pooled value is positive exactly where the place that won is, so the gradient can be masked before it is
    spread, at a quarter of the size. What several windows add to one place is clamped after.
    """

    overwrites = True

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:
        """Rectify in place, and pool."""
        pooled, memory = self._pool.forward(signal.relu_(), keep=keep)
        return pooled, (pooled, memory) if keep else None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:
        """Mask, spread, clamp."""
        pooled, winners = memory
        if rule != "deconv":
            gradient = pass_back("standard", gradient, pooled, in_place=True)
        gradient = self._pool.back(gradient, winners, rule)
        return gradient if rule == "standard" else gradient.clamp_(min=0)
