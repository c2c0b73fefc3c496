"""Convolutions: as the library does them, and with their gradient as a convolution of its own."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.planned.algorithms import Algorithms, Correlation
from coin_xai.attribution.planned.steps import Convolution
from coin_xai.attribution.rectifiers import Rule


class LibraryConvolution:
    """Any convolution, with the gradient that the library has for it."""

    overwrites = False

    def __init__(self, step: Convolution) -> None:
        self._step = step

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


class FlippedConvolution:
    """A convolution of stride 1, whose gradient is one with kernels turned by 180 degrees.

    The kernels that the library has for gradients are slower, and in Fourier space it has none.
    """

    overwrites = False

    def __init__(self, step: Convolution, algorithms: Algorithms) -> None:
        (top, left), (height, width) = step.padding, step.weight.shape[2:]
        self._ahead = Correlation(
            step.weight,
            step.bias,
            step.padding,
            layer=step.name,
            is_gradient=False,
            algorithms=algorithms,
        )
        self._behind = Correlation(
            step.weight.flip(2, 3).transpose(0, 1),
            None,
            (height - 1 - top, width - 1 - left),
            layer=step.name,
            is_gradient=True,
            algorithms=algorithms,
        )

    @staticmethod
    def suits(step: Convolution) -> bool:
        """Whether a convolution is of that kind."""
        (top, left), (height, width) = step.padding, step.weight.shape[2:]
        plain = step.stride == step.dilation == (1, 1) and step.groups == 1
        return plain and top < height and left < width

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Convolve."""
        return self._ahead(signal), None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Convolve with the turned kernels."""
        return self._behind(gradient)
