"""Encodes and writes pictures."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

# Level 1 is several times faster than Pillow's default and costs a seventh more bytes.
PNG_LEVEL = 1
JPEG_QUALITY = 90


def write_picture(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write grey (H x W) or RGB (H x W x 3) pixels as PNG or JPEG, by the suffix of the path."""
    picture = Image.fromarray(pixels)
    if path.suffix == ".png":
        picture.save(path, format="PNG", compress_level=PNG_LEVEL)
    else:
        picture.save(path, format="JPEG", quality=JPEG_QUALITY)
