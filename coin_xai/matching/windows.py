"""How well the windows of one grid of cells are found in another, near the same place.

Each window is compared with the windows of the other grid around the same place, and the best of them
counts, less a little for the distance: dies slip, flans are off centre, figures lean. It is the image
distortion model of Keysers, Deselaers, Gollan and Ney 2007 (Deformation models for image recognition) with
large windows of oriented gradients (Dalal & Triggs 2005).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.matching.cut_out import SIZE_PX

CELL_PX = 8
CELLS = SIZE_PX // CELL_PX

WINDOW_CELLS = 6
"""Three eighths of the coin: less shows too little of a motif, all of it forgives nothing."""
STRIDE_CELLS = 2
REACH_CELLS = 2
DISTANCE_COST = 0.02
"""Taken off the cosine for each cell of displacement, so that the same place wins where nothing speaks."""
BLOCKS = WINDOW_CELLS // STRIDE_CELLS
"""Along a side of a window."""
SHORTEST = 1e-6
TILE = 128
"""Coins that a processor compares with as many others at once: their products stay in its cache."""
TILE_ON_GPU = 512


def likeness_in(own: Tensor, others: Tensor) -> Tensor:
    """Return how well each coin's windows are found in others, the sum of their best cosines (n x m).

    Args:
        own: cells of the coins whose windows are looked for (n x 16 x 16 x c).
        others: cells of the coins in which they are, the same for all (m x 16 x 16 x c) or m for each
            (n x m x 16 x 16 x c).
    """
    return _by_blocks(own, others) if others.dim() == own.dim() else _by_windows(own, others)


def _by_blocks(own: Tensor, others: Tensor) -> Tensor:
    """Return what `_by_windows` does, each product of two cells taken once for all windows that cover them.

    A window is 3 x 3 blocks of cells as large as the stride, so blocks are compared and nine of them added.
    """
    likeness = own.new_empty(len(own), len(others))
    tile = TILE if own.device.type == "cpu" else TILE_ON_GPU
    for column in range(0, len(others), tile):
        theirs = F.pad(others[column : column + tile], (0, 0, *[REACH_CELLS] * 4))
        squares = theirs.square().sum(dim=-1, keepdim=True)
        displaced = [_Displaced.of(theirs, squares, down, right) for down, right in _moves()]
        for row in range(0, len(own), tile):
            mine = own[row : row + tile]
            likeness[row : row + tile, column : column + tile] = _tile(mine, displaced)
    return likeness


@dataclass(frozen=True)
class _Displaced:
    """What lies at one displacement behind the blocks of some coins.

    Attributes:
        windows: which windows stay on the grid, down and across.
        distance: of the displacement, in cells.
        blocks: the cells of each (blocks down x across x 4c x m).
        shortening: one divided by the length of each window that stays (windows down x across x 1 x m).
    """

    windows: tuple[slice, slice]
    distance: float
    blocks: Tensor
    shortening: Tensor

    @classmethod
    def of(cls, cells: Tensor, squares: Tensor, down: int, right: int) -> Self:
        """Displace cells and their squared lengths, both as far beyond the grid as they may be displaced."""
        windows = (_staying(down), _staying(right))
        covered = tuple(slice(one.start, one.stop + BLOCKS - 1) for one in windows)
        top, left = REACH_CELLS + down, REACH_CELLS + right
        here = (slice(None), slice(top, top + CELLS), slice(left, left + CELLS))
        length = _lengths(squares[here])[windows]
        blocks = _blocks(cells[here])[covered]
        return cls(windows, float(np.hypot(down, right)), blocks.mT, length.mT.reciprocal())


def _tile(own: Tensor, displaced: Sequence[_Displaced]) -> Tensor:
    """Return how well the windows of some coins are found in some others (n x m)."""
    blocks = _blocks(own)
    length = _lengths(own.square().sum(dim=-1, keepdim=True))
    best = None
    for other in displaced:
        down, across = other.windows
        covered = blocks[down.start : down.stop + BLOCKS - 1, across.start : across.stop + BLOCKS - 1]
        # Divided by the own window's length at the end: the best place does not depend on it.
        cost = -DISTANCE_COST * other.distance * length[down, across]
        cosine = torch.addcmul(cost, _window_sums(covered @ other.blocks), other.shortening)
        if best is None:
            best = cosine  # of no displacement, where all windows stay
        else:
            torch.maximum(best[down, across], cosine, out=best[down, across])
    assert best is not None
    return (best / length).sum(dim=(0, 1))


def _moves() -> list[tuple[int, int]]:
    """Return all displacements down and right within reach, none at all first."""
    steps = range(-REACH_CELLS, REACH_CELLS + 1)
    return sorted(((down, right) for down in steps for right in steps), key=lambda one: np.hypot(*one))


def _staying(displacement: int) -> slice:
    """Return which windows along a side stay on the grid where they are displaced."""
    starts = range(0, CELLS - WINDOW_CELLS + 1, STRIDE_CELLS)
    stay = [n for n, start in enumerate(starts) if 0 <= start + displacement <= CELLS - WINDOW_CELLS]
    return slice(stay[0], stay[-1] + 1)


def _blocks(cells: Tensor) -> Tensor:
    """Return cells as blocks as large as the stride (n x 16 x 16 x c to 8 x 8 x n x 4c)."""
    count, size = CELLS // STRIDE_CELLS, STRIDE_CELLS
    divided = cells.reshape(len(cells), count, size, count, size, -1)
    return divided.permute(1, 3, 0, 2, 4, 5).reshape(count, count, len(cells), -1)


def _window_sums(blocks: Tensor) -> Tensor:
    """Return sums of 3 x 3 blocks (down x across x ... to two less either way)."""
    rows, columns = len(blocks) - BLOCKS + 1, blocks.shape[1] - BLOCKS + 1
    down = blocks[:rows] + blocks[1 : rows + 1]
    for further in range(2, BLOCKS):
        down += blocks[further : further + rows]
    sums = down[:, :columns] + down[:, 1 : columns + 1]
    for further in range(2, BLOCKS):
        sums += down[:, further : further + columns]
    return sums


def _lengths(squares: Tensor) -> Tensor:
    """Return the lengths of all windows, by the squared ones of their cells (n x 16 x 16 x 1)."""
    return _window_sums(_blocks(squares).sum(dim=-1, keepdim=True)).sqrt().clamp_min(SHORTEST)


def _by_windows(own: Tensor, others: Tensor) -> Tensor:
    """Return how well windows are found, one after the other: the quicker way where there are few of them."""
    product = "nd,md->nm" if others.dim() == own.dim() else "nd,nmd->nm"
    likeness = own.new_zeros(len(own), others.shape[-4])
    for top, left in _window_places():
        window, best = _windows(own, top, left), None
        for place, distance in _places_around(top, left):
            cosine = torch.einsum(product, window, _windows(others, *place))
            cosine -= DISTANCE_COST * distance
            best = cosine if best is None else torch.maximum(best, cosine, out=best)
        assert best is not None
        likeness += best
    return likeness


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
    """Return one window of each coin as a row of length 1 (... x 36c)."""
    window = cells[..., top : top + WINDOW_CELLS, left : left + WINDOW_CELLS, :].flatten(-3)
    return F.normalize(window, dim=-1, eps=SHORTEST)
