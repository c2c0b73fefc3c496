"""Small pictures for the page, so that it can be mailed without the run: photographs and gradients."""

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from coin_xai.attribution.methods import HEAT_METHODS, ShownMethod
from coin_xai.photographs.pixels import CHANNELS, Pixels
from coin_xai.photographs.square import Square, cut
from storage.fingerprint import fingerprint
from storage.layout import file_stem

Picture = npt.NDArray[np.uint8]

VERSION = "page-pictures-6"
"""Changes whenever the same maps and photographs would be drawn otherwise."""

PHOTOGRAPH_PX, GRADIENT_PX = 224, 144
TILE_PX, SMALL_TILE_PX, MANY_COINS = 48, 24, 4096
"""Tiles become smaller where a sheet of them would be too large for a browser."""

SUFFIX = ".jpg"
QUALITY = 70
"""Of a JPEG, which takes a sixth of the time of WebP, and a fifth more bytes (`benchmarks/encoders.py`)."""

GREY = (1 / CHANNELS, 1 / CHANNELS, 1 / CHANNELS, 0)
"""The mean of the channels, as Pillow is told it."""


def pictures_fingerprint(chunks: list[str]) -> str:
    """Return what makes the small pictures of a cluster the same.

    Args:
        chunks: fingerprints of its raw maps.
    """
    return fingerprint([VERSION, chunks])


class PagePictures:
    """Writes the small pictures of one cluster; made by `PagePictures.drawn_into`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Sums of whole numbers are the same in whatever order threads add them.
        self._sum = np.zeros((PHOTOGRAPH_PX, PHOTOGRAPH_PX), np.int64)
        self._count, self._turn = 0, threading.Lock()

    @classmethod
    @contextmanager
    def drawn_into(cls, folder: Path) -> Iterator["PagePictures"]:
        """Yield one that writes into a folder that is there, and at the end the mean of what networks saw."""
        pictures = cls(folder)
        yield pictures
        mean = pictures._sum / pictures._count
        _write(folder / f"mean{SUFFIX}", Image.fromarray(np.rint(mean).astype(np.uint8)))

    def add(
        self, coin_id: str, photograph: Picture, drawn: Mapping[ShownMethod, Picture], *, square: Square
    ) -> int:
        """Write the pictures of a coin; threads may call it side by side.

        Args:
            coin_id: of the coin.
            photograph: H x W x 3.
            drawn: its pictures by method; the page lays heat over photographs itself.
            square: that the network sees of the photograph, in shares of its width.

        Returns:
            The number of pictures.
        """
        stem = file_stem(coin_id)
        small = _small(photograph, PHOTOGRAPH_PX)
        _write(self._folder / f"{stem}{SUFFIX}", small)
        gradients = {method: picture for method, picture in drawn.items() if method not in HEAT_METHODS}
        for method, picture in gradients.items():
            _write(self._folder / f"{stem}-{method}{SUFFIX}", _small(picture, GRADIENT_PX))
        grey = small.convert("L", GREY)
        seen = cut(np.asarray(grey), square.enlarged(small.width), size_px=PHOTOGRAPH_PX)
        with self._turn:
            self._sum += seen
            self._count += 1
        return 1 + len(gradients)


def atlas(pixels: Pixels) -> tuple[bytes, int, int]:
    """Return all photographs as one JPEG of small square tiles, row by row, in their order.

    Returns:
        The JPEG, the side of a tile in pixels, and the number of tiles in a row.
    """
    across = max(1, int(np.ceil(np.sqrt(len(pixels)))))
    side = TILE_PX if len(pixels) <= MANY_COINS else SMALL_TILE_PX
    sheet = Image.new("RGB", (across * side, -(-len(pixels) // across) * side), "white")
    for position in range(len(pixels)):
        tile = Image.fromarray(pixels[position])
        tile.thumbnail((side, side))
        left, top = position % across * side, position // across * side
        sheet.paste(tile, (left + (side - tile.width) // 2, top + (side - tile.height) // 2))
    encoded = io.BytesIO()
    sheet.save(encoded, format="JPEG", quality=QUALITY)
    return encoded.getvalue(), side, across


def _small(picture: Picture, side_px: int) -> Image.Image:
    """Return a picture whose shorter side has so many pixels, or as few as it has."""
    image = Image.fromarray(picture)
    scale = side_px / min(image.size)
    if scale >= 1:
        return image
    # Nearly as sharp as Pillow's own choice where a picture becomes smaller, in two thirds of the time.
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.HAMMING)


def _write(path: Path, image: Image.Image) -> None:
    encoded = io.BytesIO()
    image.save(encoded, format="JPEG", quality=QUALITY)
    path.write_bytes(encoded.getbuffer())
