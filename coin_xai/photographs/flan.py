"""Finds the flan, the piece of metal, in a photograph: what differs from the corners of the frame."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from coin_xai.photographs.colour import lab

REDUCED_PX = 64
"""Shorter side of the copy on which the coin is found."""

CORNER_SHARE = 0.08
SMALLEST_DIFFERENCE = 8.0
"""In CIELAB: less is noise of the background and compression."""

CLOSING_SHARE = 0.06
SMALLEST_FLAN = 0.02
"""Share of the frame below which what differs from the background is a speck and no coin."""

SMALLEST_WHOLE_FLAN = 0.1
MOST_AT_THE_BORDER = 0.3
"""Share of a side of the frame along which a whole coin may lie: more, and other things were taken for it."""


@dataclass(frozen=True)
class Flan:
    """Where a coin lies in a photograph.

    Attributes:
        mask: True on the coin (h x w), of the whole photograph, on a smaller scale.
        centre: its centre of gravity, across and down, in pixels of the photograph.
        radius: of the disc of the same area, in pixels of the photograph.
    """

    mask: npt.NDArray[np.bool_]
    centre: tuple[float, float]
    radius: float


def find_whole_flan(photograph: npt.NDArray[np.uint8]) -> Flan | None:
    """Return where the coin lies in a photograph (H x W x 3), or None if no whole coin stands out."""
    small = reduce(photograph)
    mask = find_flan(lab(small))
    borders = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    if mask.mean() < SMALLEST_WHOLE_FLAN or max(border.mean() for border in borders) > MOST_AT_THE_BORDER:
        return None
    down, across = np.nonzero(mask)
    scale = photograph.shape[1] / small.shape[1]
    centre = (float(across.mean() + 0.5) * scale, float(down.mean() + 0.5) * scale)
    return Flan(mask, centre, math.sqrt(mask.sum() / math.pi) * scale)


def reduce(photograph: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a smaller copy: where the coin is and what colours it has needs no detail, but time."""
    factor = max(1, min(photograph.shape[:2]) // REDUCED_PX)
    return np.asarray(Image.fromarray(photograph).reduce(factor))


def find_flan(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return where the coin is (H x W): the largest thing that differs from the corners, without holes.

    Nothing is True where nothing stands out.

    Args:
        colours: in CIELAB (H x W x 3).
    """
    corners = corners_of(colours)
    centre = np.median(corners, axis=0)
    difference = colours - centre
    distance = np.sqrt(np.einsum("...c, ...c", difference, difference))
    spread = float(np.percentile(np.linalg.norm(corners - centre, axis=-1), 75))
    differs = _mostly(distance > max(SMALLEST_DIFFERENCE, 2 * spread))
    labels, count = ndimage.label(_closed(differs))
    if not count:
        return np.zeros(differs.shape, dtype=bool)
    sizes = np.bincount(labels.ravel())[1:]
    largest: npt.NDArray[np.bool_] = labels == 1 + sizes.argmax()
    if largest.mean() < SMALLEST_FLAN:
        return np.zeros(differs.shape, dtype=bool)
    return largest


def corners_of(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the pixels of the four corners (n x 3): a round coin leaves them free, however near it comes."""
    height, width = colours.shape[:2]
    side = max(1, round(CORNER_SHARE * min(height, width)))
    rows, columns = np.r_[:side, height - side : height], np.r_[:side, width - side : width]
    corners: npt.NDArray[np.float64] = colours[np.ix_(rows, columns)].reshape(-1, 3)
    return corners


def _mostly(differs: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return whether most of the nine pixels around each are True, as their median tells of values."""
    around = np.pad(differs, 1, mode="symmetric").astype(np.uint8)
    rows = around[:-2] + around[1:-1] + around[2:]
    most: npt.NDArray[np.bool_] = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:] > 4
    return most


def _closed(differs: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Bridge the gaps where a bright rim lies on a bright ground, and fill what is enclosed."""
    reach = max(1, round(CLOSING_SHARE * min(differs.shape)))
    padded = np.pad(differs, 2 * reach)
    labels, _count = ndimage.label(~_near(padded, reach))
    beyond = labels == labels[0, 0]  # what is enclosed has other labels, and what has grown has none
    closed: npt.NDArray[np.bool_] = (~_near(beyond, reach) | padded)[
        2 * reach : -2 * reach, 2 * reach : -2 * reach
    ]
    return closed


def _near(marked: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.bool_]:
    """Return which pixels lie within so many pixels of one that is True (H x W)."""
    height, width = marked.shape
    # How many are True up to each place of a row tells whether any is between two places.
    counts = np.cumsum(np.pad(marked, ((reach, reach), (reach + 1, reach))), axis=1, dtype=np.int32)
    near = np.zeros(marked.shape, dtype=bool)
    for down in range(-reach, reach + 1):
        across = math.isqrt(reach**2 - down**2)
        row = counts[reach + down : reach + down + height]
        left, right = reach - across, reach + across + 1
        near |= row[:, right : right + width] > row[:, left : left + width]
    return near
