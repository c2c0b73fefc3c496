"""The heat of a class activation map: what pictures show of it, and what Guided Grad-CAM weighs with."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def heat(cam: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.floating]:
    """Return the heat of a class activation map L, from 0 to 1, at H x W pixels: mm(up(max(0, L))).

    `up` is bilinear with half-pixel centres, and `mm` sets the least heat to 0 and the greatest to 1. A map
    without positive evidence has no heat (zeros); one that is the same everywhere is hot everywhere (ones).
    No library with threads of its own is asked, since pictures are drawn beside a network that is at work.

    Source: Selvaraju et al. 2017 (arXiv 1610.02391), whose published pictures are normalised in this way.

    Args:
        cam: signed evidence on the grid of the layer, h x w.
        size: H and W in pixels.

    Returns:
        H x W; float64 if the map is, else float32.
    """
    precision = np.float64 if cam.dtype == np.float64 else np.float32
    if cam.max() <= 0:
        return np.zeros(size, precision)
    signed = cam.astype(precision)  # half precision would not do for the division
    positive = np.maximum(signed, 0) / signed.max()
    above, below, down = _places(cam.shape[0], size[0], precision)
    left, right, across = _places(cam.shape[1], size[1], precision)
    wide = positive[:, left] + (positive[:, right] - positive[:, left]) * across
    enlarged = wide[below]
    enlarged -= wide[above]
    enlarged *= down[:, None]
    enlarged += wide[above]
    least, most = enlarged.min(), enlarged.max()
    if most == least:  # the same evidence everywhere, or all of it between pixels that are too few
        return np.full_like(enlarged, most > 0)
    stretched: NDArray[np.floating] = (enlarged - least) / (most - least)
    return stretched


@lru_cache(maxsize=64)
def _places(
    cells: int, pixels: int, precision: type[np.floating]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.floating]]:
    """Return for each pixel the cells whose centres lie on either side, and its way from one to the other."""
    place = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
    lower = place.astype(np.intp)
    upper = np.minimum(lower + 1, cells - 1)
    found = lower, upper, (place - lower).astype(precision)
    for table in found:
        table.flags.writeable = False  # cached: a caller who changed one would change every later picture
    return found
