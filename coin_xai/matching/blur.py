"""Gaussian blur of small pictures as a product of matrices."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float32]


def blurred(picture: npt.NDArray[np.floating], sigma_px: float) -> Floats:
    """Return what `scipy.ndimage.gaussian_filter` makes of a square picture, in a fraction of its time.

    Args:
        picture: n x n.
        sigma_px: standard deviation in pixels.
    """
    matrix, level = _matrix(len(picture), sigma_px), picture[0, 0]
    # Less one of its values, so that a picture of one tone stays it, with no edges of rounding.
    return np.asarray(matrix @ (picture - level) @ matrix.T + level, dtype=np.float32)


@lru_cache
def _matrix(size: int, sigma_px: float) -> Floats:
    """Return the matrix that blurs each column of a picture (size x size): a blur is linear."""
    return np.asarray(ndimage.gaussian_filter1d(np.eye(size), sigma_px, axis=0), dtype=np.float32)
