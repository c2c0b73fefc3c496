"""Convolutions of stride 1 by the quicker of two algorithms: direct sums, or products in Fourier space.

Which one wins depends on the processor: with vectors of 256 bits products in Fourier space (NNPACK, which
PyTorch ships for x86) do, with vectors of 512 bits direct sums mostly do. So the first full batch is
measured, and the choice recorded; it can be pinned for runs that are to be equal bit for bit.
"""

import logging
import time
from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.planned.steps import Pair

log = logging.getLogger(__name__)

Algorithm = Literal["direct", "fourier"]
# Of the greatest value, against double precision. NNPACK goes another way for large maps, with an error of 1e-5.
ERROR_GUARD = 2e-6
# A tie is left direct, so that the next run does not choose otherwise.
GAIN_WANTED = 1.1
# For single photographs NNPACK goes that way, too.
LEAST_BATCH = 8


class Algorithms:
    """Which algorithm each convolution of a network uses.

    Attributes:
        chosen: by the name of the convolution and its direction; grows as convolutions are measured.
    """

    def __init__(self, *, measured: bool, pinned: Mapping[str, Algorithm] | None = None) -> None:
        """Begin with what is pinned, and measure others if that is wanted and both algorithms are there."""
        self.chosen: dict[str, Algorithm] = dict(pinned or {})
        self._measured = measured and has_fourier()

    def of(self, name: str, signal: Tensor, weight: Tensor, bias: Tensor | None, padding: Pair) -> Algorithm:
        """Return the algorithm for a signal, measured now if it is the first large enough to tell."""
        if signal.device.type != "cpu" or signal.dtype != torch.float32 or len(signal) < LEAST_BATCH:
            return "direct"
        if name not in self.chosen:
            if not self._measured:
                return "direct"
            self.chosen[name] = _quicker(signal, weight, bias, padding)
            log.debug("%s: %s", name, self.chosen[name])
        return self.chosen[name]


class Correlation:
    """A convolution of stride 1 in one direction."""

    def __init__(
        self, weight: Tensor, bias: Tensor | None, padding: Pair, *, name: str, algorithms: Algorithms
    ) -> None:
        self._weight, self._bias, self._padding = weight, bias, padding
        self._name, self._algorithms = name, algorithms

    def __call__(self, signal: Tensor) -> Tensor:
        """Convolve N x C x H x W."""
        arguments = (signal, self._weight, self._bias, self._padding)
        algorithm = self._algorithms.of(self._name, *arguments)
        return fourier(*arguments) if algorithm == "fourier" else direct(*arguments)


def has_fourier() -> bool:
    """Whether PyTorch ships the operator, and the processor can run it."""
    if not hasattr(torch, "_nnpack_spatial_convolution"):
        return False
    return torch.backends.nnpack.is_available()


def direct(signal: Tensor, weight: Tensor, bias: Tensor | None, padding: Pair) -> Tensor:
    """Convolve by sums of products."""
    return F.conv2d(signal, weight, bias, 1, padding)


def fourier(signal: Tensor, weight: Tensor, bias: Tensor | None, padding: Pair) -> Tensor:
    """Convolve by products in Fourier space."""
    convolved = torch._nnpack_spatial_convolution(signal.contiguous(), weight.contiguous(), bias, padding)
    return convolved.contiguous(memory_format=torch.channels_last)


def _quicker(signal: Tensor, weight: Tensor, bias: Tensor | None, padding: Pair) -> Algorithm:
    few = signal[:LEAST_BATCH]
    exact = direct(few.double(), weight.double(), None if bias is None else bias.double(), padding)
    error = (fourier(few, weight, bias, padding) - exact).abs().max() / exact.abs().max()
    if not error <= ERROR_GUARD:
        return "direct"
    seconds = {}
    for convolve in (direct, fourier):
        convolve(signal, weight, bias, padding)
        started = time.process_time()
        convolve(signal, weight, bias, padding)
        seconds[convolve] = time.process_time() - started
    return "fourier" if seconds[fourier] * GAIN_WANTED < seconds[direct] else "direct"
