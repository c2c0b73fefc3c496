"""A strided convolution as one of stride 1 over the phases of its input, and its gradient likewise.

With stride s, split a photograph into s x s smaller ones, each of every s-th pixel, and a kernel likewise,
after padding it to a multiple of s. The photographs of all phases together, s^2 times as many channels,
convolved with the kernels of all phases at stride 1, give the same sums. With strided kernels of few channels
the library is several times slower, most of all with their gradient.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.planned.convolution import LibraryConvolution
from coin_xai.attribution.planned.steps import Convolution
from coin_xai.attribution.rectifiers import Rule


class PolyphaseConvolution:
    """A strided convolution, of which either direction may be left to the library."""

    overwrites = False

    def __init__(
        self, step: Convolution, *, layout: torch.memory_format, forward: bool, gradient: bool
    ) -> None:
        self._library = LibraryConvolution(step)
        self._bias, self._padding, self._stride = step.bias, step.padding, step.stride[0]
        self._kernel = step.weight.shape[2:]
        phases = _kernel_phases(step.weight, self._stride)
        self._taps = (phases.shape[2], phases.shape[3])
        self._ahead = phases.contiguous(memory_format=layout) if forward else None
        turned = phases.flip(2, 3).transpose(0, 1)
        self._behind = turned.contiguous(memory_format=layout) if gradient else None
        self._layout = layout

    @staticmethod
    def suits(step: Convolution) -> bool:
        """Whether a convolution is of that kind."""
        return step.stride[0] == step.stride[1] > 1 and step.groups == 1 and step.dilation == (1, 1)

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:
        """Convolve the phases."""
        if self._ahead is None:
            return self._library.forward(signal, keep=keep)
        phases = self._phases(signal).contiguous(memory_format=self._layout)
        return F.conv2d(phases, self._ahead, self._bias), signal.shape

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:
        """Convolve to the gradients of all phases, and put their pixels between each other."""
        if self._behind is None:
            return self._library.back(gradient, memory, rule)
        taps = (self._taps[0] - 1, self._taps[1] - 1)
        phases = F.conv2d(gradient, self._behind, None, 1, taps)
        return self._merged(phases, memory)

    def _phases(self, signal: Tensor) -> Tensor:
        """Split N x C x H x W into N x C s^2 x h x w, in channels-last memory."""
        stride, (top, left), (down, across) = self._stride, self._padding, self._taps
        count, channels, height, width = signal.shape
        # The last window ends within the padded photograph, but the kernel was padded beyond it.
        rows = (height + 2 * top - self._kernel[0]) // stride + down
        columns = (width + 2 * left - self._kernel[1]) // stride + across
        padded = F.pad(signal, (left, columns * stride - width - left, top, rows * stride - height - top))
        split = padded.reshape(count, channels, rows, stride, columns, stride)
        return split.permute(0, 2, 4, 1, 3, 5).reshape(count, rows, columns, -1).permute(0, 3, 1, 2)

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
