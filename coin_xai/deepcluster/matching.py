"""Which coins have parts that match: a likeness that forgives how a coin was struck, cut and laid.

Each coin is a grid of cells, each cell a histogram of the directions of its edges. A window of cells of one
coin is compared with the windows of another around the same place, and the best of them counts, less a little
for the distance: dies slip, flans are off centre, figures lean. It is the image distortion model of Keysers,
Deselaers, Gollan and Ney 2007 (Deformation models for image recognition) with large windows of oriented
gradients (Dalal & Triggs 2005). Nothing is learnt.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from coin_xai.deepcluster.hog import LUMA, histograms
from coin_xai.pixels import Pixels

SIZE_PX = 128
CELL_PX = 8
CELLS = SIZE_PX // CELL_PX

BLUR_PX = 1.0
CONTRAST_CELLS = 1.0
"""Standard deviation of the surroundings, in cells, by whose strength of edges a cell is divided."""
SMALLEST_CONTRAST = 1e-4

WINDOW_CELLS = 8
"""Half the coin: less shows too little of a motif, all of it forgives nothing."""
STRIDE_CELLS = 2
REACH_CELLS = 3
DISTANCE_COST = 0.02
"""Taken off the cosine for each cell of displacement, so that the same place wins where nothing speaks."""

NEIGHBOURS = 10
BLOCK = 512


def describe(
    pixels: Pixels, *, centre_crop: float, advance: Callable[[int], None] = lambda _: None
) -> npt.NDArray[np.float32]:
    """Return the cells of the central square of each photograph (N x 16 x 16 x 9).

    A cell holds the roots of its histogram after division by the contrast around it, so that a bright or
    deep-cut coin counts no more than a worn one; towards the rim, where the legend and the cut of the flan
    are, cells fade.

    Args:
        pixels: the photographs.
        centre_crop: side of the central square as a share of the shorter side.
        advance: called with the number of photographs done since the last call.
    """
    down, across = (np.indices((CELLS, CELLS)) + 0.5) / CELLS * 2 - 1
    fading = np.clip(1.2 - np.hypot(down, across), 0, 1)[..., None]
    cells = []
    for position in range(len(pixels)):
        (square,) = pixels.centre_squares(np.array([position]), size_px=SIZE_PX, crop=centre_crop)
        grey = ndimage.gaussian_filter((square.transpose(1, 2, 0) @ LUMA) / 255, BLUR_PX)
        strengths = histograms(grey, cell_px=CELL_PX)
        energy = ndimage.gaussian_filter((strengths**2).sum(axis=-1), CONTRAST_CELLS)
        contrast = np.sqrt(energy + SMALLEST_CONTRAST)[..., None]
        cells.append((np.sqrt(strengths / contrast) * fading).astype(np.float32))
        advance(1)
    return np.stack(cells)


def matching_coins(
    cells: npt.NDArray[np.float32],
    *,
    device: torch.device,
    count: int = NEIGHBOURS,
    advance: Callable[[int], None] = lambda _: None,
) -> npt.NDArray[np.int64]:
    """Return the coins that match each coin best, the best first (N x count, int64).

    What all coins share is taken off before they are compared. The cost grows with the square of the number
    of coins, the memory in proportion to it.

    Args:
        cells: of each coin, as `describe` returns them (N x 16 x 16 x 9).
        device: where to compute.
        count: how many to find; all others where there are no more.
        advance: called with the number of coins done since the last call.
    """
    everywhere = torch.from_numpy(cells - cells.mean(axis=0)).to(device)
    count = min(count, len(cells) - 1)
    found = []
    for start in range(0, len(cells), BLOCK):
        own = everywhere[start : start + BLOCK]
        likeness = torch.zeros(len(own), len(cells), device=device)
        for top, left in _window_places():
            window, best = _windows(own, top, left), None
            for place, distance in _places_around(top, left):
                cosine = window @ _windows(everywhere, *place).T
                cosine -= DISTANCE_COST * distance
                best = cosine if best is None else torch.maximum(best, cosine, out=best)
            assert best is not None
            likeness += best
        likeness[torch.arange(len(own)), torch.arange(start, start + len(own))] = -torch.inf
        found.append(likeness.topk(count, dim=1).indices.cpu().numpy())
        advance(len(own))
    return np.concatenate(found)


def _window_places() -> list[tuple[int, int]]:
    """Return the upper left cells of the windows that are looked for."""
    starts = range(0, CELLS - WINDOW_CELLS + 1, STRIDE_CELLS)
    return [(top, left) for top in starts for left in starts]


def _places_around(top: int, left: int) -> list[tuple[tuple[int, int], float]]:
    """Return the places within reach of one, each with its distance in cells."""
    last = CELLS - WINDOW_CELLS
    steps = range(-REACH_CELLS, REACH_CELLS + 1)
    return [
        ((top + down, left + right), float(np.hypot(down, right)))
        for down in steps
        for right in steps
        if 0 <= top + down <= last and 0 <= left + right <= last
    ]


def _windows(cells: Tensor, top: int, left: int) -> Tensor:
    """Return one window of each coin as a row of length 1 (n x 576)."""
    window = cells[:, top : top + WINDOW_CELLS, left : left + WINDOW_CELLS].flatten(1)
    return F.normalize(window, eps=1e-6)
