"""Histograms of oriented gradients (Dalal & Triggs 2005): a description that nothing had to learn."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from coin_xai.photographs.pixels import Pixels

SIZE_PX = 128
CELL_PX = 16
ORIENTATIONS = 9
BINS = ORIENTATIONS + 2
"""Of a cell: an angle of 180 degrees falls into the tenth and shares with the next."""
BLOCK_CELLS = 2
LENGTH = (SIZE_PX // CELL_PX - BLOCK_CELLS + 1) ** 2 * BLOCK_CELLS**2 * ORIENTATIONS
# Below this length a block holds no contrast worth blowing up.
SMALLEST_NORM = 1e-3
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def extract_hog(
    pixels: Pixels, *, centre_crop: float, advance: Callable[[int], None] = lambda _: None
) -> npt.NDArray[np.float32]:
    """Return the descriptor of the central square of each photograph (N x 1764)."""
    descriptors = np.empty((len(pixels), LENGTH), dtype=np.float32)
    for position in range(len(pixels)):
        (square,) = pixels.centre_squares(np.array([position]), size_px=SIZE_PX, crop=centre_crop)
        descriptors[position] = hog((square.transpose(1, 2, 0) @ LUMA) / 255)
        advance(1)
    return descriptors


def hog(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the descriptor of one grey picture (H x W, sides multiples of 16 pixels, 0..1).

    Each block of 2 x 2 cells of 16 x 16 pixels is divided by its length.
    """
    cells = histograms(grey, cell_px=CELL_PX)
    blocks = np.lib.stride_tricks.sliding_window_view(cells, (BLOCK_CELLS, BLOCK_CELLS), axis=(0, 1))
    flat = blocks.reshape(-1, ORIENTATIONS * BLOCK_CELLS**2)
    lengths = np.sqrt((flat**2).sum(axis=1, keepdims=True) + SMALLEST_NORM**2)
    descriptor: npt.NDArray[np.float32] = (flat / lengths).ravel().astype(np.float32)
    return descriptor


def histograms(grey: npt.NDArray[np.float32], *, cell_px: int) -> npt.NDArray[np.float64]:
    """Return the strength of the gradients in each cell by direction (rows x columns x 9).

    Light to dark counts as dark to light; a gradient between two of the nine directions is shared by them.

    Args:
        grey: H x W, sides multiples of the cell's, 0..1.
        cell_px: side of a cell.
    """
    down, right = np.gradient(grey)
    strength = np.hypot(down, right)
    # In units of the distance between two directions; direction 9 is direction 0 again.
    direction = np.arctan2(down, right) * np.float32(ORIENTATIONS / np.pi)
    np.add(direction, ORIENTATIONS, out=direction, where=direction < 0)
    lower = direction.astype(np.int32)
    to_next = (direction - lower) * strength
    place = (_cells(*grey.shape, cell_px) + lower).ravel()
    rows, columns = grey.shape[0] // cell_px, grey.shape[1] // cell_px
    bins = rows * columns * BINS
    strengths = np.bincount(place, (strength - to_next).ravel(), bins)
    strengths[1:] += np.bincount(place, to_next.ravel(), bins)[:-1]
    strengths = strengths.reshape(rows, columns, BINS)
    strengths[..., : BINS - ORIENTATIONS] += strengths[..., ORIENTATIONS:]
    return np.asarray(strengths[..., :ORIENTATIONS], dtype=np.float64)


@lru_cache
def _cells(height: int, width: int, cell_px: int) -> npt.NDArray[np.int32]:
    """Return the number of the first bin of the cell that each pixel lies in (H x W)."""
    down, right = np.indices((height, width), dtype=np.int32) // cell_px
    first: npt.NDArray[np.int32] = (down * (width // cell_px) + right) * BINS
    return first
