"""Draw: what the pictures of one coin show, from its maps and its photograph."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from coin_xai.attribution.formulas.grad_cam import guided_grad_cam
from coin_xai.attribution.formulas.gradients import saliency
from coin_xai.attribution.methods import HEAT_METHODS, ShownMethod
from coin_xai.photographs.square import Square
from coin_xai.pictures import heatmaps
from coin_xai.pictures.gradient_pictures import gradient_picture

Picture = npt.NDArray[np.uint8]
Measured = Mapping[str, npt.NDArray[np.generic]]

FACTORS = ("grad_cam", "guided_backpropagation")
"""Whose product Guided Grad-CAM is; it is not kept beside them."""


def drawn_from(methods: Sequence[ShownMethod]) -> set[str]:
    """Return the names of the raw maps that the pictures of some methods are drawn from."""
    return {map_ for method in methods for map_ in (FACTORS if method == "guided_grad_cam" else (method,))}


def draw(
    methods: Sequence[ShownMethod], measured: Measured, photograph: Picture, *, square: Square
) -> dict[ShownMethod, Picture]:
    """Return the picture of each method: heat over the photograph, or a gradient in grey.

    Args:
        methods: what to draw.
        measured: the raw maps of the coin, by name.
        photograph: H x W x 3.
        square: of the photograph, that the network sees.
    """
    heat: list[ShownMethod] = [method for method in methods if method in HEAT_METHODS]
    cams = [measured[method].astype(np.float32) for method in heat]
    laid = dict(zip(heat, heatmaps.overlays(photograph, cams, square=square), strict=True))
    return {method: laid[method] if method in laid else _gradient(method, measured) for method in methods}


def _gradient(method: ShownMethod, measured: Measured) -> Picture:
    if method == "guided_grad_cam":
        cam, guided = (measured[name].astype(np.float32) for name in FACTORS)
        return gradient_picture(guided_grad_cam(guided, cam))
    gradient = measured[method].astype(np.float32)
    return gradient_picture(saliency(gradient) if method == "gradient" else gradient)
