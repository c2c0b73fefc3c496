"""How well the windows of one grid of cells are found in another, near the same place.

Each window is compared with the windows of the other grid around the same place, and the best of them
counts, less a little for the distance: dies slip, flans are off centre, figures lean. It is the image
distortion model of Keysers, Deselaers, Gollan and Ney 2007 (Deformation models for image recognition) with
large windows of oriented gradients (Dalal & Triggs 2005).
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.matching.cells import SIZE_PX

CELL_PX = 8
CELLS = SIZE_PX // CELL_PX

WINDOW_CELLS = 6
"""Three eighths of the coin: less shows too little of a motif, all of it forgives nothing."""
STRIDE_CELLS = 2
REACH_CELLS = 2
DISTANCE_COST = 0.02
"""Taken off the cosine for each cell of displacement, so that the same place wins where nothing speaks."""


def found_in(own: Tensor, others: Tensor, *, stride: int = STRIDE_CELLS) -> Tensor:
    """Return how well each coin's windows are found in others, the sum of their best cosines (n x m).

    Args:
        own: cells of the coins whose windows are looked for (n x 16 x 16 x 9).
        others: cells of the coins in which they are, the same for all (m x 16 x 16 x 9) or m for each
            (n x m x 16 x 16 x 9).
        stride: from one window to the next, in cells.
    """
    product = "nd,md->nm" if others.dim() == own.dim() else "nd,nmd->nm"
    likeness = own.new_zeros(len(own), others.shape[-4])
    for top, left in _window_places(stride):
        window, best = _windows(own, top, left), None
        for place, distance in _places_around(top, left):
            cosine = torch.einsum(product, window, _windows(others, *place))
            cosine -= DISTANCE_COST * distance
            best = cosine if best is None else torch.maximum(best, cosine, out=best)
        assert best is not None
        likeness += best
    return likeness


def _window_places(stride: int) -> list[tuple[int, int]]:
    """Return the upper left cells of the windows that are looked for."""
    starts = range(0, CELLS - WINDOW_CELLS + 1, stride)
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
    """Return one window of each coin as a row of length 1 (... x 324)."""
    window = cells[..., top : top + WINDOW_CELLS, left : left + WINDOW_CELLS, :].flatten(-3)
    return F.normalize(window, dim=-1, eps=1e-6)
