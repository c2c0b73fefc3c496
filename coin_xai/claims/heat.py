"""How much of a map's heat lies on each part of a coin, beside the part's area.

Heat means positive evidence. Its density on a part is compared, not its mass: mass grows with area.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.floating]

FLOOR = 0.1
"""Added to each density, in shares of the map's mean, so that parts which are nearly cold hardly differ."""
LEAST_CELLS = 1.0
"""A part that covers fewer cells of the map has no density of its own."""
TOLERANCE = (0.25, 0.5, 0.25)
"""Weights of a cell and its neighbours: where a network sees a thing is right to about a cell."""


def covers(area: Floats, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return which share of each cell of a map a part covers, with a tolerance of a cell (h x w).

    Args:
        area: the part's share of each pixel (S x S).
        shape: h and w; S need be no multiple of them.
    """
    rows, columns = (_averaging(len(area), cells) for cells in shape)
    cover = rows @ area.astype(np.float64) @ columns.T
    for axis in (0, 1):
        cover = ndimage.convolve1d(cover, TOLERANCE, axis=axis, mode="nearest")
    return np.asarray(cover)


def log_densities(heat: Floats, areas: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, float]:
    """Return ln of the density of positive heat on each part, in units of the map's mean.

    Args:
        heat: a map (h x w).
        areas: what each part covers of each cell (h x w each), as `covers` returns it.

    Returns:
        NaN for a part of less than LEAST_CELLS, and for all parts of a map without positive heat.
    """
    positive = np.maximum(heat, 0).astype(np.float64)
    mean = positive.mean()
    found = {}
    for name, area in areas.items():
        total = area.sum()
        known = mean > 0 and total >= LEAST_CELLS
        found[name] = float(np.log((positive * area).sum() / total / mean + FLOOR)) if known else float("nan")
    return found


def centred_noise(shape: tuple[int, int], generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return heat that knows nothing but that coins lie in the middle: noise under a Gaussian (h x w)."""
    down, across = ((np.arange(cells) + 0.5) / cells - 0.5 for cells in shape)
    bell = np.exp(-(down[:, None] ** 2 + across[None, :] ** 2) / (2 * 0.25**2))
    noise: npt.NDArray[np.float64] = bell * generator.gamma(1.0, size=shape)
    return noise


def _averaging(pixels: int, cells: int) -> npt.NDArray[np.float64]:
    """Return the matrix that averages pixels into equal cells (cells x pixels)."""
    edges = np.linspace(0, pixels, cells + 1)
    starts = np.arange(pixels)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    weights: npt.NDArray[np.float64] = np.clip(overlap, 0, None) * (cells / pixels)
    return weights
