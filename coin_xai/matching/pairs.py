"""How well the windows of one coin are found in another, pair by pair: what `windows` tells of all pairs.

For each displacement the products of all cells are taken once, and sums of them over windows serve both
directions. Where only some pairs are asked for it is quicker than comparing all of them.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from coin_xai.matching.windows import CELLS, DISTANCE_COST, REACH_CELLS, SHORTEST, STRIDE_CELLS, WINDOW_CELLS

PLACES = CELLS - WINDOW_CELLS + 1
"""Along a side, of a window that may begin at each cell."""
BLOCK = 256


def likeness_of_pairs(own: Tensor, other: Tensor) -> Tensor:
    """Return how well either coin of each pair is found in the other, whichever is better (n).

    Args:
        own: cells of the coins (n x c x 16 x 16).
        other: of those that they are compared with (n x c x 16 x 16).
    """
    blocks = [
        _likeness(own[start : start + BLOCK], other[start : start + BLOCK])
        for start in range(0, len(own), BLOCK)
    ]
    return torch.cat(blocks)


def _likeness(own: Tensor, other: Tensor) -> Tensor:
    count = (PLACES + STRIDE_CELLS - 1) // STRIDE_CELLS
    best_of_own = own.new_full((len(own), count, count), -torch.inf)
    best_of_other = best_of_own.clone()
    of_own, of_other = (_window_sums(one.square().sum(dim=1)).sqrt() for one in (own, other))
    per_own, per_other = (length.clamp_min(SHORTEST).reciprocal() for length in (of_own, of_other))
    products = own.new_zeros(len(own), CELLS, CELLS)
    for down, right in _displacements():
        rows, columns = _overlap(down, CELLS), _overlap(right, CELLS)
        products.zero_()
        products[:, rows[0], columns[0]] = (
            own[:, :, rows[0], columns[0]] * other[:, :, rows[1], columns[1]]
        ).sum(dim=1)
        rows, columns = _overlap(down, PLACES), _overlap(right, PLACES)
        cosine = _window_sums(products)[:, rows[0], columns[0]]
        cosine = cosine * per_own[:, rows[0], columns[0]] * per_other[:, rows[1], columns[1]]
        cosine -= DISTANCE_COST * float(np.hypot(down, right))
        _keep_better(best_of_own, cosine, rows[0].start, columns[0].start)
        _keep_better(best_of_other, cosine, rows[1].start, columns[1].start)
    return torch.maximum(best_of_own.sum(dim=(1, 2)), best_of_other.sum(dim=(1, 2)))


def _displacements() -> Iterator[tuple[int, int]]:
    steps = range(-REACH_CELLS, REACH_CELLS + 1)
    return ((down, right) for down in steps for right in steps)


def _overlap(displacement: int, size: int) -> tuple[slice, slice]:
    """Return which of so many places have one at a displacement, and which those are."""
    near, far = max(0, -displacement), size - max(0, displacement)
    return slice(near, far), slice(near + displacement, far + displacement)


def _keep_better(best: Tensor, cosine: Tensor, top: int, left: int) -> None:
    """Put what is better into the best so far, in place, of windows that begin where the stride says."""
    down, right = -top % STRIDE_CELLS, -left % STRIDE_CELLS
    some = cosine[:, down::STRIDE_CELLS, right::STRIDE_CELLS]
    row, column = (top + down) // STRIDE_CELLS, (left + right) // STRIDE_CELLS
    here = best[:, row : row + some.shape[1], column : column + some.shape[2]]
    torch.maximum(here, some, out=here)


def _window_sums(cells: Tensor) -> Tensor:
    """Return sums of the 6 x 6 cells from each on (n x 16 x 16 to n x 11 x 11)."""
    for dim in (1, 2):
        pairs = cells.narrow(dim, 0, CELLS - 1) + cells.narrow(dim, 1, CELLS - 1)
        fours = pairs.narrow(dim, 0, PLACES) + pairs.narrow(dim, 2, PLACES)
        cells = fours + pairs.narrow(dim, 4, PLACES)
    return cells
