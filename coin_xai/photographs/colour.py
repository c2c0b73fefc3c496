"""From the bytes of a photograph to CIELAB, in which equal distances look equally large."""

import numpy as np
import numpy.typing as npt

LINEAR_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Of sRGB with the white point D65 (IEC 61966-2-1)."""

SHARE = np.arange(256) / 255
LINEAR = np.where(SHARE <= 0.04045, SHARE / 12.92, ((SHARE + 0.055) / 1.055) ** 2.4)
"""The amount of light that each byte stands for."""

LINEAR_BELOW = (6 / 29) ** 3


def lightness(photograph: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return the lightness of sRGB pixels, 0 to 100 (... x 3 in, ... out), in a third of the time of all."""
    luminance = LINEAR_TO_XYZ[1] / LINEAR_TO_XYZ[1].sum()
    return 116 * _root(LINEAR[photograph] @ luminance) - 16


def lab(photograph: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return lightness (0 to 100), green to red, and blue to yellow of sRGB pixels (... x 3 in and out)."""
    relative = LINEAR[photograph] @ (LINEAR_TO_XYZ / LINEAR_TO_XYZ.sum(axis=1, keepdims=True)).T
    x, y, z = np.moveaxis(_root(relative), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _root(relative: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(relative > LINEAR_BELOW, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
