"""Where the parts lie by which a coin is more like its own cluster than like another one.

A likeness is a sum over windows, and the cosine of a window a sum over its cells: a likeness is divided among
the cells of a coin, and nothing is left over. What the coins of its cluster share with a coin, less what
those of the nearest other cluster share with it, explains the likenesses that clusters were cut from. It does
not explain the cut: a coin that was put wrongly has as sure a map as any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.matching.likeness import NEIGHBOURS
from coin_xai.matching.windows import (
    CELLS,
    DISTANCE_COST,
    REACH_CELLS,
    SHORTEST,
    STRIDE_CELLS,
    WINDOW_CELLS,
    likeness_in,
)

MOST_COMPARED = 256
"""Coins of a cluster that a coin is compared with; of a larger one as many, evenly spread over it."""
WINDOWS = (CELLS - WINDOW_CELLS) // STRIDE_CELLS + 1
"""Along a side."""
BLOCK = 64

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


def parts(own: Tensor, others: Tensor) -> Tensor:
    """Return what each cell of a coin adds to how well its windows are found in another (n x 16 x 16).

    The cells of a pair add up to `likeness_in`. What a displaced window costs is taken off all of its cells
    alike.

    Args:
        own: cells of the coins whose windows are looked for (n x 16 x 16 x c).
        others: cells of the coins in which they are, one for each (n x 16 x 16 x c).
    """
    steps = torch.arange(-REACH_CELLS, REACH_CELLS + 1)
    moves = torch.cartesian_prod(steps, steps)
    products = torch.stack([(own * moved).sum(-1) for moved in _moved(others, moves)], dim=1)
    squares = torch.cat(list(_moved(others.square().sum(-1, keepdim=True), moves)), dim=-1).movedim(-1, 1)
    length = _sums(own.square().sum(-1).unsqueeze(1)).sqrt().clamp_min(SHORTEST)
    lengths = length * _sums(squares).sqrt().clamp_min(SHORTEST)
    cost = DISTANCE_COST * torch.linalg.vector_norm(moves.to(own), dim=1)[:, None, None]
    cosine = (_sums(products) / lengths - cost).masked_fill(~_within(moves).to(own.device), -torch.inf)
    best = cosine.argmax(dim=1, keepdim=True)
    chosen = torch.zeros_like(cosine).scatter_(1, best, 1.0)
    shared = _spread(cost * chosen) / WINDOW_CELLS**2
    found: Tensor = (products * _spread(chosen / lengths) - shared).sum(dim=1)
    return found


def _moved(cells: Tensor, moves: Tensor) -> Iterator[Tensor]:
    """Yield what lies behind each cell after each move, zero beyond the grid (n x 16 x 16 x ...)."""
    wide = F.pad(cells, (0, 0, *[REACH_CELLS] * 4))
    for down, right in (moves + REACH_CELLS).tolist():
        yield wide[:, down : down + CELLS, right : right + CELLS]


def _sums(cells: Tensor) -> Tensor:
    """Return the sums over all windows (n x m x 16 x 16 to n x m x windows down x windows across)."""
    return F.avg_pool2d(cells, WINDOW_CELLS, STRIDE_CELLS, divisor_override=1)


def _spread(windows: Tensor) -> Tensor:
    """Return for each cell the sum over the windows that cover it; the transpose of `_sums`."""
    ones = torch.ones((windows.shape[1], 1, WINDOW_CELLS, WINDOW_CELLS)).to(windows)
    return F.conv_transpose2d(windows, ones, stride=STRIDE_CELLS, groups=windows.shape[1])


def _within(moves: Tensor) -> Tensor:
    """Tell which windows lie on the grid once they are moved (moves x windows down x windows across)."""
    last = CELLS - WINDOW_CELLS
    starts = torch.arange(0, last + 1, STRIDE_CELLS)
    down, right = ((starts + moves[:, axis : axis + 1]) for axis in (0, 1))
    rows, columns = ((at >= 0) & (at <= last) for at in (down, right))
    return rows[:, :, None] & columns[:, None, :]


def coverage() -> Floats:
    """Return how many windows cover each cell (16 x 16)."""
    return _spread(torch.ones((1, 1, WINDOWS, WINDOWS)))[0, 0].numpy()


@dataclass(frozen=True)
class Matched:
    """What speaks for the cluster of some coins, and against another one.

    Attributes:
        maps: raw, above zero where a coin is more like its own cluster (n x 16 x 16).
        own: how well its windows are found in its own cluster: mean of their best cosines in the ten best
            coins, at most 1; NaN of a coin that is alone (n).
        other: the same of the nearest other cluster; NaN where there is none (n).
        other_cluster: which that is, -1 where there is none (n).
    """

    maps: Floats
    own: Floats
    other: Floats
    other_cluster: Numbers


class MatchMaps:
    """Explains clusters by the parts that their coins share."""

    def __init__(self, cells: Floats, cluster: Numbers, *, device: torch.device) -> None:
        """Bind the coins and take the mean of each cluster.

        Args:
            cells: of each coin, as `describe` returns them (N x 16 x 16 x c).
            cluster: of each coin (N).
            device: where to compute.
        """
        self._cells, self._cluster, self._device = cells, cluster, device
        self._ids = np.unique(cluster)
        means = [cells[np.flatnonzero(cluster == one)].mean(axis=0) for one in self._ids]
        self._means = torch.from_numpy(np.stack(means)).to(device)

    def of(self, positions: Numbers) -> Matched:
        """Return the maps of some coins, by their rows among all."""
        rival = self._nearest_other(positions)
        own, cosine = self._shared(positions, self._cluster[positions])
        other, other_cosine = self._shared(positions, rival)
        return Matched(own - other, cosine, other_cosine, rival)

    def _nearest_other(self, positions: Numbers) -> Numbers:
        """Return the cluster, other than its own, in whose mean each coin is found best; -1 for none."""
        if len(self._ids) == 1:
            return np.full(len(positions), -1)
        nearest = []
        for start in range(0, len(positions), BLOCK):
            some = positions[start : start + BLOCK]
            likeness = likeness_in(self._of(some), self._means).cpu().numpy()
            likeness[self._cluster[some][:, None] == self._ids] = -np.inf
            nearest.append(self._ids[likeness.argmax(axis=1)])
        return np.concatenate(nearest)

    def _shared(self, positions: Numbers, clusters: Numbers) -> tuple[Floats, Floats]:
        """Return what some coins share with the best ones of a cluster for each (n x 16 x 16, n).

        Zero and NaN where that cluster is -1, or has no other coin.
        """
        maps = np.zeros((len(positions), CELLS, CELLS), np.float32)
        cosine = np.full(len(positions), np.nan, np.float32)
        for one in np.unique(clusters[clusters >= 0]).tolist():
            here = np.flatnonzero(clusters == one)
            maps[here], cosine[here] = self._shared_with(positions[here], one)
        return (maps / coverage()).astype(np.float32), (cosine / WINDOWS**2).astype(np.float32)

    def _shared_with(self, positions: Numbers, cluster: int) -> tuple[Floats, Floats]:
        """Return the sums of parts with the best coins of one cluster, and the likenesses with them."""
        members = np.flatnonzero(self._cluster == cluster)
        if len(members) > MOST_COMPARED:
            members = members[np.linspace(0, len(members) - 1, MOST_COMPARED).astype(int)]
        maps = np.zeros((len(positions), CELLS, CELLS), np.float32)
        likeness = np.full(len(positions), np.nan, np.float32)
        theirs = self._of(members)
        for start in range(0, len(positions), BLOCK):
            some = positions[start : start + BLOCK]
            own = self._of(some)
            cosines = likeness_in(own, theirs)
            itself = torch.from_numpy(some[:, None] == members).to(self._device)
            best = cosines.masked_fill(itself, -torch.inf).topk(min(NEIGHBOURS, len(members)), dim=1)
            counts = best.values.isfinite()
            share = counts / counts.sum(dim=1, keepdim=True)  # NaN of a coin that is alone in its cluster
            pairs = parts(own.repeat_interleave(counts.shape[1], dim=0), theirs[best.indices.ravel()])
            pairs = pairs.view(*counts.shape, CELLS, CELLS)
            rows = slice(start, start + len(some))
            maps[rows] = (pairs * share.nan_to_num()[..., None, None]).sum(dim=1).cpu().numpy()
            likeness[rows] = (best.values.where(counts, 0) * share).sum(dim=1).cpu().numpy()
        return maps, likeness

    def _of(self, positions: Numbers) -> Tensor:
        return torch.from_numpy(self._cells[positions]).to(self._device)
