"""Describes the relief of a coin as a grid of cells: how strong edges of each direction are in each.

What the photographer chose is taken out: what lies around the flan, the coin's tone and contrast, and, as far
as one picture allows, where the lamp stood, which shows in the directions that are strong all over the coin.
"""

import numpy as np
import numpy.typing as npt

from coin_xai.matching.blur import blurred
from coin_xai.matching.cut_out import SIZE_PX, Frame, cut_out
from coin_xai.matching.hog import histograms

BLUR_PX = 1.0
LEAST_SEEN = 0.8
"""Share of a cell that must lie on the coin for it to say anything."""

CONTRAST_PX = 8
"""Standard deviation of the surroundings by whose strength of edges a cell is divided."""
OWN_CONTRAST, SMALLEST_CONTRAST = 0.5, 1e-4
"""Added to that: a share of the whole coin's strength, so that noise in an empty field stays small."""
EVEN_DIRECTIONS = 0.1


def describe_cells(
    photograph: npt.NDArray[np.uint8], frame: Frame, *, cell_px: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the cells of a square (n x n x 9) and how far each is seen (n x n, 0..1); n = 128 / cell_px.

    A cell that is not seen is zero.
    """
    return describe_cut(*cut_out(photograph, frame), cell_px=cell_px)


def describe_cut(
    grey: npt.NDArray[np.float32], on_coin: npt.NDArray[np.float32], *, cell_px: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return what `describe_cells` does of a coin that is cut out already.

    Args:
        grey: the coin (128 x 128, 0..1).
        on_coin: which share of each pixel is coin (128 x 128).
        cell_px: side of a cell.
    """
    cells = SIZE_PX // cell_px
    share = on_coin.reshape(cells, cell_px, cells, cell_px).mean(axis=(1, 3))
    seen = np.clip((share - LEAST_SEEN) / (1 - LEAST_SEEN), 0, 1)
    strengths = histograms(blurred(grey, BLUR_PX), cell_px=cell_px)
    even = _evened(strengths, seen, CONTRAST_PX / cell_px) * seen[..., None]
    return even.astype(np.float32), seen.astype(np.float32)


def fading_to_the_rim(cells: int) -> npt.NDArray[np.float32]:
    """Return how much each cell of a square counts: all of it in the middle, a fifth at the rim (n x n)."""
    down, across = (np.indices((cells, cells)) + 0.5) / cells * 2 - 1
    fading: npt.NDArray[np.float32] = np.clip(1.2 - np.hypot(down, across), 0, 1).astype(np.float32)
    return fading


def _evened(
    strengths: npt.NDArray[np.float64], seen: npt.NDArray[np.float64], reach: float
) -> npt.NDArray[np.float64]:
    """Divide each cell by the contrast around it, and each direction by its strength all over the coin."""
    energy, total = (strengths**2).sum(axis=-1) * seen, seen.sum() + 1e-6
    around = blurred(energy, reach) / (blurred(seen, reach) + 1e-3)
    contrast = np.sqrt(around + OWN_CONTRAST * energy.sum() / total + SMALLEST_CONTRAST)
    relative = strengths / contrast[..., None]
    direction = (relative * seen[..., None]).sum(axis=(0, 1)) / total + 1e-6
    even: npt.NDArray[np.float64] = (
        relative * direction.mean() / (direction + EVEN_DIRECTIONS * direction.mean())
    )
    return even
