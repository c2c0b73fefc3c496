"""From the bytes of a photograph to CIELAB, in which equal distances look equally large."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Float = TypeVar("Float", np.float32, np.float64)

LINEAR_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Of sRGB with the white point D65 (IEC 61966-2-1)."""

SHARE = np.arange(256) / 255
LINEAR = np.where(SHARE <= 0.04045, SHARE / 12.92, ((SHARE + 0.055) / 1.055) ** 2.4)
"""The amount of light that each byte stands for."""

LUMINANCE = (LINEAR_TO_XYZ[1] / LINEAR_TO_XYZ[1].sum() * LINEAR[:, None]).astype(np.float32)
"""What each byte adds to the luminance in each channel (256 x 3), which is 1 of white."""

LINEAR_BELOW = (6 / 29) ** 3


def lightness(photograph: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the lightness of sRGB pixels, 0 to 100 (... x 3 in, ... out), in a fifth of the time of all."""
    red, green, blue = (LUMINANCE[:, channel].take(photograph[..., channel]) for channel in range(3))
    return 116 * _root(red + green + blue) - 16


def lab(photograph: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return lightness (0 to 100), green to red, and blue to yellow of sRGB pixels (... x 3 in and out)."""
    relative = LINEAR[photograph] @ (LINEAR_TO_XYZ / LINEAR_TO_XYZ.sum(axis=1, keepdims=True)).T
    x, y, z = np.moveaxis(_root(relative), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _root(relative: npt.NDArray[Float]) -> npt.NDArray[Float]:
    # The power of a float32 takes a third of the time of its cube root, that of a float64 longer.
    root = relative ** np.float32(1 / 3) if relative.dtype == np.float32 else np.cbrt(relative)
    return np.where(relative > LINEAR_BELOW, root, relative / (3 * (6 / 29) ** 2) + 4 / 29)
