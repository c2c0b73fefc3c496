"""What the attribution engine costs: `make_engine` for side-by-side benchmarks, and an ablation of rewrites.

python benchmarks/attribution.py [--network alexnet] [--batch 32] [--rounds 5] [--methods trio]

prints, for the planned engine with all rewrites, with each left out in turn, and for autograd, the processor
seconds of a batch and the ratio to all rewrites: the median over interleaved rounds, on one thread.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor, nn

from coin_xai.attribution import Attributor, Method, guided_grad_cam, normalised_map
from coin_xai.attribution.planned.rewrites import Rewrites
from coin_xai.networks import build

TASKS: dict[str, tuple[Method, ...]] = {
    "grad_cam": ("grad_cam",),
    "guided": ("guided_backpropagation",),
    "trio": ("grad_cam", "guided_backpropagation", "guided_grad_cam"),
    "six": ("grad_cam", "gradient", "deconvnet", "guided_backpropagation", "guided_grad_cam"),
}


def make_engine(model: nn.Module, target_layer: str, *, kind: str = "automatic") -> "BenchmarkEngine":
    """Return the engine under the names that the benchmark of peers uses; `kind` may force one of ours."""
    return BenchmarkEngine(model, target_layer, kind)


class BenchmarkEngine:
    """Maps as the peers give them: enlarged to the photograph, gradients with three channels."""

    def __init__(self, model: nn.Module, target_layer: str, kind: Any) -> None:
        self._attributor = Attributor(model, layer=target_layer, engine=kind)

    def gradcam(self, x: Tensor, y: Tensor) -> Tensor:
        """Return Grad-CAM, N x H x W, from 0 to 1."""
        found = self._attributor.attribute(x, y, methods=TASKS["grad_cam"])
        assert found.cam is not None
        return normalised_map(found.cam, size=(x.shape[2], x.shape[3]))

    def guided(self, x: Tensor, y: Tensor) -> Tensor:
        """Return guided backpropagation, N x 3 x H x W, raw."""
        found = self._attributor.attribute(x, y, methods=TASKS["guided"])
        assert found.guided is not None
        return colours(found.guided)

    def three(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return Grad-CAM, guided backpropagation and their product."""
        return self._named(x, y, TASKS["trio"])

    def six(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the three, gradient backpropagation and DeconvNet."""
        return self._named(x, y, TASKS["six"])

    def _named(self, x: Tensor, y: Tensor, methods: tuple[Method, ...]) -> dict[str, Tensor]:
        found = self._attributor.attribute(x, y, methods=methods)
        assert found.cam is not None
        assert found.guided is not None
        heat = normalised_map(found.cam, size=(x.shape[2], x.shape[3]))
        product = found.guided * (heat if found.guided.ndim == 3 else heat[:, None])
        named = {"gradcam": heat, "guided": colours(found.guided), "guided_gradcam": colours(product)}
        names = {"gradient": "gradient", "deconvnet": "deconv"}
        return named | {
            names[method]: colours(gradient)
            for method, gradient in found.gradients.items()
            if method in names
        }


def colours(gradient: Tensor) -> Tensor:
    """Return three channels of a gradient; equal ones are one channel seen three times."""
    return gradient if gradient.ndim == 4 else gradient[:, None].expand(-1, 3, -1, -1)
