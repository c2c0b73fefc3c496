"""Encodes and writes pictures."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

QUALITY = 90
"""Of a JPEG."""

GREY, RGB = 0, 2
AVERAGE = 3
"""What the PNG specification calls a grey picture, a coloured one, and the filter that takes from each byte
the mean of those on its left and above it."""


def write_picture(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write grey (H x W) or RGB (H x W x 3) pixels as PNG or JPEG, by the suffix of the path.

    Raises:
        ValueError: the suffix is neither .png nor .jpg.
    """
    if path.suffix == ".png":
        encoded = _png(pixels)
    elif path.suffix == ".jpg":
        buffer = BytesIO()
        Image.fromarray(pixels).save(buffer, format="JPEG", quality=QUALITY)
        encoded = buffer.getvalue()
    else:
        raise ValueError(f"{path} is to be written as none of .png, .jpg")
    # Pillow, writing to a file itself, does not notice when a disk that fills up takes only a part.
    path.write_bytes(encoded)


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Encode with one filter for all lines, and repetitions where there are colours.

    Pillow tries four filters for each line, and takes 1.7 to 1.9 times as long for as many bytes
    (`benchmarks/encoders.py`). In the colours of heat something repeats: where it is the same for
    neighbours, all three channels differ alike. A grey gradient has no repetitions worth the search.
    """
    height, width = pixels.shape[:2]
    bytes_a_pixel = 1 if pixels.ndim == 2 else pixels.shape[2]
    strategy = zlib.Z_HUFFMAN_ONLY if pixels.ndim == 2 else zlib.Z_DEFAULT_STRATEGY
    rows = pixels.reshape(height, -1)
    framed = np.zeros((1 + height, bytes_a_pixel + rows.shape[1]), np.uint8)
    framed[1:, bytes_a_pixel:] = rows
    left, above = framed[1:, :-bytes_a_pixel], framed[:-1, bytes_a_pixel:]
    lines = np.empty((height, 1 + rows.shape[1]), np.uint8)
    lines[:, 0] = AVERAGE
    np.subtract(rows, (left & above) + ((left ^ above) >> 1), out=lines[:, 1:])  # the mean, rounded down
    packer = zlib.compressobj(level=1, strategy=strategy)
    header = struct.pack(">IIBBBBB", width, height, 8, GREY if pixels.ndim == 2 else RGB, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packer.compress(lines.data) + packer.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
