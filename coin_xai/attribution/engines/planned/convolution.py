"""Convolutions and their gradients, as the library does them."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.engines.planned.steps import Convolution
from coin_xai.attribution.engines.rectifiers import Rule


class LibraryConvolution:
    """Any convolution, with the gradient that the library has for it."""

    overwrites = False

    def __init__(self, step: Convolution, *, layout: torch.memory_format) -> None:
        self._step = replace(step, weight=step.weight.contiguous(memory_format=layout))

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Convolve."""
        step = self._step
        following = F.conv2d(
            signal, step.weight, step.bias, step.stride, step.padding, step.dilation, step.groups
        )
        return following, signal.shape

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Convolve the other way round."""
        step = self._step
        shape_only = torch.empty(1, dtype=gradient.dtype, device=gradient.device).expand(memory)
        earlier: Tensor
        earlier, _, _ = torch.ops.aten.convolution_backward(
            gradient,
            shape_only,
            step.weight,
            None,
            step.stride,
            step.padding,
            step.dilation,
            False,
            [0, 0],
            step.groups,
            [True, False, False],
        )
        return earlier
