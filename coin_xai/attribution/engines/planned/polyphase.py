"""A strided convolution whose gradient is a convolution of stride 1, to the phases of its input.

With stride s, split a photograph into s x s smaller ones, each of every s-th pixel, and a kernel likewise,
after padding it to a multiple of s. Each phase of a photograph gets its gradient through the phases of the
kernel, at stride 1: one convolution with s^2 times as many outputs, whose pixels are then put between each
other. With strided kernels of few channels the gradient that the library has is several times slower.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.engines.planned.convolution import LibraryConvolution
from coin_xai.attribution.engines.planned.steps import Convolution
from coin_xai.attribution.engines.rectifiers import Rule


class PolyphaseConvolution(LibraryConvolution):
    """A strided convolution."""

    def __init__(self, step: Convolution, *, layout: torch.memory_format) -> None:
        super().__init__(step, layout=layout)
        self._padding, self._stride = step.padding, step.stride[0]
        turned = _kernel_phases(step.weight, self._stride).flip(2, 3).transpose(0, 1)
        self._phases = turned.contiguous(memory_format=layout)

    @staticmethod
    def suits(step: Convolution) -> bool:
        """Whether a convolution is of that kind."""
        return step.stride[0] == step.stride[1] > 1 and step.groups == 1 and step.dilation == (1, 1)

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Convolve to the gradients of all phases, and put their pixels between each other."""
        down, across = self._phases.shape[2:]
        return self._merged(F.conv2d(gradient, self._phases, None, 1, (down - 1, across - 1)), memory)

    def _merged(self, phases: Tensor, shape: torch.Size) -> Tensor:
        """Undo the split, and cut off what is padding."""
        stride, (top, left) = self._stride, self._padding
        count, _, rows, columns = phases.shape
        split = phases.permute(0, 2, 3, 1).reshape(count, rows, columns, shape[1], stride, stride)
        padded = split.permute(0, 3, 1, 4, 2, 5).reshape(count, shape[1], rows * stride, columns * stride)
        # Pixels behind the last window were never seen: their gradient is zero.
        unseen = [
            max(0, start + side - have)
            for start, side, have in ((left, shape[3], padded.shape[3]), (top, shape[2], padded.shape[2]))
        ]
        if any(unseen):
            padded = F.pad(padded, (0, unseen[0], 0, unseen[1]))
        return padded[:, :, top : top + shape[2], left : left + shape[3]]


def _kernel_phases(weight: Tensor, stride: int) -> Tensor:
    """Split kernels (o x c x K x K) into o x c s^2 x taps x taps, padded with zeros."""
    outputs, channels, height, width = weight.shape
    padded = F.pad(weight, (0, -width % stride, 0, -height % stride))
    down, across = padded.shape[2] // stride, padded.shape[3] // stride
    split = padded.view(outputs, channels, down, stride, across, stride)
    return split.permute(0, 1, 3, 5, 2, 4).reshape(outputs, channels * stride**2, down, across)
