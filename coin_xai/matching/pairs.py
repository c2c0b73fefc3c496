"""How well each coin is found in a few others, its own choice: what `windows` tells of all pairs.

For each displacement the products of all cells are taken at once, and sums of them over windows serve both
directions. Where each coin is compared with some hundreds of many, it is quicker than comparing all of them.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.matching.windows import CELLS, DISTANCE_COST, REACH_CELLS, SHORTEST, STRIDE_CELLS, WINDOW_CELLS

PLACES = CELLS - WINDOW_CELLS + 1
"""Along a side, of a window that may begin at each cell."""
STEPS = range(-REACH_CELLS, REACH_CELLS + 1)
DISPLACEMENTS = [(down, right) for down in STEPS for right in STEPS]


def likeness_to_each(own: Tensor, others: Tensor) -> Tensor:
    """Return how well each coin is found in its others, or they in it, whichever is better (n x m).

    Args:
        own: cells of the coins (n x 16 x 16 x c).
        others: of those that each is compared with (n x m x 16 x 16 x c).
    """
    products = _window_sums(_products(own, others))
    per_own = _per_length(own.square().sum(dim=-1)[..., None])
    per_other = _per_length(others.square().sum(dim=-1).permute(0, 2, 3, 1))
    windows = -(-PLACES // STRIDE_CELLS)
    best_of_own = products.new_full((len(own), windows, windows, others.shape[1]), -torch.inf)
    best_of_others = best_of_own.clone()
    for number, (down, right) in enumerate(DISPLACEMENTS):
        cosine, cost = products[..., number, :], DISTANCE_COST * float(np.hypot(down, right))
        for best, offset in ((best_of_others, (0, 0)), (best_of_own, (down, right))):
            rows, columns = _beginning(down, offset[0]), _beginning(right, offset[1])
            there = cosine[:, rows, columns] * per_other[:, rows, columns]
            there *= per_own[:, _moved(rows, down), _moved(columns, right)]
            there -= cost
            _, height, width, _ = there.shape
            here = best[:, _windows(rows, offset[0], height), _windows(columns, offset[1], width)]
            torch.maximum(here, there, out=here)
    return torch.maximum(best_of_own.sum(dim=(1, 2)), best_of_others.sum(dim=(1, 2)))


def _products(own: Tensor, others: Tensor) -> Tensor:
    """Return the product of each cell of the others and the own cell at each displacement from it.

    A displacement off the grid gives zero, which no window that stays on it covers (n x 16 x 16 x 25 x m).
    """
    n_coins, count, channels = len(own), others.shape[1], own.shape[-1]
    padded = F.pad(own, (0, 0, *[REACH_CELLS] * 4))
    displaced = padded.unfold(1, CELLS, 1).unfold(2, CELLS, 1).permute(0, 4, 5, 1, 2, 3)
    by_cell = others.permute(0, 2, 3, 4, 1).reshape(n_coins * CELLS * CELLS, channels, count)
    products = torch.bmm(displaced.reshape(len(by_cell), len(DISPLACEMENTS), channels), by_cell)
    return products.view(n_coins, CELLS, CELLS, len(DISPLACEMENTS), count)


def _per_length(squares: Tensor) -> Tensor:
    """Return one divided by the length of the window at each place (n x 16 x 16 x m to n x 11 x 11 x m)."""
    return _window_sums(squares).sqrt().clamp_min(SHORTEST).reciprocal()


def _window_sums(cells: Tensor) -> Tensor:
    """Return sums of the 6 x 6 cells from each on (n x 16 x 16 x ... to n x 11 x 11 x ...)."""
    for dim in (1, 2):
        pairs = cells.narrow(dim, 0, CELLS - 1) + cells.narrow(dim, 1, CELLS - 1)
        cells = pairs.narrow(dim, 0, PLACES) + pairs.narrow(dim, 2, PLACES)
        cells += pairs.narrow(dim, 4, PLACES)
    return cells


def _beginning(displacement: int, offset: int) -> slice:
    """Return at which places windows begin that stay on the grid when displaced.

    Of them those that the stride leaves, counted from `offset` cells further on.
    """
    first, last = max(0, -displacement), PLACES - max(0, displacement)
    return slice(first + -(first + offset) % STRIDE_CELLS, last, STRIDE_CELLS)


def _moved(places: slice, by: int) -> slice:
    return slice(places.start + by, places.stop + by, places.step)


def _windows(places: slice, offset: int, count: int) -> slice:
    """Return the numbers of the windows that begin `offset` cells behind some places."""
    first = (places.start + offset) // STRIDE_CELLS
    return slice(first, first + count)
