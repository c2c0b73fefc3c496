"""Pairs of photographs that are one picture, made smaller, lighter or compressed once more."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from coin_xai.photographs.pixels import Pixels

SIDE_PX = 48
SMOOTHING_PX = 1.5
"""Takes the form out, which round coins on a plain ground share, and leaves the relief, which they do not."""

ALIKE = 0.95
"""Correlation from which two photographs count as one.

On 1,226 photographs of Roman coins, copies at JPEG quality 30, half the size or with another exposure had
0.99 and more, and the most alike different coins 0.86. A copy with 2 % cut off has 0.4 and is not found.
"""

BLOCK = 1024


class Pair(NamedTuple):
    """Rows of two photographs, the smaller first, and their correlation, -1 to 1."""

    first: int
    second: int
    correlation: float


def near_duplicates(pixels: Pixels) -> list[Pair]:
    """Return the pairs of photographs that are nearly the same, the most alike first."""
    squares = pixels.centre_squares(np.arange(len(pixels)), size_px=SIDE_PX)
    grey = squares.mean(axis=1, dtype=np.float64)
    relief = grey - ndimage.gaussian_filter(grey, (0, SMOOTHING_PX, SMOOTHING_PX))
    rows = relief.reshape(len(grey), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    pairs = []
    for start in range(0, len(rows), BLOCK):
        alike = rows[start : start + BLOCK] @ rows.T
        for first, second in np.argwhere(alike >= ALIKE):
            if start + first < second:
                pairs.append(Pair(int(start + first), int(second), float(alike[first, second])))
    return sorted(pairs, key=lambda pair: (-pair.correlation, pair.first, pair.second))
