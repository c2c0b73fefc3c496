"""Convolutions of stride 1 by the quickest of three algorithms.

    channels last   sums of products, pixel by pixel: oneDNN's youngest kernels, rounding error about 1.5e-6
    blocked         sums of products over blocks of maps: its older ones, error 3e-7, layout changes inside
    fourier         products in Fourier space (NNPACK, which PyTorch ships for x86), error 3e-7

Which one wins depends on processor and layer: with vectors of 256 bits fourier mostly does, with vectors of
512 bits it does not. So the first full batch is measured, and the choice recorded. Timing is never quite the
same twice: for runs that are to be equal bit for bit pin the choice, or leave measuring out.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.attribution.planned.steps import Pair

log = logging.getLogger(__name__)

Algorithm = Literal["channels last", "blocked", "fourier"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)

# Of the greatest value, against double precision. For large maps NNPACK goes a way that errs by 1e-5.
ERROR_GUARD = 2e-6
# Blocked sums are the more exact ones and win ties on the way back, where the errors of all layers add up: on
# AlexNet's plain gradient to 1.3e-6 without them and 0.8e-6 with them, the median of 64 photographs.
GRADIENT_TIE = 1.18
# Fourier, which may not be everywhere, has to win clearly.
CLEARLY = 1.1
# Changes of layout cost the less, beside the sums, the more maps there are; then blocked sums are as quick.
MANY_MAPS = 256
# NNPACK goes that way for single photographs, too.
LEAST_BATCH = 4
MEASURED_WITH = 8  # photographs
MEASUREMENTS = 3


class Algorithms:
    """Which algorithm each convolution of a network uses.

    Attributes:
        chosen: by the name of the convolution and its direction; grows as convolutions are measured.
        layout: of all maps.
    """

    def __init__(
        self, *, channels_last: bool, measured: bool, pinned: Mapping[str, Algorithm] | None = None
    ) -> None:
        """Begin with what is pinned; others are measured, if that is wanted, or go by a rule of thumb."""
        self.chosen: dict[str, Algorithm] = dict(pinned or {})
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self._measured = measured

    def of(self, convolution: "Correlation", signal: Tensor) -> Algorithm:
        """Return the algorithm for a signal, measured now if it is the first that is large enough to tell."""
        if self.layout != torch.channels_last:
            return "blocked"
        if signal.device.type != "cpu" or signal.dtype != torch.float32:
            return "channels last"
        if convolution.name not in self.chosen:
            if not self._measured or len(signal) < LEAST_BATCH:
                many = convolution.is_gradient and convolution.fewest_maps >= MANY_MAPS
                return "blocked" if many else "channels last"
            self.chosen[convolution.name] = _quickest(convolution, signal[:MEASURED_WITH])
            convolution.forget_layouts()
            log.debug("%s: %s", convolution.name, self.chosen[convolution.name])
        return self.chosen[convolution.name]


class Correlation:
    """A convolution of stride 1, in one direction.

    Attributes:
        name: by which choices are recorded.
        is_gradient: whether it belongs to the way back.
        fewest_maps: that go in, or come out.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        padding: Pair,
        *,
        layer: str,
        is_gradient: bool,
        algorithms: Algorithms,
    ) -> None:
        self.name = f"{layer} {'gradient' if is_gradient else 'forward'}"
        self.is_gradient = is_gradient
        self.fewest_maps = min(weight.shape[:2])
        self._weight, self._bias, self._padding = weight, bias, padding
        self._algorithms = algorithms
        self._laid_out: dict[torch.memory_format, Tensor] = {}

    def __call__(self, signal: Tensor) -> Tensor:
        """Convolve N x C x H x W; the result is laid out as the maps of the whole network are."""
        return self.by(self._algorithms.of(self, signal), signal)

    def by(self, algorithm: Algorithm, signal: Tensor) -> Tensor:
        """Convolve by an algorithm, changes of layout included."""
        layout = torch.channels_last if algorithm == "channels last" else torch.contiguous_format
        if layout not in self._laid_out:
            self._laid_out[layout] = self._weight.contiguous(memory_format=layout)
        given, weight = signal.contiguous(memory_format=layout), self._laid_out[layout]
        convolved: Tensor
        if algorithm == "fourier":
            convolved = torch._nnpack_spatial_convolution(given, weight, self._bias, self._padding)
        else:
            convolved = F.conv2d(given, weight, self._bias, 1, self._padding)
        return convolved.contiguous(memory_format=self._algorithms.layout)

    def forget_layouts(self) -> None:
        """Free the copies of the weights in the layouts that were tried."""
        self._laid_out.clear()

    def exact(self, signal: Tensor) -> Tensor:
        """Convolve in double precision."""
        bias = None if self._bias is None else self._bias.double()
        return F.conv2d(signal.double(), self._weight.double(), bias, 1, self._padding)


def has_fourier() -> bool:
    """Whether PyTorch ships the operator, and the processor can run it."""
    if not hasattr(torch, "_nnpack_spatial_convolution"):
        return False
    return bool(torch.backends.nnpack.is_available())  # type: ignore[no-untyped-call]


def _quickest(convolution: Correlation, signal: Tensor) -> Algorithm:
    seconds: dict[Algorithm, float] = {
        algorithm: _seconds(lambda: convolution.by(algorithm, signal))  # noqa: B023 - called at once
        for algorithm in ALGORITHMS
        if algorithm != "fourier" or has_fourier()
    }
    tie = GRADIENT_TIE if convolution.is_gradient else 1
    direct: Algorithm = "blocked" if seconds["blocked"] <= tie * seconds["channels last"] else "channels last"
    if CLEARLY * seconds.get("fourier", torch.inf) < seconds[direct] and _is_precise(convolution, signal):
        return "fourier"
    return direct


def _seconds(work: Callable[[], object]) -> float:
    """Return the processor time of the quickest of some calls; the first one may have to prepare."""
    work()
    found = []
    for _ in range(MEASUREMENTS):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def _is_precise(convolution: Correlation, signal: Tensor) -> bool:
    exact = convolution.exact(signal)
    error = (convolution.by("fourier", signal) - exact).abs().max()
    return bool(error <= ERROR_GUARD * exact.abs().max())
