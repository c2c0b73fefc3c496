"""Convolutions of 3 x 3 with fewer than half of the multiplications.

Winograd; Lavin & Gray 2016, arXiv 1509.09308: a tile of 2 x 2 results depends on 4 x 4 pixels. Sums of these
pixels, times sums of weights, give sums of the results: 16 products instead of 36. Weights are transformed
once, and the products over all maps are products of matrices. Coefficients are 0, 1 and a half, so rounding
costs nothing: errors are 5e-7 of the greatest value, those of the library 1e-6 to 3e-6.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.engines.planned.steps import Convolution, Pair
from coin_xai.attribution.engines.rectifiers import Rule

# With fewer maps transforming costs more than multiplying.
MANY_MAPS = 256
# Tiles at once for each thread, so that their transforms stay in the cache.
TILES = 100
# Maps that are added up one after another: the longer such a sum, the greater its error.
ADDED = 192

_PIXELS = torch.tensor([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], dtype=torch.float64)
_WEIGHTS = torch.tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], dtype=torch.float64)
_RESULTS = torch.tensor([[1, 1, 1, 0], [0, 1, -1, -1]], dtype=torch.float64)


class WinogradConvolution:
    """A convolution of 3 x 3 and stride 1; its gradient is one with kernels turned by 180 degrees."""

    overwrites = False

    def __init__(self, step: Convolution, *, layout: torch.memory_format) -> None:
        weight, (top, left) = step.weight, step.padding
        bias = weight.new_zeros(len(weight)) if step.bias is None else step.bias
        self._ahead = _Correlation(weight, bias, step.padding)
        turned = weight.flip(2, 3).transpose(0, 1)
        self._behind = _Correlation(turned, weight.new_zeros(len(turned)), (2 - top, 2 - left))
        self._layout = layout

    @staticmethod
    def suits(step: Convolution) -> bool:
        """Whether a convolution is of that kind, and large enough; graphics cards know better."""
        plain = step.stride == step.dilation == (1, 1) and step.groups == 1 and max(step.padding) <= 2
        return (
            plain
            and step.weight.shape[2:] == (3, 3)
            and min(step.weight.shape[:2]) >= MANY_MAPS
            and step.weight.device.type == "cpu"
        )

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Convolve."""
        return self._ahead(signal).contiguous(memory_format=self._layout), None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Convolve with the turned kernels."""
        return self._behind(gradient).contiguous(memory_format=self._layout)


class _Correlation:
    def __init__(self, weight: Tensor, bias: Tensor, padding: Pair) -> None:
        exact = torch.einsum("ai,bj,okij->abko", _WEIGHTS, _WEIGHTS, weight.double())
        self._weights = torch.split(exact.flatten(0, 1).to(weight.dtype).contiguous(), ADDED, 1)
        self._of_pixels = torch.kron(_PIXELS, _PIXELS).to(weight.dtype)
        self._of_results = torch.kron(_RESULTS, _RESULTS).to(weight.dtype)
        self._bias, self._padding = bias, padding

    def __call__(self, signal: Tensor) -> Tensor:
        """Correlate N x C x H x W; the result is laid out pixel by pixel."""
        count, maps = signal.shape[:2]
        top, left = self._padding
        height, width = signal.shape[2] + 2 * top - 2, signal.shape[3] + 2 * left - 2
        down, across = -(-height // 2), -(-width // 2)
        found = signal.new_empty(count, height, width, len(self._bias))
        at_once = max(1, TILES * torch.get_num_threads() // (down * across))
        for part, place in zip(torch.split(signal, at_once), torch.split(found, at_once), strict=True):
            around = (0, 0, left, left + width % 2, top, top + height % 2)
            tiles = F.pad(part.permute(0, 2, 3, 1), around).unfold(1, 4, 2).unfold(2, 4, 2)
            pixels = self._of_pixels @ tiles.permute(4, 5, 0, 1, 2, 3).reshape(16, -1)
            factors = torch.split(pixels.view(16, -1, maps), ADDED, 2)
            products = torch.bmm(factors[0], self._weights[0])
            for more, weights in zip(factors[1:], self._weights[1:], strict=True):
                products.baddbmm_(more, weights)
            results = (self._of_results @ products.view(16, -1)).view(4, len(part), down, across, -1)
            for corner, values in enumerate(results):
                where = place[:, corner // 2 :: 2, corner % 2 :: 2]
                torch.add(values[:, : where.shape[1], : where.shape[2]], self._bias, out=where)
        return found.permute(0, 3, 1, 2)
