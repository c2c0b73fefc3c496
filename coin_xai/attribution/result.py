"""What is known about each coin of a batch after the network was asked why."""

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from coin_xai.attribution import grad_cam

Method = Literal["grad_cam", "guided_backpropagation", "guided_grad_cam"]
METHODS: tuple[Method, ...] = get_args(Method)

ALGORITHM_VERSION = 1
"""Counts up whenever the same network and photographs would give other numbers; part of fingerprints."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How maps were made."""

    layer: str
    methods: tuple[Method, ...]
    dtype: str
    device: str
    torch_version: str
    algorithm_version: int = ALGORITHM_VERSION


@dataclass(frozen=True, kw_only=True, eq=False)
class Attributions:
    """Raw maps and scores of N coins, on the device and in the precision of the network.

    Attributes:
        class_index: the units of the head that were explained (N, int64).
        logit: their scores before the softmax (N).
        runner_up: for each coin the best of the other units (N, int64); -1 if the head has one unit.
        runner_up_logit: its score (N); minus infinity if the head has one unit.
        argmax: for each coin the unit with the highest score (N, int64).
        cam: Grad-CAM at the layer's own resolution, signed, before its negative part is dropped
            (N x h x w), or None if not asked for.
        cam_maximum: its highest positive value (N), 0 where there is none. The pictures hide it, since
            each is stretched to the full scale of colours.
        no_positive_evidence: whether nothing in the photograph speaks for the unit (N, bool).
        guided: guided backpropagation, raw: one channel (N x H x W) if the network sees grey only
            through a Sobel front, so that red, green and blue are equal bit for bit, otherwise
            N x 3 x H x W; or None if not asked for.
        provenance: how they were made.
    """

    class_index: Tensor
    logit: Tensor
    runner_up: Tensor
    runner_up_logit: Tensor
    argmax: Tensor
    cam: Tensor | None
    cam_maximum: Tensor | None
    no_positive_evidence: Tensor | None
    guided: Tensor | None
    provenance: Provenance

    def guided_grad_cam(self) -> Tensor:
        """Derive Guided Grad-CAM (in the shape of `guided`); it needs not be stored beside its factors."""
        if self.guided is None or self.cam is None:
            raise ValueError("Guided Grad-CAM was not among the methods asked for")
        return grad_cam.guided_grad_cam(self.guided, self.cam)
