"""Encodes and writes pictures."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

# Level 1 is several times faster than Pillow's default and costs a seventh more bytes.
FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG", "compress_level": 1},
    ".jpg": {"format": "JPEG", "quality": 90},
}


def write_picture(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write grey (H x W) or RGB (H x W x 3) pixels as PNG or JPEG, by the suffix of the path.

    Raises:
        ValueError: the suffix is neither .png nor .jpg.
    """
    if path.suffix not in FORMATS:
        raise ValueError(f"{path} is to be written as none of {', '.join(FORMATS)}")
    encoded = BytesIO()
    Image.fromarray(pixels).save(encoded, **FORMATS[path.suffix])
    # Pillow, writing to a file itself, does not notice when a disk that fills up takes only a part.
    path.write_bytes(encoded.getbuffer())
