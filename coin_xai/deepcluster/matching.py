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
from torch import Tensor
from torch.nn import functional as F

from coin_xai.deepcluster.alignment import align
from coin_xai.deepcluster.cells import SIZE_PX, describe_cells, frame_of
from coin_xai.pixels import Pixels

CELL_PX = 8
CELLS = SIZE_PX // CELL_PX

WINDOW_CELLS = 6
"""Three eighths of the coin: less shows too little of a motif, all of it forgives nothing."""
STRIDE_CELLS = 2
REACH_CELLS = 2
DISTANCE_COST = 0.02
"""Taken off the cosine for each cell of displacement, so that the same place wins where nothing speaks."""

NEIGHBOURS = 10
MATCHING_PASSES = 3
"""How often each coin is looked at: twice by `describe`, once by `matching_coins`."""
BLOCK = 512


def describe(
    pixels: Pixels, *, centre_crop: float, advance: Callable[[int], None] = lambda _: None
) -> npt.NDArray[np.float32]:
    """Return the cells of each coin, aligned with the others (N x 16 x 16 x 9).

    What the coins that show a cell have in common is taken off; a cell that a coin does not show is zero, as
    if it were like the mean. Towards the rim, where the legend and the cut of the flan are, cells fade.

    Args:
        pixels: the photographs.
        centre_crop: side of the central square that is looked at where no whole coin stands out, as a share
            of the shorter side.
        advance: called with the number of photographs done since the last call, twice for each in all.
    """
    cells = np.empty((len(pixels), CELLS, CELLS, 9), dtype=np.float32)
    seen = np.empty((len(pixels), CELLS, CELLS), dtype=np.float32)
    frames = []
    for position in range(len(pixels)):
        frames.append(frame_of(pixels[position], centre_crop=centre_crop))
        advance(1)
    for position, frame in enumerate(align(pixels, frames)):
        cells[position], seen[position] = describe_cells(pixels[position], frame, cell_px=CELL_PX)
        advance(1)
    down, across = (np.indices((CELLS, CELLS)) + 0.5) / CELLS * 2 - 1
    fading = np.clip(1.2 - np.hypot(down, across), 0, 1).astype(np.float32)
    common = cells.sum(axis=0) / (seen.sum(axis=0)[..., None] + 1e-6)
    for one, visible in zip(cells, seen, strict=True):
        one -= common * visible[..., None]
        one *= fading[..., None]
    return cells


def matching_coins(
    cells: npt.NDArray[np.float32],
    *,
    device: torch.device,
    count: int = NEIGHBOURS,
    advance: Callable[[int], None] = lambda _: None,
) -> npt.NDArray[np.int64]:
    """Return the coins that match each coin best, the best first (N x count, int64).

    The cost grows with the square of the number of coins, the memory in proportion to it.

    Args:
        cells: of each coin, as `describe` returns them (N x 16 x 16 x 9).
        device: where to compute.
        count: how many to find; all others where there are no more.
        advance: called with the number of coins done since the last call.
    """
    everywhere = torch.from_numpy(cells).to(device)
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
    """Return one window of each coin as a row of length 1 (n x 324)."""
    window = cells[:, top : top + WINDOW_CELLS, left : left + WINDOW_CELLS].flatten(1)
    return F.normalize(window, eps=1e-6)
