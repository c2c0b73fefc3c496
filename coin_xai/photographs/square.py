"""Where the square that a network sees lies in a photograph."""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from coin_xai.photographs.pixels import centre_square_box

Places = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Square:
    """A square of a photograph, which may reach beyond it.

    Attributes:
        left, top, side: in pixels of the photograph.
        turn_deg: by how much what is cut out is turned counter-clockwise about its centre.
    """

    left: float
    top: float
    side: float
    turn_deg: float = 0.0

    def moved(self, right: float, down: float, *, scale: float) -> Self:
        """Return the square moved by shares of its side, and then scaled about its centre."""
        side = scale * self.side
        margin = (self.side - side) / 2
        left, top = self.left + right * self.side + margin, self.top + down * self.side + margin
        return replace(self, left=left, top=top, side=side)

    def turned(self, degrees: float) -> Self:
        """Return the square turned so that what is cut out is turned counter-clockwise by so many degrees."""
        return replace(self, turn_deg=self.turn_deg + degrees)

    def enlarged(self, factor: float) -> Self:
        """Return the same square of a photograph that is so many times as large."""
        return replace(self, left=factor * self.left, top=factor * self.top, side=factor * self.side)

    def in_photograph(self, across: npt.ArrayLike, down: npt.ArrayLike) -> tuple[Places, Places]:
        """Return where in the photograph, in pixels, places in shares of what is cut out lie."""
        angle = math.radians(self.turn_deg)
        right, below = self.side * (np.asarray(across) - 0.5), self.side * (np.asarray(down) - 0.5)
        x = self.left + self.side / 2 + right * math.cos(angle) - below * math.sin(angle)
        y = self.top + self.side / 2 + right * math.sin(angle) + below * math.cos(angle)
        return np.asarray(x, np.float64), np.asarray(y, np.float64)


def centre_square_of(height: int, width: int, *, crop: float = 1.0) -> Square:
    """Return the central square of a photograph; its side is a share (`crop`) of the shorter side."""
    return Square(*centre_square_box(height, width, crop=crop))


def cut(photograph: npt.NDArray[np.uint8], square: Square, *, size_px: int) -> npt.NDArray[np.uint8]:
    """Return what a square of a photograph shows, size_px wide and high; beyond it, black.

    Args:
        photograph: H x W x 3, or H x W in grey; the result is likewise.
        square: of the photograph.
        size_px: side of the result.
    """
    picture = Image.fromarray(photograph)
    right, bottom = square.left + square.side, square.top + square.side
    inside = min(square.left, square.top) >= 0 and right <= picture.width and bottom <= picture.height
    if inside and not square.turn_deg:
        box = (square.left, square.top, right, bottom)
        return np.asarray(picture.resize((size_px, size_px), Image.Resampling.BILINEAR, box=box))
    (left, across, down), (top, over, below) = (
        [float(place) for place in axis] for axis in square.in_photograph([0, 1, 0], [0, 0, 1])
    )
    steps = [
        (end - start) / size_px for start, end in ((left, across), (left, down), (top, over), (top, below))
    ]
    coefficients = (steps[0], steps[1], left, steps[2], steps[3], top)
    return np.asarray(
        picture.transform((size_px, size_px), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    )
